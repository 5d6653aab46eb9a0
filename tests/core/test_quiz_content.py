"""The shipped questions: complete, balanced, and with every number recomputed."""

import tomllib
from collections import Counter
from collections.abc import Iterator

from quiz_numbers import agrees, evaluate, numbers

from ssl_core.quiz import bank
from ssl_core.quiz.questions import Choice, Numeric, Order, Predict, Short, TrueFalse

LIBRARY = bank.shipped()
QUESTIONS = list(LIBRARY)
CONCEPTS = tomllib.loads((bank.ROOM / "concepts.toml").read_text(encoding="utf-8"))


def texts(question) -> Iterator[str]:
    """All texts of a question except its stem."""
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


def of_kind(kind: type) -> list:
    found = [q for q in QUESTIONS if isinstance(q, kind)]
    assert found, f"no question is of the kind {kind.__name__}"
    return found


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


def test_every_concept_is_known() -> None:
    unknown = {q.id: u for q in QUESTIONS if (u := set(q.concepts) - set(CONCEPTS))}
    assert not unknown


def test_every_number_is_given_computed_or_quoted() -> None:
    unexplained = {}
    for question in QUESTIONS:
        known = {*numbers(question.stem), *question.computed, *question.quoted}
        if isinstance(question, Numeric):
            known |= {f"{question.answer:g}", f"{question.answer:,g}"}
        if loose := {n for text in texts(question) for n in numbers(text)} - known:
            unexplained[question.id] = sorted(loose)
    assert not unexplained, "where do these numbers come from?"


def test_computed_numbers_are_recomputed() -> None:
    computed = [(q.id, *pair) for q in QUESTIONS for pair in q.computed.items()]
    holds = [(q.id, expression) for q in QUESTIONS for expression in q.holds]
    assert computed and holds
    assert not [
        f"{name}: {literal} is {evaluate(expression)}"
        for name, literal, expression in computed
        if not agrees(literal, evaluate(expression))
    ]
    assert not [
        f"{name}: {expression} does not hold"
        for name, expression in holds
        if evaluate(expression) is not True
    ]


def test_a_numeric_answer_is_its_formula() -> None:
    assert not [
        f"{q.id}: {q.formula} is {evaluate(q.formula)}, not {q.answer}"
        for q in of_kind(Numeric)
        if not abs(evaluate(q.formula) - q.answer) <= q.tolerance
    ]


def test_a_prediction_cites_evidence() -> None:
    assert not [
        q.id for q in of_kind(Predict) if not any("mean(" in e for e in q.holds)
    ]


def test_the_longest_option_is_not_the_right_one() -> None:
    choices = [q for q in QUESTIONS if isinstance(q, Choice)]
    longest = [max(q.options, key=lambda o: len(o.text)).right for q in choices]
    assert sum(longest) / len(choices) <= 0.4


def test_right_options_are_spread_over_all_places() -> None:
    choices = [q for q in QUESTIONS if isinstance(q, Choice) and len(q.options) >= 3]
    places = Counter([o.right for o in q.options].index(True) for q in choices)
    fair = len(choices) / 4
    assert all(0.5 * fair <= places[place] <= 1.6 * fair for place in range(4)), places
    truths = Counter(q.answer for q in QUESTIONS if isinstance(q, TrueFalse))
    assert min(truths[True], truths[False]) >= 0.3 * truths.total()
