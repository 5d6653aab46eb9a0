"""Streamlit gives way to the next click wherever a callback touches the state."""

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException

from pages.shell import account_progress, callbacks, learner_progress
from ssl_core.quiz import saving
from ssl_core.quiz.progress import Attempt, Progress


class State(dict[str, Any]):
    """A session's state in which the next click is waiting at the n-th touch."""

    def __init__(self, cut: int, **kept: Any) -> None:
        super().__init__(kept)
        self.__dict__["left"] = cut

    def touched(self) -> None:
        self.__dict__["left"] -= 1
        if self.__dict__["left"] == 0:
            raise RerunException(RerunData())

    def __getitem__(self, key: str) -> Any:
        self.touched()
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.touched()
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.touched()
        return super().__contains__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self.touched()
        super().__setitem__(key, value)

    __getattr__ = __getitem__
    __setattr__ = __setitem__


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch):
    """Lets the modules of a visit see this state."""

    def put(state: State) -> State:
        fake = SimpleNamespace(session_state=state, user={})
        for module in (learner_progress, account_progress):
            monkeypatch.setattr(module, "st", fake)
        monkeypatch.setattr(account_progress.identity, "account_key", lambda: None)
        return state

    return put


CUTS = range(1, 16)


@pytest.mark.parametrize("cut", CUTS)
def test_what_the_browser_kept_is_never_taken_as_read_unread(cut: int, put) -> None:
    kept = Progress(seed=3).with_attempt(
        Attempt(question="composition-why", at=5, answer=1, score=1.0)
    )
    said = {"nonce": "n", "k": 7.5, "text": saving.dumps(kept), "mark": "", "off": True}
    state = put(State(cut, progress_nonce="n", progress_store={"stored": said}))
    with contextlib.suppress(RerunException):
        learner_progress._hear()
    own = dict.get(state, "progress", Progress(seed=0))
    heard = dict.get(state, "progress_heard") == 7.5
    assert heard, "the callback is done whole"
    assert len(own.attempts) == 1 and dict.get(state, "progress_keep") is False


@pytest.mark.parametrize("cut", CUTS)
def test_an_answer_is_kept_once_whatever_comes_between(cut: int, put) -> None:
    state = put(State(cut, progress=Progress(seed=3)))

    def submit(answer: int) -> None:
        new = Attempt(question="composition-why", at=5, answer=answer, score=1.0)
        learner_progress.save(learner_progress.current().with_attempt(new))

    with contextlib.suppress(RerunException):
        callbacks.uninterruptible(submit)(2)
    assert [a.answer for a in dict.__getitem__(state, "progress").attempts] == [2]


def test_the_other_click_has_its_turn_afterwards() -> None:
    waiting = [RerunException(RerunData(query_string="other"))]
    done = []

    def callback() -> None:
        if waiting:
            raise waiting.pop()
        done.append(1)

    with pytest.raises(RerunException) as raised:
        callbacks.uninterruptible(callback)()
    assert raised.value.rerun_data.query_string == "other" and done == [1]


def test_streamlit_still_gives_way_in_a_callback() -> None:
    """If it no longer does, ``clicks`` can go."""
    from streamlit.runtime.state import SafeSessionState, SessionState

    def gives_way() -> None:
        raise RerunException(RerunData())

    with pytest.raises(RerunException):
        SafeSessionState(SessionState(), gives_way)["progress"]
