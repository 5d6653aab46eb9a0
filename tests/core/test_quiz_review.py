"""The review schedule, on learners simulated over two months."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssl_core.quiz.progress import KEPT, Attempt, Progress
from ssl_core.quiz.review import DAY, due, queue
from ssl_core.quiz.serialization import dumps, loads

STEADY = settings(deadline=None, derandomize=True, max_examples=80)
START = 1_700_000_000
MINUTE = 60


def answered(
    progress: Progress, at: float, right: bool, question: str = "q", **more: object
) -> Progress:
    """An answer, ``at`` days after the start."""
    made = {
        "question": question,
        "at": START + round(at * DAY),
        "answer": int(right),
        "score": float(right),
        **more,
    }
    return progress.with_attempt(Attempt(**made))


def today(progress: Progress, day: float) -> list[str]:
    return due(progress, now=START + round(day * DAY))


def learn(
    knows: Callable[[int, str], bool], missed: dict[str, int], days: int = 60
) -> dict[str, list[int]]:
    """Days on which each question is due, for a learner who answers all of them daily.

    Args:
        knows: whether they answer rightly on a day.
        missed: question -> the day on which it is first answered, wrongly.
    """
    progress = Progress(seed=1)
    came: dict[str, list[int]] = {question: [] for question in missed}
    for day in range(days + 1):
        for question in today(progress, day):
            came[question].append(day)
            progress = answered(progress, day, knows(day, question), question)
        for question, first in missed.items():
            if first == day:
                progress = answered(progress, day, False, question)
        assert today(progress, day) == [], "what was answered today is done for today"
        # Between two days: the browser, or a file, brings it all back.
        progress = Progress(seed=2).merged(loads(dumps(progress)))
    return came


# ------------------------------------------------------------------ two months


def test_a_miss_comes_after_1_3_7_and_16_days_and_then_leaves() -> None:
    came = learn(lambda day, question: True, {"q": 0})
    assert came == {"q": [1, 1 + 3, 1 + 3 + 7, 1 + 3 + 7 + 16]}


@pytest.mark.parametrize(
    ("wrong_on", "days"),
    [
        ({1}, [1, 2, 5, 12, 28]),
        ({4}, [1, 4, 5, 8, 15, 31]),
        ({27}, [1, 4, 11, 27, 28, 31, 38, 54]),
        ({1, 2, 3}, [1, 2, 3, 4, 7, 14, 30]),
        (set(range(61)), list(range(1, 61))),
    ],
)
def test_a_mistake_restarts_the_schedule(wrong_on: set[int], days: list[int]) -> None:
    assert learn(lambda day, _: day not in wrong_on, {"q": 0})["q"] == days


def test_each_question_has_its_own_schedule() -> None:
    came = learn(lambda day, q: (day, q) != (6, "b"), {"a": 0, "b": 5, "c": 40})
    assert came == {"a": [1, 4, 11, 27], "b": [6, 7, 10, 17, 33], "c": [41, 44, 51]}


def test_a_late_review_counts_from_its_own_date() -> None:
    progress = answered(Progress(seed=1), 0, False)
    assert today(progress, 30) == ["q"], "it waits"
    progress = answered(progress, 30, True)
    assert today(progress, 32.9) == [] and today(progress, 33) == ["q"]


# ------------------------------------------------------------------ into, out of


def test_nothing_is_due_to_whoever_answered_nothing_or_all_rightly() -> None:
    progress = Progress(seed=1)
    assert today(progress, 60) == [] and queue(progress) == []
    for day in range(5):
        progress = answered(progress, day, True)
    assert queue(progress) == []


def test_a_review_is_due_to_the_second() -> None:
    progress = answered(Progress(seed=1), 0, False)
    assert due(progress, now=START + DAY - 1) == []
    assert due(progress, now=START + DAY) == ["q"]
    assert queue(progress)[0].due == START + DAY


def test_a_mistake_after_right_answers_is_scheduled() -> None:
    progress = answered(answered(Progress(seed=1), 0, True), 3, False)
    assert today(progress, 3.5) == [] and today(progress, 4) == ["q"]


def test_a_mistake_after_the_last_interval_restarts_the_schedule() -> None:
    progress = answered(Progress(seed=1), 0, False)
    for day in (1, 4, 11, 27):
        progress = answered(progress, day, True)
    assert queue(progress) == []
    progress = answered(progress, 40, True)
    assert queue(progress) == [], "right again: it stays away"
    progress = answered(progress, 50, False)
    assert today(progress, 51) == ["q"] and queue(progress)[0].rung == 0


def test_a_right_answer_before_its_due_date_does_not_advance() -> None:
    progress = answered(Progress(seed=1), 0, False)
    for at in (0.1, 0.5, 0.9, 0.99):
        progress = answered(progress, at, True)
    assert today(progress, 0.999) == [] and today(progress, 1) == ["q"]
    progress = answered(progress, 1, True)
    progress = answered(progress, 2, True)  # early again
    assert today(progress, 3.9) == [] and today(progress, 4) == ["q"]
    assert queue(progress)[0].rung == 1


def test_a_wrong_answer_before_its_due_date_restarts() -> None:
    progress = answered(answered(Progress(seed=1), 0, False), 1, True)
    progress = answered(progress, 2, False)
    assert today(progress, 2.9) == [] and today(progress, 3) == ["q"]
    assert queue(progress)[0].rung == 0


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("at", [0.001, 1.001, 5.0])
def test_a_retry_right_after_the_feedback_does_not_count(
    right: bool, at: float
) -> None:
    plain = answered(Progress(seed=1), 0, False)
    retried = answered(plain, at, right, again=True)
    assert queue(retried) == queue(plain)
    # Nor does it bring in what was right from the start.
    known = answered(answered(Progress(seed=1), 0, True), at, right, again=True)
    assert queue(known) == []


def test_a_written_answer_counts_once_it_was_compared() -> None:
    written = answered(Progress(seed=1), 0, False, answer="words", score=None)
    assert queue(written) == []
    assert queue(written.with_ideas("q", (0, 1, 2), 0.75)) == []
    little = written.with_ideas("q", (0,), 0.25)
    assert today(little, 1) == ["q"]
    again = answered(little, 1, False, answer="more words", score=None)
    assert today(again, 1) == ["q"], "not compared yet, not moved on"
    assert today(again.with_ideas("q", (0, 1, 2, 3), 1.0), 3.9) == []


# ---------------------------------------------------------------- what is first


def test_confident_mistakes_come_first() -> None:
    progress = Progress(seed=1)
    for at, question, confidence in [
        (0.0, "a-guess", 0),
        (0.1, "b-unsaid", None),
        (0.2, "c-certain", 2),
        (0.3, "d-fairly", 1),
        (0.4, "e-certain", 2),
    ]:
        progress = answered(progress, at, False, question, confidence=confidence)
    assert today(progress, 2) == [
        *("c-certain", "e-certain"),
        *("a-guess", "b-unsaid", "d-fairly"),
    ]
    assert today(progress, 1.15) == ["a-guess", "b-unsaid"], "first, but not too soon"


def test_it_is_the_last_miss_that_was_certain_or_not() -> None:
    first = answered(Progress(seed=1), 0, False, "z", confidence=2)
    calmed = answered(first, 1, False, "z", confidence=0)
    for progress, order in [(first, ["z", "a"]), (calmed, ["a", "z"])]:
        assert today(answered(progress, 0.5, False, "a"), 3) == order
    # Right answers in between, however unsure, do not calm it.
    moved = answered(first, 1, True, "z", confidence=0)
    assert today(answered(moved, 2, False, "a"), 5) == ["z", "a"]


def test_confident_right_answers_are_not_reviewed() -> None:
    assert queue(answered(Progress(seed=1), 0, True, confidence=2)) == []


def test_removed_questions_are_not_reviewed() -> None:
    progress = answered(answered(Progress(seed=1), 0, False, "gone"), 0, False, "here")
    assert due(progress, {"here"}, now=START + DAY) == ["here"]
    assert [p.question for p in queue(progress, {"here"})] == ["here"]


# -------------------------------------------------------------------- any history


@st.composite
def histories(draw: st.DrawFn) -> Progress:
    progress, at = Progress(seed=1), 0.0
    for _ in range(draw(st.integers(0, 12))):
        at += draw(st.sampled_from([0.001, 0.4, 1, 3, 8, 20]))
        progress = answered(
            progress,
            at,
            draw(st.booleans()),
            draw(st.sampled_from(["a", "b", "c"])),
            confidence=draw(st.sampled_from([None, 0, 1, 2])),
            again=draw(st.booleans()),
        )
    return progress


@STEADY
@given(histories())
def test_the_queue_holds_what_was_missed_and_nothing_else(progress: Progress) -> None:
    places = {p.question: p for p in queue(progress)}
    for question in ("a", "b", "c"):
        own = [a for a in progress.of(question) if not a.again]
        if not any(not a.right for a in own):
            assert question not in places
        if own and not own[-1].right:
            place = places[question]
            assert (place.rung, place.due) == (0, own[-1].at + DAY)
            assert place.calm == (own[-1].confidence != 2)
        if question in places:
            last = max(a.at for a in own)
            assert 0 <= places[question].rung <= 3
            assert places[question].due <= last + 16 * DAY


@STEADY
@given(histories())
def test_all_reviews_answered_right_end_within_27_days(
    progress: Progress,
) -> None:
    day = 1_000.0
    for _ in range(28):
        for question in today(progress, day):
            progress = answered(progress, day, True, question)
        day += 1
    assert queue(progress) == []


def test_a_full_history_is_processed() -> None:
    attempts = tuple(
        Attempt(question=f"q-{i % 70}", at=START + i, answer=0, score=0.0)
        for i in range(KEPT)
    )
    found = due(Progress(seed=1, attempts=attempts), now=START + 2 * DAY)
    assert len(found) == 70 and found[0] == f"q-{(KEPT - 70) % 70}"
