"""The shipped questions: complete, fair, and every number in them recomputed."""

import tomllib
from collections import Counter
from collections.abc import Iterator

import pytest
from quiz_numbers import agrees, evaluate, numbers

from ssl_core.quiz import bank
from ssl_core.quiz.questions import Choice, Numeric, Order, Predict, Short, TrueFalse

LIBRARY = bank.shipped()
QUESTIONS = list(LIBRARY)
CONCEPTS = tomllib.loads((bank.ROOM / "concepts.toml").read_text(encoding="utf-8"))


def texts(question) -> Iterator[str]:
    """Everything that a learner may read of a question, but its stem."""
    yield from question.hints
    yield question.explanation
    match question:
        case Choice() | Predict():
            for option in question.options:
                yield from (option.text, option.feedback)
        case TrueFalse():
            yield from (question.if_true, question.if_false)
        case Numeric():
            yield from (question.right, question.otherwise)
            yield from (m.feedback for m in question.mistakes)
        case Order():
            yield question.right
            for step in question.steps:
                yield from (step.text, step.why)
        case Short():
            yield from (question.model_answer, *question.ideas)


def by_id(kind=None):
    kept = [q for q in QUESTIONS if kind is None or isinstance(q, kind)]
    return pytest.mark.parametrize("question", kept, ids=lambda q: q.id)


def test_there_are_enough_of_every_kind() -> None:
    kinds = Counter(q.kind for q in QUESTIONS)
    assert len(QUESTIONS) >= 60
    assert set(kinds) == {
        "choice",
        "true_false",
        "short",
        "numeric",
        "order",
        "predict",
    }
    for lesson in LIBRARY.banks:
        assert len(lesson.questions) >= 5


@by_id()
def test_every_concept_is_known(question) -> None:
    assert set(question.concepts) <= set(CONCEPTS)


@by_id()
def test_every_number_is_given_computed_or_quoted(question) -> None:
    known = {*numbers(question.stem), *question.computed, *question.quoted}
    if isinstance(question, Numeric):
        known |= {f"{question.answer:g}", f"{question.answer:,g}"}
    loose = {n for text in texts(question) for n in numbers(text)} - known
    assert not loose, f"{question.id}: where does {sorted(loose)} come from?"


@by_id()
def test_computed_numbers_are_recomputed(question) -> None:
    for literal, expression in question.computed.items():
        assert agrees(literal, evaluate(expression)), (literal, evaluate(expression))
    for expression in question.holds:
        assert evaluate(expression) is True, expression


@by_id(Numeric)
def test_a_numeric_answer_is_its_formula(question) -> None:
    assert abs(evaluate(question.formula) - question.answer) <= question.tolerance


@by_id(Predict)
def test_a_prediction_cites_evidence(question) -> None:
    assert any("mean(" in e for e in question.holds)


def test_the_longest_option_is_not_the_right_one() -> None:
    choices = [q for q in QUESTIONS if isinstance(q, Choice)]
    longest = [max(q.options, key=lambda o: len(o.text)).right for q in choices]
    assert sum(longest) / len(choices) <= 0.4


def test_right_options_are_spread_over_all_places() -> None:
    choices = [q for q in QUESTIONS if isinstance(q, Choice) and len(q.options) >= 3]
    places = Counter([o.right for o in q.options].index(True) for q in choices)
    fair = len(choices) / 4
    assert all(0.5 * fair <= places[place] <= 1.6 * fair for place in range(3)), places
    truths = Counter(q.answer for q in QUESTIONS if isinstance(q, TrueFalse))
    assert min(truths[True], truths[False]) >= 0.3 * truths.total()
