"""A click that comes while a callback runs cuts it short, unless it is uninterruptible."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import callbacks
from ssl_core.quiz import serialization
from ssl_core.quiz.progress import Attempt, Progress


def page_whose_callback_is_interrupted(request: str) -> AppTest:
    """A page with two buttons whose callback writes twice.

    Args:
        request: what arrives between the two writes, once for a click on a button: "rerun"
            as from another click, "stop" as from a closed tab; "" for nothing.
    """

    def script() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

        from pages.shell import callbacks

        state = st.session_state
        calls, request = state.calls, state.request

        def write_twice() -> None:
            calls.append(1)
            state.first = True
            requests = get_script_run_ctx().script_requests
            if request == "rerun" and len(calls) == 1:
                requests.request_rerun(RerunData(query_string="other=click"))
            if request == "stop":
                requests.request_stop()
            state.second = True

        st.button("Plain", key="plain", on_click=write_twice)
        uninterruptible = callbacks.uninterruptible(write_twice)
        st.button("Uninterruptible", key="uninterruptible", on_click=uninterruptible)
        st.text(st.query_params.get("other", ""))

    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["request"], page.session_state["calls"] = request, []
    page.session_state["first"] = page.session_state["second"] = False
    return page.run()


def written(page: AppTest) -> tuple[bool, bool]:
    return page.session_state["first"], page.session_state["second"]


@pytest.mark.parametrize("button", ["plain", "uninterruptible"])
def test_without_another_click_a_callback_runs_once(button: str) -> None:
    page = page_whose_callback_is_interrupted("")
    page.button(key=button).click().run()
    assert written(page) == (True, True)
    assert len(page.session_state["calls"]) == 1 and page.text[0].value == ""


def test_another_click_loses_the_rest_of_a_plain_callback() -> None:
    """If this fails, Streamlit no longer interrupts callbacks: ``callbacks`` can go."""
    page = page_whose_callback_is_interrupted("rerun")
    page.button(key="plain").click().run()
    assert written(page) == (True, False)


def test_another_click_loses_nothing_of_an_uninterruptible_one() -> None:
    page = page_whose_callback_is_interrupted("rerun")
    page.button(key="uninterruptible").click().run()
    assert not page.exception
    assert written(page) == (True, True)
    assert len(page.session_state["calls"]) == 2, "it starts again"
    assert page.text[0].value == "click", "the other click has its turn afterwards"


def test_a_closed_tab_ends_an_uninterruptible_callback() -> None:
    """Streamlit then raises at every touch of the state, for ever."""
    page = page_whose_callback_is_interrupted("stop")
    page.button(key="uninterruptible").click().run()
    assert written(page) == (True, False)
    assert len(page.session_state["calls"]) == callbacks.MAX_ATTEMPTS


def test_an_error_of_a_callback_is_raised_at_once() -> None:
    calls = []

    def fail() -> None:
        calls.append(1)
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        callbacks.uninterruptible(fail)()
    assert calls == [1]


class InterruptedState:
    """A session state; another click arrives when it is used for the n-th time.

    Args:
        state: of the script run; it raises the request at the same use.
        use: n, from 1.
        request: notes that other click.
    """

    def __init__(self, state: Any, use: int, request: Any) -> None:
        self.state, self.left, self.request = state, use, request

    def _used(self) -> Any:
        self.left -= 1
        if self.left == 0:
            self.request()
        return self.state

    def __getitem__(self, key: str) -> Any:
        return self._used()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._used()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._used()[key]

    def __contains__(self, key: str) -> bool:
        return key in self._used()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.state, name)


def interrupted(action: str, use: int, **state: Any) -> AppTest:
    """What is left when another click arrives during an action on one's progress.

    Args:
        action: "mount", "forget", "set_browser_keeps" or "save".
        use: at which use of the session state, from 1.
        state: of the session before.
    """

    def script() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
        from test_callbacks import ATTEMPT, InterruptedState

        from pages.shell import callbacks, learner_progress

        context = get_script_run_ctx()
        action, use = st.session_state.action, st.session_state.use
        if use:
            st.session_state.use = 0  # the run after the other click is not interrupted
            requests = context.script_requests
            context.session_state = InterruptedState(
                context.session_state, use, lambda: requests.request_rerun(RerunData())
            )
        if action == "mount":  # as every script run does
            learner_progress.mount()
        elif not use:
            return
        elif action == "forget":
            learner_progress.reset()
        elif action == "set_browser_keeps":
            learner_progress.set_browser_storage(False)
        elif action == "save":

            @callbacks.uninterruptible
            def submit() -> None:
                now = learner_progress.current()
                learner_progress.save(now.with_attempt(ATTEMPT))

            submit()

    page = AppTest.from_function(script, default_timeout=60)
    for name, value in {"action": action, "use": use, **state}.items():
        page.session_state[name] = value
    page.run()
    assert not page.exception
    return page


ATTEMPT = Attempt(question="composition-why", at=5, answer=2, score=1.0)
USES = range(1, 16)


def test_an_answer_is_kept_once_whenever_another_click_comes() -> None:
    for use in USES:
        page = interrupted("save", use, progress=Progress(seed=3))
        assert page.session_state["progress"].attempts == (ATTEMPT,), use


def test_what_the_browser_kept_is_merged_before_it_counts_as_heard() -> None:
    """The browser overwrites what it believes to have been heard."""
    kept = Progress(seed=3).with_attempt(ATTEMPT)
    stored = {
        "nonce": "n",
        "report_id": 7.5,
        "copies": [
            {"key": "ssl_progress", "text": serialization.dumps(kept), "owner_tag": ""},
            {"key": "ssl_progress-2", "text": "{", "owner_tag": ""},
        ],
        "enabled": False,
        "set_at": 5,
        "not_stored": False,
    }
    for use in USES:
        page = interrupted(
            "mount", use, progress_nonce="n", progress_store={"stored": stored}
        )
        assert page.session_state["progress"].attempts == (ATTEMPT,), use
        assert page.session_state["progress_acknowledged"] == 7.5, use
        assert page.session_state["progress_storage"] is False, use
        assert list(page.session_state["progress_unreadable"]) == ["ssl_progress-2"], (
            use
        )


def test_forgetting_and_switching_off_are_done_whenever_another_click_comes() -> None:
    answered = Progress(seed=3).with_attempt(ATTEMPT)
    for use in USES:
        page = interrupted("forget", use, progress=answered)
        assert page.session_state["progress"].attempts == (), use
        page = interrupted("set_browser_keeps", use)
        assert page.session_state["progress_storage"] is False, use
        assert page.session_state["progress_storage_set_at"] > 0, use
