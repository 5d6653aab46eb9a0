"""Grading: every answer gets the score and the feedback that belong to it."""

from collections import Counter

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ssl_core.quiz import bank
from ssl_core.quiz.judging import LONGEST, fits, judge, number, shuffled, ticked
from ssl_core.quiz.questions import (
    Choice,
    Mistake,
    Numeric,
    Option,
    Order,
    Predict,
    Short,
    Source,
    Step,
    TrueFalse,
)

LIBRARY = bank.shipped()
STEADY = settings(deadline=None, derandomize=True, max_examples=150)
SEEDS = st.integers(0, 2**31 - 1)
HEAD = {
    "concepts": ("temperature",),
    "difficulty": 1,
    "stem": "What happens?",
    "hints": ("Think.",),
    "explanation": "It happens.",
    "sources": (Source(text="Chen et al. 2020, SimCLR"),),
    "lab": "temperature",
}


def options(right: int, count: int = 4) -> tuple[Option, ...]:
    return tuple(
        Option(
            text=f"text {i}",
            right=i == right,
            idea="truth" if i == right else f"idea-{i}",
            feedback=f"feedback {i}",
        )
        for i in range(count)
    )


def choice(right: int = 2, ident: str = "a-choice", count: int = 4) -> Choice:
    return Choice(kind="choice", id=ident, options=options(right, count), **HEAD)


def predict(right: int = 1) -> Predict:
    return Predict(kind="predict", id="a-predict", options=options(right), **HEAD)


def true_false(answer: bool) -> TrueFalse:
    return TrueFalse(
        kind="true_false",
        id="a-statement",
        answer=answer,
        idea="the-other-way-round",
        if_true="to true",
        if_false="to false",
        **HEAD,
    )


def numeric(
    answer: float = 0.24, tolerance: float = 0.01, mistakes: tuple[float, ...] = (0.76,)
) -> Numeric:
    return Numeric(
        kind="numeric",
        id="a-number",
        answer=answer,
        tolerance=tolerance,
        formula=str(answer),
        right="right number",
        otherwise="some other number",
        mistakes=tuple(
            Mistake(value=m, idea=f"mistake-{i}", feedback=f"mistake {i}")
            for i, m in enumerate(mistakes)
        ),
        **HEAD,
    )


def order(count: int = 4, ident: str = "an-order") -> Order:
    steps = tuple(Step(text=f"step {i}.", why=f"why {i}") for i in range(count))
    return Order(kind="order", id=ident, steps=steps, right="right order", **HEAD)


def short() -> Short:
    return Short(
        kind="short",
        id="a-short",
        model_answer="a model answer",
        ideas=("one", "two", "three", "four"),
        **HEAD,
    )


# ------------------------------------------------------------------- choosing


@pytest.mark.parametrize("question", [choice(2), predict(1)], ids=lambda q: q.kind)
def test_each_option_has_its_own_feedback(question) -> None:
    for place, option in enumerate(question.options):
        found = judge(question, place)
        assert found.feedback == f"feedback {place}"
        assert found.score == (1 if option.right else 0)
        assert found.idea == ("" if option.right else f"idea-{place}")


@pytest.mark.parametrize("answer", [True, False, 1.0, -1, 4, 10**9, "1", (1,)])
def test_what_is_no_option_is_refused(answer) -> None:
    """Especially ``true`` in a tampered file, which equals 1 in Python."""
    for question in (choice(right=1), predict(right=1)):
        with pytest.raises(ValueError, match=r"^(the answer is|option) "):
            judge(question, answer)


@pytest.mark.parametrize("truth", [True, False])
def test_a_statement_has_feedback_for_either_answer(truth: bool) -> None:
    question = true_false(truth)
    assert judge(question, True).feedback == "to true"
    assert judge(question, False).feedback == "to false"
    assert (judge(question, truth).score, judge(question, not truth).score) == (1, 0)
    assert judge(question, truth).idea == ""
    assert judge(question, not truth).idea == "the-other-way-round"


@pytest.mark.parametrize("answer", [1, 0, 1.0, "true", (True,)])
def test_only_true_and_false_answer_a_statement(answer) -> None:
    with pytest.raises(ValueError, match="allowed are true and false"):
        judge(true_false(True), answer)


@pytest.mark.parametrize(
    ("question", "answers", "others"),
    [
        (choice(), [0, 3], [True, 4, "0", (0,)]),
        (true_false(True), [True, False], [1, "true"]),
        (numeric(), [0, 0.5], [True, "0.5", (0,)]),
        (order(3), [(2, 1, 0)], [(0, 1), (0, 1, 7), 0, "012"]),
        (short(), ["words"], [0, (0,), "x" * (LONGEST + 1)]),
    ],
    ids=lambda x: getattr(x, "kind", None),
)
def test_an_answer_fits_exactly_if_it_can_be_graded(question, answers, others) -> None:
    assert [fits(question, a) for a in answers] == [True] * len(answers)
    assert [fits(question, a) for a in others] == [False] * len(others)


@pytest.mark.parametrize("question", LIBRARY, ids=lambda q: q.id)
def test_shipped_questions_have_a_right_answer_and_feedback_for_all(question) -> None:
    match question:
        case Choice() | Predict():
            found = [judge(question, i) for i in range(len(question.options))]
        case TrueFalse():
            found = [judge(question, answer) for answer in (True, False)]
        case Numeric():
            wrong = [judge(question, m.value) for m in question.mistakes]
            assert [w.idea for w in wrong] == [m.idea for m in question.mistakes]
            far = judge(question, 1e12)
            assert (far.score, far.idea) == (0, "")
            found = [judge(question, question.answer), *wrong, far]
        case Order():
            right = tuple(range(len(question.steps)))
            found = [judge(question, right), judge(question, right[::-1])]
        case Short():
            assert judge(question, "words").score is None
            return
    assert sum(v.score for v in found) == 1
    assert all(v.feedback.strip() for v in found)
    assert len({v.feedback for v in found}) == len(found)


# -------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("126", 126), (" 126 ", 126), ("126.", 126), ("+126", 126), ("0126", 126)),
        *(("1,063", 1063), ("-1,063", -1063), ("1,063.5", 1063.5)),
        *(("1,063,000", 1_063_000), ("1 063", 1063)),
        *(("1\u00a0063", 1063), ("1\u202f063", 1063), ("1\u2009063", 1063)),
        *(("0,24", 0.24), ("0,240", 0.24), (",24", 0.24), (".24", 0.24), ("1,5", 1.5)),
        *(("12345,678", 12345.678), ("1.063", 1.063)),
        *(("−1", -1), ("- 1", -1), ("−0,5", -0.5)),
        *(("1e3", 1000), ("1E-3", 0.001), ("−1e−3", -0.001), ("1,2e5", 120_000)),
    ],
)
def test_numbers_are_parsed_in_common_notations(typed: str, meant: float) -> None:
    assert number(typed) == pytest.approx(meant, rel=1e-12)


@pytest.mark.parametrize(
    "typed",
    [
        *("nan", "inf", "-inf", "Infinity", "1e999", "abc", "", "  ", "-", ",", "."),
        *("1.2.3", "1,063,5", "1.063,5", "0x10", "1_000", "1/3", "2 to 3", "100 %"),
    ],
)
def test_an_invalid_number_is_refused_in_one_sentence(typed: str) -> None:
    with pytest.raises(ValueError) as caught:
        number(typed)
    message = str(caught.value)
    assert typed.strip() in message and message.endswith(
        "is not a number, such as 126 or 0.24"
    )
    assert "\n" not in message


@STEADY
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_python_writes_is_read_back(value: float) -> None:
    assert number(repr(value)) == value


@STEADY
@given(st.integers(-(10**12), 10**12))
def test_thousands_with_commas_are_read_back(value: int) -> None:
    assert number(f"{value:,}") == value


@STEADY
@given(st.text(max_size=60))
def test_any_text_is_a_finite_number_or_one_short_sentence(typed: str) -> None:
    try:
        assert abs(number(typed)) < float("inf")
    except ValueError as error:
        assert str(error).endswith("is not a number, such as 126 or 0.24")
        assert len(str(error)) < 500 and "\n" not in str(error)


@pytest.mark.parametrize(
    ("answer", "tolerance", "given_", "right"),
    [
        *((0.24, 0.01, 0.25, True), (0.24, 0.01, 0.23, True)),
        *((0.24, 0.01, 0.2501, False), (0.24, 0.01, 0.2299, False)),
        *((0.3, 0.1, 0.4, True), (0.3, 0.1, 0.2, True)),
        *((126.0, 0.0, 126.0, True), (126.0, 0.0, 126, True)),
        *((126.0, 0.0, 126.001, False), (126.0, 0.0, -126.0, False)),
        *((8190.0, 0.0, 8190.0, True), (8190.0, 0.0, 8190.1, False)),
        *((0.1 + 0.2, 0.0, 0.3, True), (0.001, 0.0, 0.0011, False)),
        *((1e-6, 0.0, 2e-6, False), (-1.0, 0.0, -1.0, True)),
    ],
)
def test_tolerance_holds_to_its_edge_and_no_further(
    answer: float, tolerance: float, given_: float, right: bool
) -> None:
    question = numeric(answer, tolerance, mistakes=(10_000.0,))
    assert judge(question, given_).score == float(right)


def test_a_known_mistake_is_named_within_the_same_tolerance() -> None:
    question = numeric(mistakes=(0.76, 24.0))
    for typed in ("0,76", "0.75", "0.77"):
        found = judge(question, number(typed))
        assert (found.score, found.feedback, found.idea) == (
            0,
            "mistake 0",
            "mistake-0",
        )
    assert judge(question, 24.0).idea == "mistake-1"
    unknown = judge(question, 0.74)
    assert (unknown.feedback, unknown.idea) == ("some other number", "")


def test_overlapping_tolerances_prefer_the_right_answer_then_the_nearest_mistake() -> (
    None
):
    question = numeric(10.0, 1.0, mistakes=(11.5,))
    assert judge(question, 11.0).score == 1
    assert judge(question, 11.2).idea == "mistake-0"
    between = numeric(8.0, 1.0, mistakes=(1.0, 0.0))
    assert [judge(between, x).idea for x in (0.0, 0.4, 0.6, 1.0)] == [
        *("mistake-1", "mistake-1", "mistake-0", "mistake-0")
    ]


@STEADY
@given(
    st.floats(-1e6, 1e6),
    st.floats(0, 100),
    st.floats(-1e6, 1e6),
)
def test_a_number_is_right_where_it_is_near(
    answer: float, tolerance: float, typed: float
) -> None:
    far = abs(typed - answer) - tolerance
    assume(abs(far) > 1e-2)
    question = numeric(answer, tolerance, mistakes=(answer + 1000.0,))
    assert judge(question, typed).score == float(far < 0)


@pytest.mark.parametrize("answer", [True, "0.24", (1,)])
def test_what_is_no_number_is_no_answer(answer) -> None:
    with pytest.raises(ValueError, match="allowed is a number"):
        judge(numeric(1.0), answer)


# ---------------------------------------------------------------------- order


def test_feedback_on_an_order_counts_the_right_steps_at_its_start() -> None:
    question = order(5)
    assert judge(question, (0, 1, 2, 3, 4)).feedback == "right order"
    found = judge(question, (0, 1, 3, 2, 4))
    assert found.score == 0
    assert "first 2 stand right" in found.feedback
    assert "step 2." in found.feedback and "why 2" in found.feedback
    assert "step 3." not in found.feedback, "one step at a time"


def test_one_right_step_is_one() -> None:
    message = judge(order(), (0, 2, 1, 3)).feedback
    assert "first stands right" in message and "stand right." not in message


def test_nothing_right_begins_with_the_first_step() -> None:
    message = judge(order(), (3, 2, 1, 0)).feedback
    assert "stand" not in message and "step 0." in message and "why 0" in message
    assert not message.startswith("Then"), "nothing comes before"


@pytest.mark.parametrize(
    "answer", [(), (0, 1, 2), (0, 1, 2, 2), (0, 1, 2, 4), (3, 2, 1, 0, 0), 0, "0123"]
)
def test_every_step_comes_once(answer) -> None:
    with pytest.raises(ValueError, match="every step once"):
        judge(order(), answer)


@STEADY
@given(st.integers(3, 7).flatmap(lambda n: st.permutations(range(n))))
def test_only_the_right_order_is_right(given_: list[int]) -> None:
    found = judge(order(len(given_)), tuple(given_))
    assert (found.score == 1) == (given_ == sorted(given_))


# -------------------------------------------------------------- short answers


@STEADY
@given(st.text(max_size=LONGEST))
@example("a model answer")
def test_a_written_answer_is_not_graded_automatically(text: str) -> None:
    found = judge(short(), text)
    assert found.score is None and found.idea == ""
    assert found.feedback == "a model answer"


@pytest.mark.parametrize("answer", [True, 1, 0.5, (1,)])
def test_only_words_are_a_written_answer(answer) -> None:
    with pytest.raises(ValueError, match="allowed is text"):
        judge(short(), answer)


def test_a_written_answer_has_an_end() -> None:
    assert judge(short(), "x" * LONGEST).score is None
    with pytest.raises(ValueError, match="4,001 characters; at most 4,000"):
        judge(short(), "x" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("ideas", "share"),
    [((), 0), ((2,), 0.25), ((0, 3), 0.5), ((3, 3, 3), 0.25), ((0, 1, 2, 3), 1)],
)
def test_the_score_of_a_written_answer_is_the_share_of_ticked_ideas(
    ideas: tuple[int, ...], share: float
) -> None:
    assert ticked(short(), ideas) == share


@pytest.mark.parametrize("ideas", [(4,), (-1,), (0, 1, 2, 3, 4)])
def test_only_ideas_that_are_there_are_ticked(ideas: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^idea -?\d is ticked; there are 4$"):
        ticked(short(), ideas)


# ------------------------------------------------------------------- shuffles


@STEADY
@given(SEEDS)
def test_a_shuffle_is_the_same_after_a_refresh_and_loses_nothing(seed: int) -> None:
    for question in (choice(), order()):
        seen = shuffled(question, seed)
        assert sorted(seen) == [0, 1, 2, 3]
        # A copy made anew, as after a restart of the server.
        assert shuffled(question.model_copy(deep=True), seed) == seen


def test_learners_see_different_orders_and_so_do_questions() -> None:
    assert len({shuffled(choice(), seed) for seed in range(300)}) == 24
    assert len({shuffled(choice(ident=f"c-{i}"), 7) for i in range(300)}) == 24


def test_predictions_keep_the_order_of_their_lab() -> None:
    assert {shuffled(predict(), seed) for seed in range(50)} == {(0, 1, 2, 3)}


@pytest.mark.parametrize("question", [true_false(True), numeric(), short()])
def test_what_has_no_options_has_nothing_to_shuffle(question) -> None:
    assert shuffled(question, 7) == ()


@pytest.mark.parametrize("count", [3, 5, 7])
def test_shuffled_steps_are_never_in_the_right_order(count: int) -> None:
    shown = {shuffled(order(count), seed) for seed in range(600)}
    assert tuple(range(count)) not in shown
    assert len(shown) >= 5, "and every learner has an order of their own"


@pytest.mark.parametrize("count", [3, 4])
def test_every_option_comes_first_as_often_as_any(count: int) -> None:
    """Over 4,000 learners; five standard deviations happen once in a million."""
    learners = 4000
    question = choice(ident="fair", right=1, count=count)
    seen = [shuffled(question, seed) for seed in range(learners)]
    share = 1 / count
    spread = 5 * (learners * share * (1 - share)) ** 0.5
    for place in range(count):
        where = Counter(s[place] for s in seen)
        for option in range(count):
            assert abs(where[option] - learners * share) < spread


def test_within_a_quiz_the_right_letter_cannot_be_guessed() -> None:
    """Over the shipped choice questions, for several learners."""
    choices = [q for q in LIBRARY if isinstance(q, Choice)]
    letters: Counter[int] = Counter()
    for seed in range(200):
        for q in choices:
            right = next(i for i, o in enumerate(q.options) if o.right)
            letters[shuffled(q, seed).index(right)] += 1
    longest = sum(len(q.options) == 4 for q in choices) * 200
    assert max(letters[i] for i in range(3)) / sum(letters.values()) < 0.37
    assert abs(letters[3] - longest / 4) < 5 * (longest * 3 / 16) ** 0.5
