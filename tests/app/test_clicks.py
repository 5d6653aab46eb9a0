"""Clicks in quick succession: each is handled once, completely and in order."""

import random
import threading
from dataclasses import replace
from typing import Any

import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import RerunData, script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from pages.features.quiz import landing
from pages.shell import click_queue, learner_progress, resources
from pages.shell.click_queue import ClickQueue
from ssl_core.quiz import bank, serialization
from ssl_core.quiz.progress import Attempt, Progress
from ssl_core.quiz.sets import Set
from ssl_core.service import Service, Settings
from tests.polling import START_LIMIT_S, wait_until

LESSON = "info_nce"  # has hints and an order of steps


class Fingers:
    """Makes the second click of a double click, while the script runner is at work."""

    def __init__(self) -> None:
        self.second: str | None = None  # id of the button
        self.gap = 0.0
        self.accepted = False
        self._request = RerunData()
        self._timer = threading.Timer(0, lambda: None)

    def double_click(self, page: AppTest, first: str, second: str, gap: float) -> None:
        """Click a button, and another one ``gap`` seconds later; wait for both.

        Both are those that the page shows before the first click, as in a browser.
        """
        self.second, self.gap = page.button(key=second).proto.id, gap
        self.accepted = False
        page.button(key=first).click().run()
        self._timer.join()
        ident, self.second = self.second, None
        if not self.accepted:  # the script had ended before the second click
            states = WidgetStates(widgets=[pressed(str(ident))])
            page._run(states)
        assert not page.exception

    def noticed(self, runner: LocalScriptRunner, request: RerunData) -> None:
        """Remember where the learner is."""
        self._request = request

    def started(self, runner: LocalScriptRunner) -> None:
        """Click a second time in a moment."""
        if self.second is None:
            return
        states = WidgetStates(widgets=[pressed(self.second)])
        request = replace(self._request, widget_states=states)

        def click() -> None:
            self.accepted = runner._requests.request_rerun(request)

        self._timer = threading.Timer(self.gap, click)
        self._timer.start()


def pressed(ident: str) -> WidgetState:
    return WidgetState(id=ident, trigger_value=True)


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's queue, which the simulator does not install."""
    monkeypatch.setattr(script_runner, "ScriptRequests", script_runner.ScriptRequests)
    click_queue.install()


@pytest.fixture
def fingers(monkeypatch: pytest.MonkeyPatch) -> Fingers:
    fast, start = Fingers(), LocalScriptRunner.start
    request_rerun = LocalScriptRunner.request_rerun

    def started(runner: LocalScriptRunner) -> None:
        start(runner)
        fast.started(runner)

    def noticed(runner: LocalScriptRunner, request: RerunData) -> bool:
        fast.noticed(runner, request)
        return request_rerun(runner, request)

    monkeypatch.setattr(LocalScriptRunner, "start", started)
    monkeypatch.setattr(LocalScriptRunner, "request_rerun", noticed)
    return fast


# --- one callback -------------------------------------------------------------------


def page_whose_callback_is_interrupted(request: str) -> AppTest:
    """A page with a button whose callback writes twice.

    Args:
        request: what arrives between the two writes: "rerun" as from another click,
            "stop" as from a closed tab; "" for nothing.
    """

    def script() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

        state = st.session_state
        calls, request = state.calls, state.request

        def write_twice() -> None:
            calls.append(1)
            state.first = True
            requests = get_script_run_ctx().script_requests
            if request == "rerun":
                requests.request_rerun(RerunData(query_string="other=click"))
            if request == "stop":
                requests.request_stop()
            state.second = True

        st.button("Write", key="write", on_click=write_twice)
        st.text(st.query_params.get("other", ""))

    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["request"], page.session_state["calls"] = request, []
    page.session_state["first"] = page.session_state["second"] = False
    return page.run()


@pytest.mark.parametrize("request_", ["", "rerun", "stop"])
def test_nothing_interrupts_a_callback_or_repeats_it(request_: str) -> None:
    page = page_whose_callback_is_interrupted(request_)
    page.button(key="write").click().run()
    assert not page.exception
    assert page.session_state["first"] and page.session_state["second"]
    assert len(page.session_state["calls"]) == 1
    if request_ == "rerun":
        assert page.text[0].value == "click", "the other click has its turn afterwards"


def test_streamlit_alone_interrupts_a_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails, Streamlit no longer does: ask whether the queue is still needed."""
    plain = ClickQueue.__bases__[0]
    monkeypatch.setattr(script_runner, "ScriptRequests", plain)
    page = page_whose_callback_is_interrupted("rerun")
    page.button(key="write").click().run()
    assert page.session_state["first"] and not page.session_state["second"]


# --- the queue ----------------------------------------------------------------------


def request(number: int, kind: str) -> RerunData:
    """A request of the browser: a "click", a new "value", or a fragment's "timer"."""
    state = WidgetState(id=str(number), int_value=number)
    if kind == "click":
        state = pressed(str(number))
    return RerunData(
        widget_states=WidgetStates(widgets=[state]),
        is_auto_rerun=kind == "timer",
        fragment_id="fragment" if kind == "timer" else None,
    )


KINDS = st.sampled_from(
    ["click", "click", "early timer", "value", "timer", "yield", "stop"]
)


@given(st.lists(KINDS, max_size=40))
def test_every_click_is_delivered_once_in_order_and_alone(
    events: list[str],
) -> None:
    queue = ClickQueue()
    sent: list[str] = []
    delivered: list[list[str]] = []

    def deliver(data: RerunData) -> None:
        states = data.widget_states.widgets if data.widget_states else []
        delivered.append([s.id for s in states if s.trigger_value])

    assert queue.request_rerun(request(-1, "value"))  # a runner begins with a request
    for number, event in enumerate(events):
        if event == "yield":
            asked = queue.on_scriptrunner_yield()
            if asked and asked.type is ScriptRequestType.RERUN:
                deliver(asked.rerun_data)
        elif event == "stop":
            queue.request_stop()
        elif event == "early timer":  # it sends what was pressed, before the click does
            click = request(number, "click")
            timer = request(number, "timer")
            queue.request_rerun(replace(timer, widget_states=click.widget_states))
            if queue.request_rerun(click):
                sent.append(str(number))
        elif queue.request_rerun(request(number, event)) and event == "click":
            sent.append(str(number))
    while (ready := queue.on_scriptrunner_ready()).type is ScriptRequestType.RERUN:
        deliver(ready.rerun_data)
    assert [click for group in delivered for click in group] == sent
    assert all(len(group) <= 1 for group in delivered)
    assert not queue.request_rerun(request(99, "click")), "it has ended"


def test_a_closed_tab_ends_the_script_after_the_clicks_that_it_sent() -> None:
    queue = ClickQueue()
    queue.request_rerun(request(1, "click"))
    queue.request_rerun(request(2, "click"))
    queue.request_rerun(request(3, "timer"))
    queue.request_stop()
    kinds = [queue.on_scriptrunner_yield() for _ in range(4)]
    assert [k and k.type.value for k in kinds[:2]] == ["RERUN", "RERUN"]
    assert kinds[-1] is not None and kinds[-1].type is ScriptRequestType.STOP


def test_a_flood_of_clicks_does_not_fill_the_memory() -> None:
    queue = ClickQueue()
    for number in range(10 * click_queue.MAX_WAITING):
        assert queue.request_rerun(request(number % 5, "click"))
    count = 0
    while queue.on_scriptrunner_ready().type is ScriptRequestType.RERUN:
        count += 1
    assert count == click_queue.MAX_WAITING + 1


# --- pages --------------------------------------------------------------------------


class QuizVisit:
    """A learner who double-clicks in the questions of a lesson.

    Args:
        page: the quiz.
        fingers: make the clicks.
        rng: of what is clicked, and how fast.
    """

    def __init__(self, page: AppTest, fingers: Fingers, rng: random.Random) -> None:
        self.page, self.fingers, self.rng = page, fingers, rng
        chosen = Set.of({"lesson": LESSON}, bank.shipped())
        self.prefix = f"set_{chosen.link()}"
        self.ids, self.index = chosen.ids(bank.shipped()), 0
        self.answered: list[str] = []

    def key(self, part: str) -> str:
        return f"{self.prefix}_{self.ids[self.index]}_{part}"

    def shown(self) -> list[str]:
        return [b.key for b in self.page.button if not b.disabled]

    def click(self, first: str, second: str) -> None:
        gap = self.rng.choice((0.0, 0.001, 0.005, 0.02, 0.05)) * self.rng.random()
        self.fingers.double_click(self.page, first, second, gap)

    def act(self) -> None:
        """One double click; the page must be as after two single ones."""
        question = bank.shipped()[self.ids[self.index]]
        buttons = self.shown()
        option_keys = [b for b in buttons if b.startswith(self.key(""))]
        option_keys = [b for b in option_keys if not b.endswith(("_hint", "_undo"))]
        fresh = question.id not in self.answered
        choices = ["go"]
        if self.key("hint") in buttons:
            choices += ["hint", "hint and answer"] * (question.kind != "order")
        if fresh and question.kind == "order" and len(option_keys) > 1:
            choices = ["order"]
        elif fresh and question.kind in ("choice", "true_false"):
            choices += ["answer and go", "answer twice"]
        match self.rng.choice(choices):
            case "go":
                self.go(buttons)
            case "hint":
                before = self.hints()
                self.click(self.key("hint"), self.key("hint"))
                assert self.hints() == min(before + 2, len(question.hints))
            case "hint and answer" if (
                fresh and option_keys and question.kind == "choice"
            ):
                before = self.hints()
                self.click(self.key("hint"), self.rng.choice(option_keys))
                self.answered.append(question.id)
                assert self.attempts()[-1].hints == before + 1
            case "answer twice":
                option = self.rng.choice(option_keys)
                self.click(option, option)
                self.answered.append(question.id)
            case "answer and go":
                step = self.rng.choice(["next", "back"])
                if f"{self.prefix}_{step}" in buttons:
                    option = self.rng.choice(option_keys)
                    self.click(option, f"{self.prefix}_{step}")
                    self.answered.append(question.id)
                    self.index += 1 if step == "next" else -1
            case "order":
                self.order(option_keys)
        assert [a.question for a in self.attempts()] == self.answered
        assert self.page.query_params["q"] == self.ids[self.index]

    def go(self, buttons: list[str]) -> None:
        steps = {"back": -1, "next": 1}
        first, second = (
            self.rng.choice([s for s in steps if f"{self.prefix}_{s}" in buttons])
            for _ in range(2)
        )
        for step in (first, second):
            self.index = min(max(self.index + steps[step], 0), len(self.ids) - 1)
        self.click(f"{self.prefix}_{first}", f"{self.prefix}_{second}")

    def order(self, steps: list[str]) -> None:
        """Pick all steps, two by two."""
        self.rng.shuffle(steps)
        for first, second in zip(steps[::2], steps[1::2], strict=False):
            self.click(first, second)
        if len(steps) % 2:
            self.page.button(key=steps[-1]).click().run()
        self.answered.append(self.ids[self.index])
        picked = tuple(int(key.rpartition("_")[2]) for key in steps)
        assert self.attempts()[-1].answer == picked, "in the order of the clicks"

    def hints(self) -> int:
        state, key = self.page.session_state, self.key("hints")
        return int(state[key]) if key in state else 0

    def attempts(self) -> tuple[Any, ...]:
        return tuple(self.page.session_state["progress"].attempts)


def double_clicks_in_the_quiz(alone: Any, fingers: Fingers, count: int) -> None:
    rng, visit, made = random.Random(5), None, 0
    while made < count:
        if visit is None or len(visit.answered) == len(visit.ids):
            page = alone("pages/50_quiz.py", lesson=LESSON)
            visit = QuizVisit(page, fingers, rng)
        visit.act()
        made += 1


def test_double_clicks_in_the_quiz_count_twice_and_in_order(
    alone: Any, fingers: Fingers
) -> None:
    double_clicks_in_the_quiz(alone, fingers, 20)


@pytest.mark.slow
def test_120_double_clicks_in_the_quiz(alone: Any, fingers: Fingers) -> None:
    double_clicks_in_the_quiz(alone, fingers, 120)


def test_a_double_click_begins_an_exam_once_and_hands_it_in_once(
    alone: Any, fingers: Fingers
) -> None:
    page = alone("pages/50_quiz.py", lesson=LESSON, exam="true")

    def key(start: str) -> str:
        return next(b.key for b in page.button if b.label.startswith(start))

    for begin in ("Begin", "Take it again"):
        fingers.double_click(page, key(begin), key(begin), 0.0)
        exam = page.session_state["progress"].exams[-1]
        assert exam.handed_in is None and not exam.answers
        answer = key("**A**")
        before = len(page.session_state["progress"].attempts)
        fingers.double_click(page, answer, key("Hand in"), 0.0)
        after = page.session_state["progress"]
        assert len(after.attempts) == before + 1, "the answer came before the hand-in"
        handed_in = after.exams[-1]
        assert handed_in.begun == exam.begun and handed_in.handed_in
    fingers.double_click(page, key("Take it again"), key("Take it again"), 0.0)
    fingers.double_click(page, key("Hand in"), key("Hand in"), 0.0)
    assert page.session_state["progress"].attempts == after.attempts


class Calls:
    """Counts calls of the service's methods, and lets them through."""

    def __init__(self, patch: pytest.MonkeyPatch, service: Service, *names: str):
        self.made = dict.fromkeys(names, 0)
        for name in names:
            patch.setattr(service, name, self._counting(name, getattr(service, name)))

    def _counting(self, name: str, method: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            self.made[name] += 1
            return method(*args, **options)

        return call


@pytest.mark.slow
def test_60_double_clicks_in_the_sidebar(
    routed: Any, fingers: Fingers, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, rng = resources.service(), random.Random(6)
    page = routed("01_playground.py", batch_size="16")
    state = page.session_state
    calls = Calls(monkeypatch, service, "step", "submit")
    for _ in range(3):
        before = calls.made["submit"]
        fingers.double_click(page, "main_new_seed", "sidebar_new_seed", _gap(rng))
        assert calls.made["submit"] == before + 2
        assert service.status(state["run"]).config["seed"] == state["seed"]
        _pause(page, service)
        for _ in range(19):
            pin = next(b.key for b in page.button if b.key in ("pin_run", "unpin"))
            steps = ("main_step", "sidebar_step")
            pair = rng.choice([steps, ("main_step",) * 2, ("main_step", pin)])
            first, second = rng.sample(pair, 2)
            before = calls.made["step"]
            fingers.double_click(page, first, second, _gap(rng))
            assert calls.made["step"] == before + sum(b in steps for b in pair)
            if pin in pair:
                assert state["pin"] == (state["run"] if pin == "pin_run" else None)
    service.stop(state["run"])


def _pause(page: AppTest, service: Service) -> None:
    run = page.session_state["run"]
    for reached, command in (("running", service.pause), ("paused", None)):
        wait_until(
            lambda wanted=reached: service.status(run).state == wanted,
            reached,
            START_LIMIT_S,
        )
        if command:
            command(run)
    page.run()


def _gap(rng: random.Random) -> float:
    return rng.choice((0.0, 0.001, 0.01, 0.1)) * rng.random()


@pytest.mark.slow
def test_20_double_clicks_in_a_lab(
    alone: Any, fingers: Fingers, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, rng = resources.service(), random.Random(7)
    endless = Settings(workers=1, lab_steps=100_000)
    monkeypatch.setattr(resources, "settings", lambda: endless)
    page = alone("pages/23_collapse.py", seed="11")
    calls = Calls(monkeypatch, service, "submit", "stop")
    for _ in range(10):
        before = calls.made["submit"]
        fingers.double_click(page, "run_collapse", "run_collapse", _gap(rng))
        assert calls.made["submit"] == before + 2, "each arm once"
        runs = page.session_state["lab_runs"]
        assert all(service.status(run).active for run in runs)
        fingers.double_click(page, "stop_collapse", "stop_collapse", _gap(rng))
        wait_until(
            lambda runs=runs: not any(service.status(run).active for run in runs),
            "both arms' end",
        )
        page.run()


# --- what the browser stored ----------------------------------------------------------


def test_another_click_takes_nothing_of_what_the_browser_has_stored() -> None:
    """The browser overwrites what it believes to have been read."""

    def script() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

        from pages.shell import learner_progress

        def read() -> None:
            requests = get_script_run_ctx().script_requests
            requests.request_rerun(RerunData())
            learner_progress._on_stored()
            learner_progress.set_browser_storage(False)

        st.button("Read", key="read", on_click=read)

    answer = Attempt(question="composition-why", at=5, answer=2, score=1.0)
    text = serialization.dumps(Progress(seed=3).with_attempt(answer))
    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["progress_nonce"] = "n"
    page.session_state["progress_store"] = {
        "stored": {
            "nonce": "n",
            "report_id": 7.5,
            "copies": [{"key": "ssl_progress", "text": text, "owner_tag": ""}],
        }
    }
    page.run().button(key="read").click().run()
    assert not page.exception
    assert page.session_state["progress"].attempts == (answer,)
    assert page.session_state["progress_acknowledged"] == 7.5
    assert page.session_state["progress_storage"] is False


@pytest.mark.parametrize("ending", ["error", "rerun"])
def test_progress_is_stored_after_a_page_that_does_not_end_well(
    ending: str, routed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, drawn = [], []

    def draw(now: int) -> None:
        drawn.append(now)
        if ending == "error":
            raise ValueError("no such thing")
        if len(drawn) == 1:
            streamlit.rerun()

    monkeypatch.setattr(landing, "draw", draw)
    monkeypatch.setattr(learner_progress, "mount", lambda: stored.append(len(drawn)))
    page = routed("50_quiz.py")
    assert bool(page.exception) == (ending == "error")
    # Before the quiz, the simulator opens the first page.
    assert [count for count in stored if count] == [2 if ending == "rerun" else 1]
