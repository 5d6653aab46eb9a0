"""Statistics of a learner's history, against numbers worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssl_core.quiz import bank
from ssl_core.quiz.bank import Bank, Library
from ssl_core.quiz.progress import Attempt, Progress
from ssl_core.quiz.questions import Source, TrueFalse
from ssl_core.quiz.results import by_concept, by_lesson, calibration, sure_but_wrong
from ssl_core.quiz.serialization import dumps, loads

STEADY = settings(deadline=None, derandomize=True, max_examples=80)


def statement(ident: str, *concepts: str) -> TrueFalse:
    return TrueFalse(
        kind="true_false",
        id=ident,
        concepts=concepts,
        difficulty=1,
        stem="So it is.",
        hints=("Think.",),
        explanation="So it is.",
        sources=(Source(text="somebody"),),
        lab="collapse",
        answer=True,
        idea="it-is-not",
        if_true="yes",
        if_false="no",
    )


def lesson(slug: str, *questions: TrueFalse) -> Bank:
    return Bank(version=1, lesson=slug, title=slug, questions=questions)


LIBRARY = Library(
    (
        lesson("first", statement("p", "view", "pair"), statement("q", "pair")),
        lesson("second", statement("r", "loss"), statement("s", "pair", "loss")),
    )
)


def history(*attempts: tuple[object, ...]) -> Progress:
    """(question, score, confidence, again), a second apart."""
    progress = Progress(seed=1)
    for at, (question, score, *more) in enumerate(attempts, start=100):
        confidence, again = (*more, None, False)[:2] if len(more) < 2 else more
        progress = progress.with_attempt(
            Attempt(
                question=question,
                at=at,
                answer=True,
                score=score,
                confidence=confidence,
                again=bool(again),
            )
        )
    return progress


def counts(found: list) -> dict[str, tuple[int, int, int]]:
    return {k.slug: (k.questions, k.answered, k.right) for k in found}


# ----------------------------------------------------------- concepts, lessons


def test_without_answers_all_counts_are_zero() -> None:
    assert counts(by_concept(Progress(seed=1), LIBRARY)) == {
        "view": (1, 0, 0),
        "pair": (3, 0, 0),
        "loss": (2, 0, 0),
    }
    assert counts(by_lesson(Progress(seed=1), LIBRARY)) == {
        "first": (2, 0, 0),
        "second": (2, 0, 0),
    }


def test_a_question_counts_for_each_of_its_concepts() -> None:
    progress = history(("p", 1.0), ("q", 0.0), ("s", 1.0))
    assert counts(by_concept(progress, LIBRARY)) == {
        "view": (1, 1, 1),
        "pair": (3, 3, 2),
        "loss": (2, 1, 1),
    }
    assert counts(by_lesson(progress, LIBRARY)) == {
        "first": (2, 2, 1),
        "second": (2, 1, 1),
    }


def test_the_last_answer_counts() -> None:
    learned = history(("r", 0.0), ("r", 0.0), ("r", 1.0))
    forgotten = history(("r", 1.0), ("r", 0.0))
    assert counts(by_concept(learned, LIBRARY))["loss"] == (2, 1, 1)
    assert counts(by_concept(forgotten, LIBRARY))["loss"] == (2, 1, 0)


def test_a_written_answer_is_right_once_its_ideas_were_found() -> None:
    assert counts(by_lesson(history(("r", None)), LIBRARY))["second"] == (2, 1, 0)
    assert counts(by_lesson(history(("r", 0.5)), LIBRARY))["second"] == (2, 1, 0)
    assert counts(by_lesson(history(("r", 0.75)), LIBRARY))["second"] == (2, 1, 1)


def test_answers_to_removed_questions_are_not_counted() -> None:
    gone = history(("gone", 1.0), ("gone-too", 0.0))
    assert by_concept(gone, LIBRARY) == by_concept(Progress(seed=1), LIBRARY)
    assert by_lesson(gone, LIBRARY) == by_lesson(Progress(seed=1), LIBRARY)


def test_the_shipped_lessons_and_concepts_add_up() -> None:
    library = bank.shipped()
    everything = history(*((q.id, 1.0) for q in library))
    lessons, concepts = by_lesson(everything, library), by_concept(everything, library)
    assert sum(k.questions for k in lessons) == len(library)
    assert sum(k.questions for k in concepts) == sum(len(q.concepts) for q in library)
    assert all(k.questions == k.answered == k.right for k in (*lessons, *concepts))
    assert len({k.slug for k in concepts}) == len(concepts)


@STEADY
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["p", "q", "r", "s", "gone"]),
            st.sampled_from([None, 0.0, 1.0]),
        ),
        max_size=12,
    )
)
def test_counts_never_exceed_what_there_is(done: list[tuple[str, float]]) -> None:
    progress = history(*done)
    for found in (by_concept(progress, LIBRARY), by_lesson(progress, LIBRARY)):
        assert all(0 <= k.right <= k.answered <= k.questions for k in found)
    again = Progress(seed=2).merged(loads(dumps(progress)))
    assert by_concept(again, LIBRARY) == by_concept(progress, LIBRARY)


# ------------------------------------------------------------------ calibration


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # Wilson's 95 % interval, as other programs print it.
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 1, 0.2065, 1.0),
        (50, 100, 0.4038, 0.5962),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),
    ],
)
def test_the_interval_is_wilsons(right: int, n: int, low: float, high: float) -> None:
    done = ((f"q-{i}", float(i < right), 1) for i in range(n))
    (found,) = calibration(history(*done))
    assert (found.name, found.n) == ("fairly sure", n)
    assert found.right == pytest.approx(right / n)
    assert found.low == pytest.approx(low, abs=6e-5)
    assert found.high == pytest.approx(high, abs=6e-5)


@STEADY
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_its_share_and_stays_between_0_and_1(
    counted: tuple[int, int],
) -> None:
    right, n = counted
    (found,) = calibration(
        history(*((f"q-{i}", float(i < right), 2) for i in range(n)))
    )
    tiny = 1e-12
    assert 0 <= found.low <= found.right + tiny
    assert found.right - tiny <= found.high <= 1
    assert found.low < found.high


def test_degrees_stand_apart_in_order_and_only_where_said() -> None:
    progress = history(
        ("a", 1.0, 2), ("b", 0.0, 2), ("c", 1.0, 0), ("d", 1.0, None), ("e", 0.0, None)
    )
    assert [(c.name, c.right, c.n) for c in calibration(progress)] == [
        ("a guess", 1.0, 1),
        ("certain", 0.5, 2),
    ]
    assert calibration(history(("d", 1.0), ("e", 0.0))) == []
    assert calibration(Progress(seed=1)) == []


def test_only_first_answers_say_how_well_one_judges() -> None:
    progress = history(
        *(("a", 0.0, 2), ("a", 1.0, None, True), ("a", 1.0, 2), ("a", 1.0, 2)),
        *(("b", 1.0, None), ("b", 0.0, 2)),
    )
    (found,) = calibration(progress)
    assert (found.name, found.right, found.n) == ("certain", 0.0, 1)


def test_a_written_answer_waits_until_it_was_compared() -> None:
    progress = history(("a", None, 2))
    assert calibration(progress) == []
    assert calibration(progress.with_ideas("a", (0,), 1.0))[0].right == 1


def test_repeated_answers_within_a_second_are_not_first_answers() -> None:
    """Even after a refresh, which merges the history into an empty one."""
    wrong = Attempt(question="a", at=5, answer=0, score=0.0, confidence=2)
    right = Attempt(question="a", at=5, answer=1, score=1.0, again=True)
    progress = Progress(seed=1).with_attempt(wrong).with_attempt(right)
    (found,) = calibration(Progress(seed=2).merged(loads(dumps(progress))))
    assert (found.right, found.n) == (0.0, 1)


# ---------------------------------------------------------------- sure but wrong


def test_confident_mistakes_are_listed_newest_first() -> None:
    progress = history(
        *(("a", 0.0, 2), ("b", 1.0, 2), ("c", 0.0, 1), ("d", 0.0, None)),
        *(("e", 0.0, 2), ("a", 1.0, 2), ("f", 1.0, 0), ("f", 0.0, 2), ("g", None, 2)),
    )
    assert [a.question for a in sure_but_wrong(progress)] == ["e", "a"]
    assert sure_but_wrong(Progress(seed=1)) == []
