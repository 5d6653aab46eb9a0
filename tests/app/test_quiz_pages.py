"""The quiz as a learner meets it: every answer teaches, is kept, and can be taken along."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import learner_progress
from pages.widgets.questions.catalogue import IMPORTED_BANK
from ssl_core.quiz import bank
from ssl_core.quiz.bank import Bank
from ssl_core.quiz.judging import shuffled
from ssl_core.quiz.progress import Attempt, Exam, Progress
from ssl_core.quiz.questions import Base
from ssl_core.quiz.serialization import dumps, loads

QUIZ, YOUR_PROGRESS = "pages/50_quiz.py", "pages/51_your_progress.py"
DAY = 86_400
# One question of each kind, with words that this test knows: the teachers' template.
BANK: Bank = bank.parse(
    (bank.ROOM / "template" / "my_bank.toml").read_bytes(), "t.toml"
)
BY_ID: dict[str, Base] = {q.id: q for q in BANK.questions}
LESSON = BANK.lesson
ANSWERS = {  # right, wrong
    "my-choice": (0, 1),
    "my-true-false": (True, False),
    "my-numeric": (6.0, 3.0),
    "my-order": ((0, 1, 2, 3), (1, 0, 2, 3)),
    "my-predict": (1, 0),
}


@pytest.fixture
def quiz(alone: Any) -> Callable[..., AppTest]:
    """Open the quiz's page, with the template's bank on the shelf."""

    def visit(progress: Progress | None = None, **link: str) -> AppTest:
        return again(alone(QUIZ), progress, **link)

    return visit


def again(page: AppTest, progress: Progress | None = None, **link: str) -> AppTest:
    """The same visit at another link."""
    page.session_state[IMPORTED_BANK] = BANK
    if progress is not None:
        page.session_state["progress"] = progress
    page.query_params.clear()
    page.query_params.update(link)
    page.run()
    assert not page.exception
    return page


def kept(page: AppTest) -> Progress:
    return page.session_state["progress"]


def answers(page: AppTest, ident: str) -> list[object]:
    return [a.answer for a in kept(page).of(ident)]


def give(page: AppTest, ident: str, answer: Any, key: str = "one") -> AppTest:
    """Answer a question in the way that its kind is answered."""
    own = f"{key}_{ident}"
    match BY_ID[ident].kind:
        case "numeric":
            page.text_input(key=f"{own}_number").set_value(str(answer))
            page.button(key=form(own)).click().run()
        case "short":
            page.text_area(key=f"{own}_text").set_value(answer)
            page.button(key=form(own)).click().run()
        case "order":
            for step in answer:
                page.button(key=f"{own}_step_{step}").click().run()
        case _:
            page.button(key=f"{own}_{answer}").click().run()
    assert not page.exception
    return page


def form(own: str) -> str:
    label = "Reveal the model answer" if own.endswith("short") else "Check"
    label = {"exam": "Keep my answer" if own.endswith("short") else "Keep"}.get(
        own.partition("_")[0], label
    )
    return f"FormSubmitter:{own}_form-{label}"


def verdicts(page: AppTest) -> list[str]:
    return [box.value for box in (*page.success, *page.error)]


def prose(page: AppTest) -> str:
    texts = (*page.subheader, *page.markdown, *page.caption, *page.text)
    return "\n".join(x.value for x in texts)


def alerts(page: AppTest) -> list[str]:
    return [x.value for x in (*page.success, *page.error, *page.warning, *page.info)]


def dots(page: AppTest) -> list[str]:
    """The mark of each question of the set; "" is open."""
    group = next(g for g in page.button_group if g.key.endswith("_picker"))
    return [option.content_icon for option in group.proto.options]


def teaches(page: AppTest, ident: str) -> None:
    """Whatever was answered, the whole answer is there, with its source."""
    question = BY_ID[ident]
    assert f"**In full.** {question.explanation}" in prose(page)
    assert f"Rests on: [{question.sources[0].text}]" in prose(page) or (
        f"Rests on: {question.sources[0].text}" in prose(page)
    )


# --------------------------------------------------------- each kind of question


@pytest.mark.parametrize("ident", ANSWERS)
def test_before_an_answer_nothing_is_given_away(quiz: Any, ident: str) -> None:
    page = quiz(q=ident)
    question = BY_ID[ident]
    assert question.stem.partition("\n")[0] in prose(page)
    assert verdicts(page) == [] and question.explanation not in prose(page)
    assert "right" not in " ".join(b.label + b.icon for b in page.button)
    assert kept(page).attempts == ()


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("ident", ANSWERS)
def test_an_answer_shows_its_feedback_and_is_kept(
    quiz: Any, ident: str, right: bool
) -> None:
    answer = ANSWERS[ident][not right]
    page = give(quiz(q=ident), ident, answer)
    (said,) = verdicts(page)
    assert said.startswith("**Right.**" if right else "**Not quite.**")
    assert bool(page.success) is right, "not by colour alone, but in the right one"
    teaches(page, ident)
    (attempt,) = kept(page).attempts
    assert (attempt.question, attempt.answer) == (ident, answer)
    assert type(attempt.answer) is type(answer)
    assert attempt.right is right and not attempt.again
    assert bool(attempt.idea) is (not right and ident != "my-order")
    # A new visit with the same record, as after a refresh.
    fresh = quiz(loads(dumps(kept(page))), q=ident)
    assert verdicts(fresh) == [said]
    teaches(fresh, ident)


def test_every_option_has_its_own_feedback_and_the_others_are_told(quiz: Any) -> None:
    for ident in ("my-choice", "my-predict"):
        options = BY_ID[ident].options
        for place, option in enumerate(options):
            page = give(quiz(q=ident), ident, place)
            assert option.feedback in verdicts(page)[0]
            told = next(
                m.value for m in page.markdown if "The other answers" in m.value
            )
            assert [o.text in told for o in options] == [
                i != place for i in range(len(options))
            ]
            labels = {b.key: b.label for b in page.button}
            assert "your answer" in labels[f"one_{ident}_{place}"]
            marked = [k for k, v in labels.items() if "**right**" in v]
            assert marked == [f"one_{ident}_{[o.right for o in options].index(True)}"]


def test_options_stand_where_this_learner_has_them(quiz: Any) -> None:
    orders = set()
    for seed in range(8):
        page = quiz(Progress(seed=seed), q="my-choice")
        shown = [b.key for b in page.button if b.key[-1].isdigit()]
        places = tuple(int(key[-1]) for key in shown)
        assert places == shuffled(BY_ID["my-choice"], seed)
        orders.add(places)
        assert [b.key for b in page.run().button if b.key[-1].isdigit()] == shown
        predicted = [
            b.key[-1] for b in again(page, q="my-predict").button if b.key[-1].isdigit()
        ]
        assert predicted == ["0", "1", "2"]
    assert len(orders) > 1


@pytest.mark.parametrize(
    ("typed", "score", "said"),
    [
        (" 6 ", 1.0, "eight views"),
        ("6,0", 1.0, "eight views"),
        ("3", 0.0, "That counts images"),
        ("−7", 0.0, "Count the views of the batch"),
    ],
)
def test_numbers_may_be_typed_in_several_ways(
    quiz: Any, typed: str, score: float, said: str
) -> None:
    page = give(quiz(q="my-numeric"), "my-numeric", typed)
    assert kept(page).latest("my-numeric").score == score
    assert said in verdicts(page)[0]


@pytest.mark.parametrize("typed", ["abc", "nan", "inf", "", "1/3"])
def test_what_is_no_number_is_asked_for_again_and_costs_nothing(
    quiz: Any, typed: str
) -> None:
    page = give(quiz(q="my-numeric"), "my-numeric", typed)
    assert [w.value for w in page.warning] == [
        f"{typed!r} is not a number, such as 126 or 0.24"
    ]
    assert verdicts(page) == [] and kept(page).attempts == ()
    give(page, "my-numeric", "6")
    assert not page.warning and page.success


def test_steps_are_put_in_order_and_can_be_taken_back(quiz: Any) -> None:
    page = quiz(q="my-order")
    assert len([b for b in page.button if "_step_" in b.key]) == 4
    page.button(key="one_my-order_step_2").click().run()
    assert "1. " + BY_ID["my-order"].steps[2].text in prose(page)
    page.button(key="one_my-order_undo").click().run()
    assert len([b for b in page.button if "_step_" in b.key]) == 4
    give(page, "my-order", (0, 2, 1, 3))
    assert "first stands right" in verdicts(page)[0]
    assert "belongs at 2" in prose(page) and "belongs at 3" in prose(page)
    page.button(key="one_my-order_again").click().run()
    give(page, "my-order", (0, 1, 2, 3))
    assert page.success and answers(page, "my-order") == [(0, 2, 1, 3), (0, 1, 2, 3)]


def test_a_written_answer_is_compared_and_ticked_by_the_learner_alone(
    quiz: Any,
) -> None:
    question = BY_ID["my-short"]
    page = give(quiz(q="my-short"), "my-short", "a <b>flip</b> of $x$")
    assert verdicts(page) == [], "no machine grades it"
    assert "a <b>flip</b> of $x$" in [t.value for t in page.text], "as it was written"
    assert question.model_answer in prose(page)
    assert kept(page).latest("my-short").score is None
    assert [c.label for c in page.checkbox] == list(question.ideas)
    page.checkbox(key="one_my-short_idea_1").check()
    page.button(key="FormSubmitter:one_my-short_ideas-Keep my ticks").click().run()
    (attempt,) = kept(page).attempts
    assert (attempt.score, attempt.ideas) == (0.5, (1,))
    assert any("1 of 2 ideas" in i.value for i in page.info)
    # Revealing the same words once more is not another answer.
    page.button(key=form("one_my-short")).click().run()
    assert kept(page).attempts == (attempt,)
    fresh = quiz(loads(dumps(kept(page))), q="my-short")
    assert [c.value for c in fresh.checkbox] == [False, True]


@pytest.mark.parametrize("text", ["", "   \n "])
def test_an_empty_answer_reveals_nothing(quiz: Any, text: str) -> None:
    page = give(quiz(q="my-short"), "my-short", text)
    assert kept(page).attempts == ()
    assert BY_ID["my-short"].model_answer not in prose(page)


def test_confidence_and_hints_are_kept_with_the_first_answer(quiz: Any) -> None:
    page = quiz(q="my-choice")
    page.button_group(key="one_my-choice_sure").set_value(2).run()
    page.button(key="one_my-choice_hint").click().run()
    assert BY_ID["my-choice"].hints[0] in prose(page)
    give(page, "my-choice", 1)
    assert "You said: certain." in prose(page)
    give(page, "my-choice", 0)
    first, second = kept(page).attempts
    assert (first.confidence, first.hints, first.again) == (2, 1, False)
    assert (second.confidence, second.again) == (None, True)
    assert second.right and page.success


def test_a_prediction_is_taken_along_to_its_lab(quiz: Any) -> None:
    page = give(quiz(q="my-predict"), "my-predict", 2)
    assert page.session_state["prediction_shortcuts_colour"] == 2
    assert any("run both arms" in i.value for i in page.info)


# ------------------------------------------------------------------------- sets


def test_a_set_is_walked_and_remembers_what_was_answered(quiz: Any) -> None:
    page = quiz(lesson=LESSON)
    key = f"set_quiz?lesson={LESSON}"
    assert page.title[0].value == BANK.title
    assert "Question 1 of 6" in prose(page)
    give(page, "my-choice", 0, key)
    page.button(key=f"{key}_next").click().run()
    assert "Question 2 of 6" in prose(page)
    give(page, "my-true-false", False, key)
    page.button(key=f"{key}_back").click().run()
    assert page.success and "Question 1 of 6" in prose(page)
    marks = [":material/check:", ":material/close:", "", "", "", ""]
    assert dots(page) == marks
    fresh = quiz(kept(page), lesson=LESSON)
    assert "Question 3 of 6" in prose(fresh), "it opens at the first open one"
    there = quiz(kept(page), lesson=LESSON, q="my-order")
    assert "Question 4 of 6" in prose(there), "or where the link says"


def test_answers_survive_a_page_switch_through_the_router(routed: Any) -> None:
    page = again(routed(QUIZ), q="my-true-false")
    give(page, "my-true-false", True)
    page.switch_page("00_welcome.py").run()
    page.switch_page(Path(QUIZ).name).run()
    again(page, q="my-true-false")
    assert page.success and len(kept(page).attempts) == 1


def test_the_landing_page_counts_answers(quiz: Any) -> None:
    page = give(quiz(q="my-choice"), "my-choice", 0)
    again(page)
    assert page.title[0].value == "Quiz"
    assert "1 of 6 answered, 1 right" in prose(page)


def test_ten_mixed_questions(quiz: Any) -> None:
    page = quiz(mixed="true")
    assert "Question 1 of 10" in prose(page) and len(dots(page)) == 10


def test_ten_others_are_drawn_after_the_landing_page(quiz: Any) -> None:
    page = quiz(mixed="true")
    first = page.session_state["quiz_mixed"][0]
    page = again(page, mixed="true")
    assert page.session_state["quiz_mixed"][0] == first, "they stay while they are open"
    page.button(key="mixed_1_next").click().run()
    again(page)
    page = again(page, mixed="true")
    second = page.session_state["quiz_mixed"][0]
    assert second != first and len(second) == 10
    assert "Question 1 of 10" in prose(page)


def test_ten_answered_questions_are_followed_by_ten_others(quiz: Any) -> None:
    page = quiz(mixed="true")
    ids, start = page.session_state["quiz_mixed"]
    progress = kept(page)
    for question in ids:
        progress = progress.with_attempt(
            Attempt(question=question, at=start, answer=0, score=0.0)
        )
    page.session_state["progress"] = progress
    page.run()
    page.button(key="mixed_more").click().run()
    others = page.session_state["quiz_mixed"][0]
    assert not {*ids} & {*others}, "what was never answered comes first"
    assert "Question 1 of 10" in prose(page) and not page.success


# -------------------------------------------------------------------- bad links


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"q": "nonsense"}, "q is 'nonsense'; there is no such question"),
        ({"lesson": "nonsense"}, "lesson is 'nonsense'; allowed are "),
        ({"concept": "nonsense"}, "concept is 'nonsense'; allowed are "),
        ({"difficulty": "9"}, "difficulty is '9'; allowed are 1, 2, 3"),
        ({"kind": "essay"}, "kind is 'essay'; allowed are choice, true_false"),
        ({"count": "-4"}, "count is '-4'; allowed are whole numbers from 1 to 100"),
        ({"count": "9" * 5000}, "allowed are whole numbers from 1 to 100"),
        ({"exam": "maybe"}, "exam is 'maybe'; allowed are true and false"),
        ({"lesson": LESSON, "q": "nonsense"}, "q is 'nonsense'; "),
        ({"review": "maybe"}, "review is 'maybe'; allowed are true and false"),
        ({"mixed": "7"}, "mixed is '7'; allowed are true and false"),
    ],
    ids=lambda x: str(x)[:40],
)
def test_a_bad_link_gets_one_sentence(
    quiz: Any, link: dict[str, str], sentence: str
) -> None:
    page = quiz(**link)
    assert [sentence in w.value for w in page.warning] == [True]
    assert len(page.title) == 1 and not page.error


def test_a_set_that_holds_nothing_says_so(quiz: Any) -> None:
    page = quiz(lesson=LESSON, kind="choice", difficulty="3")
    assert [i.value for i in page.info] == ["There is no question in this set."]
    exam = quiz(lesson=LESSON, kind="choice", difficulty="3", exam="true")
    assert [b.disabled for b in exam.button if b.label == "Begin"] == [True]


# ------------------------------------------------------------------------ exams


def pressed(page: AppTest, label: str) -> AppTest:
    next(b for b in page.button if b.label.startswith(label)).click().run()
    assert not page.exception
    return page


def sat(page: AppTest, given: dict[str, Any]) -> AppTest:
    """Give these answers in an exam, one dot after the other."""
    key = f"exam_{kept(page).exams[-1].begun}"
    ids = list(kept(page).exams[-1].questions)
    for ident, answer in given.items():
        page.button_group(key=f"{key}_picker").set_value(ids.index(ident)).run()
        give(page, ident, answer, key)
    return page


def silent(page: AppTest) -> None:
    """Nothing on the page tells right from wrong."""
    assert alerts(page) == []
    assert "In full." not in prose(page) and "The other answers" not in prose(page)
    assert not any("**right**" in b.label for b in page.button)
    marks = "".join(b.icon for b in page.button) + "".join(dots(page))
    assert "check_circle" not in marks and "cancel" not in marks
    assert ":material/check:" not in marks and "close" not in marks
    assert "belongs at" not in prose(page)


def test_an_exam_keeps_silent_until_it_is_handed_in(quiz: Any) -> None:
    page = pressed(quiz(lesson=LESSON, exam="true"), "Begin")
    silent(page)
    given = {ident: both[1] for ident, both in ANSWERS.items()}
    for ident, wrong in given.items():
        silent(sat(page, {ident: wrong}))
        assert "Kept. You can still change it." in prose(page)
    silent(sat(page, {"my-short": "my words"}))
    assert BY_ID["my-short"].model_answer not in prose(page)
    silent(sat(page, {"my-choice": 0}))  # changed one's mind
    assert kept(page).attempts == ()
    assert kept(page).exams[-1].answers == {
        **given,
        "my-choice": 0,
        "my-short": "my words",
    }

    pressed(page, "Hand in")
    (handed_in,) = (s.value for s in page.success if "Handed in" in s.value)
    assert handed_in.startswith("Handed in: 1 of 5 right, 1 to compare")
    assert "0 left open" in handed_in
    assert {a.question: a.answer for a in kept(page).attempts} == {
        **given,
        "my-choice": 0,
        "my-short": "my words",
    }
    assert "In full." in prose(page)


def test_an_exam_counts_what_was_handed_in_not_what_was_learned_since(
    quiz: Any,
) -> None:
    page = pressed(quiz(lesson=LESSON, kind="choice,true_false", exam="true"), "Begin")
    sat(page, {"my-choice": 1, "my-true-false": True})
    pressed(page, "Hand in")
    said = [s.value for s in page.success if "Handed in" in s.value]
    assert said[0].startswith("Handed in: 1 of 2 right")
    key = f"returned_{kept(page).exams[-1].begun}"
    page.button_group(key=f"{key}_picker").set_value(0).run()
    give(page, "my-choice", 0, key)
    assert kept(page).latest("my-choice").right and kept(page).latest("my-choice").again
    assert [s.value for s in page.success if "Handed in" in s.value] == said


def test_an_exam_goes_on_after_a_refresh_and_says_what_is_open(quiz: Any) -> None:
    link = {"lesson": LESSON, "exam": "true"}
    page = pressed(quiz(**link), "Begin")
    key = f"exam_{kept(page).exams[-1].begun}"
    page.button_group(key=f"{key}_my-choice_sure").set_value(2).run()
    sat(page, {"my-choice": 1})
    fresh = quiz(loads(dumps(kept(page))), **link)
    assert any(b.label == "Hand in (5 still open)" for b in fresh.button)
    assert kept(fresh).exams[-1].sure == {"my-choice": 2}
    pressed(fresh, "Hand in")
    assert kept(fresh).latest("my-choice").confidence == 2
    assert "5 left open" in fresh.success[0].value


def test_an_exam_can_be_taken_again_even_with_another_tab_open(quiz: Any) -> None:
    page = pressed(quiz(lesson=LESSON, exam="true"), "Begin")
    sat(page, {"my-choice": 1})
    pressed(page, "Hand in")
    elsewhere = kept(page)
    pressed(page, "Take it again")
    assert not kept(page).exams[-1].answers
    merged = kept(page).merged(elsewhere)
    again(page, merged, lesson=LESSON, exam="true")
    assert not any("Handed in" in s.value for s in page.success)
    assert len(merged.attempts) == 1


def test_exams_of_two_tabs_are_united_and_handed_in_once(quiz: Any) -> None:
    link = {"lesson": LESSON, "exam": "true"}
    one = pressed(quiz(**link), "Begin")
    other = quiz(kept(one), **link)
    sat(one, {"my-choice": 1})
    sat(other, {"my-true-false": True})
    again(one, kept(one).merged(kept(other)), **link)
    assert any(b.label == "Hand in (4 still open)" for b in one.button)
    sat(other, {"my-numeric": ANSWERS["my-numeric"][0]})
    pressed(one, "Hand in")  # before it hears of the other's last answer
    again(one, kept(one).merged(kept(other)), **link)
    assert "3 left open" in one.success[0].value
    answers = sorted(a.question for a in kept(one).attempts)
    assert answers == ["my-choice", "my-numeric", "my-true-false"]
    again(one, kept(one), **link)
    assert len(kept(one).attempts) == 3, "each answer is graded once"


def test_exams_of_two_sets_go_on_beside_each_other(quiz: Any) -> None:
    first, second = ({"lesson": LESSON, "kind": k} for k in ("choice", "true_false"))
    page = pressed(quiz(**first, exam="true"), "Begin")
    sat(page, {"my-choice": 1})
    other = pressed(quiz(kept(page), **second, exam="true"), "Begin")
    assert not other.warning
    back = quiz(kept(other), **first, exam="true")
    assert any(b.label == "Hand in" for b in back.button), "nothing is open"


# ----------------------------------------------------------------- files, records


def handed(page: AppTest, content: bytes) -> AppTest:
    field = page.file_uploader(key="progress_file")
    field.set_value(("progress.json", content, "application/json"))
    page.run()
    assert not page.exception
    return page


def test_a_file_brings_everything_back(quiz: Any, alone: Any) -> None:
    page = give(quiz(q="my-choice"), "my-choice", 1)
    fresh = handed(alone(YOUR_PROGRESS), dumps(kept(page)).encode())
    assert [s.value for s in fresh.success] == ["Restored."]
    assert kept(fresh) == kept(page)
    assert "Restored." in [s.value for s in fresh.run().success], "and it stays"
    assert len(kept(fresh).attempts) == 1


def test_a_file_joins_what_is_there(alone: Any) -> None:
    def one(question: str, at: int) -> Progress:
        made = Attempt(question=question, at=at, answer=True, score=1.0)
        return Progress(seed=at).with_attempt(made)

    page = alone(YOUR_PROGRESS)
    page.session_state["progress"] = one("here", 5)
    handed(page.run(), dumps(one("there", 4)).encode())
    assert [a.question for a in kept(page).attempts] == ["there", "here"]


HEAD = '{"format": "contrastive learning progress", "version": 1, "seed": 1'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n", "not JSON"),
        (b'{"format": "other"}', "not a progress file of this app"),
        (HEAD.replace("1,", "7,", 1).encode() + b"}", "version 7"),
        (b" " * 1_000_001, "1,000,001 bytes"),
        (b"[" * 500_000, "not JSON"),
        (HEAD.encode() + b', "\\ud800<b>\\n![x](https://x.example/i)": 1}', "damaged"),
        (HEAD.encode() + b', "attempts": [{"question": "x"}]}', "attempts, 0, at"),
        (
            HEAD.encode() + b', "attempts": '
            b'[{"question": "x", "at": 1, "answer": 0, "score": 9}]}',
            "attempts, 0, score",
        ),
        (HEAD.encode() + b', "seed": NaN}', "seed"),
    ],
    ids=lambda x: repr(x[:24]),
)
def test_a_bad_progress_file_gets_one_sentence_and_changes_nothing(
    alone: Any, content: bytes, said: str
) -> None:
    page = alone(YOUR_PROGRESS)
    before = Progress(seed=3).with_attempt(
        Attempt(question="here", at=5, answer=True, score=1.0)
    )
    page.session_state["progress"] = before
    handed(page.run(), content)
    (sentence,) = (e.value for e in page.error)
    assert sentence.startswith("Nothing was restored: this ") and said in sentence
    assert "![" not in sentence and "<b>" not in sentence
    assert kept(page) == before and not page.success


STRANGE = [True, 1, 3, 99, 0.5, 1e300, "words", (0,), (0, 1, 2, 3), (7, 8, 9, 99)]


@pytest.mark.parametrize("answer", STRANGE, ids=repr)
def test_answers_that_fit_no_question_break_no_page(
    quiz: Any, alone: Any, answer: Any
) -> None:
    """A file may be well-formed and still hold answers of another kind, or bank."""
    progress = Progress(seed=1)
    for ident in BY_ID:
        odd = Attempt(question=ident, at=5, answer=answer, score=0.0, ideas=(0, 9))
        progress = progress.with_attempt(odd)
    for ident in BY_ID:
        page = quiz(progress, q=ident)
        if ident in ANSWERS and type(answer) is not type(ANSWERS[ident][0]):
            if ident == "my-numeric" and type(answer) is int:
                continue  # a number all the same
            assert verdicts(page) == [], "asked afresh"
            give(page, ident, ANSWERS[ident][0])
            assert page.success and not kept(page).latest(ident).again
    for link in ({}, {"lesson": LESSON}, {"review": "true"}):
        quiz(progress, **link)
    report = alone(YOUR_PROGRESS)
    report.session_state["progress"] = progress
    assert not again(report, progress).exception


@pytest.mark.parametrize("answer", STRANGE, ids=repr)
@pytest.mark.parametrize("handed_in", [None, 9])
def test_an_exam_with_answers_that_fit_nothing_can_be_gone_on_with(
    quiz: Any, answer: Any, handed_in: int | None
) -> None:
    exam = Exam(
        set="quiz?exam=true",
        questions=(*BY_ID, "gone"),
        answers=dict.fromkeys((*BY_ID, "gone", "stray"), answer),
        begun=5,
        handed_in=handed_in,
    )
    page = quiz(Progress(seed=1, exams=(exam,)), exam="true")
    if handed_in is None:
        for place in range(len(BY_ID)):
            page.button_group(key="exam_5_picker").set_value(place).run()
            assert not page.exception
        pressed(page, "Hand in")
    assert "Handed in" in page.success[0].value


@pytest.mark.parametrize("handed_in", [None, 9])
def test_an_exam_whose_questions_are_all_gone_is_no_dead_end(
    quiz: Any, handed_in: int | None
) -> None:
    exam = Exam(set="quiz?exam=true", questions=("gone",), begun=5, handed_in=handed_in)
    page = quiz(Progress(seed=1, exams=(exam,)), exam="true")
    ways = [b.label for b in page.button]
    assert any(w.startswith(("Hand in", "Begin", "Take it again")) for w in ways)


# -------------------------------------------------------------- review, results


def missed(days: float, ident: str, confidence: int | None = None) -> Attempt:
    return Attempt(
        question=ident,
        at=int(time.time() - days * DAY),
        answer=ANSWERS[ident][1],
        score=0.0,
        confidence=confidence,
        idea="only-a-scale",
    )


def test_the_review_asks_afresh_what_is_due_the_certain_first(quiz: Any) -> None:
    progress = Progress(seed=1)
    for attempt in (
        missed(3, "my-predict"),
        missed(2, "my-choice", confidence=2),
        missed(0.5, "my-true-false"),
    ):
        progress = progress.with_attempt(attempt)
    door = quiz(progress)
    assert "Due today: 2." in prose(door)
    page = again(door, review="true")
    assert "Question 1 of 2" in prose(page) and verdicts(page) == []
    assert BY_ID["my-choice"].stem in prose(page)
    key = next(g.key for g in page.button_group if g.key.endswith("_picker"))[:-7]
    give(page, "my-choice", 0, key)
    assert page.success and not kept(page).latest("my-choice").again
    page.button(key=f"{key}_next").click().run()
    give(page, "my-predict", 1, key)
    assert any("All done for today" in s.value for s in page.success)
    pressed(page, "Finish this review")
    assert any("Nothing is due" in i.value for i in page.info)


def test_the_progress_page_tells_what_is_known_and_how_well_one_judges(
    routed: Any,
) -> None:
    page = routed(YOUR_PROGRESS)
    assert any("not answered anything yet" in i.value for i in page.info)
    progress = Progress(seed=1).with_attempt(missed(2, "my-choice", confidence=2))
    good = missed(1, "my-true-false", confidence=0).model_copy(
        update={"answer": True, "score": 1.0}
    )
    again(page, progress.with_attempt(good))
    said = prose(page)
    assert "2 of " in said and "questions answered, 1 right" in said
    (chart,) = page.get("plotly_chart")
    assert chart.proto.alt and chart.proto.alt in said.replace("**", "")
    assert "certain 0% of 1" in said and "a guess 100% of 1" in said
    links = [link.proto.label for link in page.get("page_link")]
    assert BY_ID["my-choice"].stem in links and "Review now" in links
    assert "1 today." in said


NEWER = '{"format": "contrastive learning progress", "version": 99, "seed": 1}'


def reported(page: AppTest, *texts: str, **more: Any) -> AppTest:
    """The page after its browser has reported what it holds."""
    keys = ("ssl_progress", "ssl_progress-2")
    page.session_state["progress_nonce"] = "this visit"
    page.session_state["progress_store"] = {
        "stored": {
            "nonce": "this visit",
            "report_id": time.time(),
            "copies": [
                {"key": key, "text": text, "owner_tag": ""}
                for key, text in zip(keys, texts, strict=False)
            ],
            "enabled": True,
            "set_at": 0,
            "not_stored": False,
            **more,
        }
    }
    page.run()
    assert not page.exception
    return page


def told_browser(page: AppTest) -> dict[str, Any]:
    """What the page has told the browser's storage."""
    (component,) = (
        json.loads(c.proto.json)
        for c in page.get("bidi_component")
        if c.proto.component_name == "ssl_progress_store"
    )
    return component


@pytest.mark.parametrize(
    "text",
    [NEWER, "{ no JSON", '"\ud800', " " * 1_000_001, dumps(Progress(seed=1))[:-1]],
    ids=["newer", "damaged", "lone surrogate", "too large", "cut off"],
)
def test_what_the_browser_holds_and_cannot_be_read_is_kept_and_offered(
    routed: Any, text: str
) -> None:
    other_page = reported(routed(QUIZ), text)
    assert [t.value for t in other_page.toast] == [learner_progress.NOT_READ]
    assert not other_page.run().toast, "it is said once"
    page = reported(routed(YOUR_PROGRESS), text).run()
    (warning,) = (w.value for w in page.warning)
    assert warning.startswith("The answers saved in this browser cannot be read: this ")
    assert "They are kept unchanged, and new answers are saved separately." in warning
    assert not page.toast, "the page itself tells"
    assert not any("not answered anything" in i.value for i in page.info)
    downloads = [b.proto.label for b in page.get("download_button")]
    assert "Download the unreadable answers in this browser" in downloads
    assert told_browser(page)["unreadable"] == ["ssl_progress"]
    page.session_state["progress"] = kept(page).with_attempt(missed(0, "my-choice"))
    page.run()
    assert told_browser(page)["unreadable"] == ["ssl_progress"]
    assert len(loads(told_browser(page)["text"]).attempts) == 1
    page.button(key="progress_discard").click().run()
    assert told_browser(page)["unreadable"] == []
    assert len(kept(page).attempts) == 1 and not page.warning


def test_the_newer_app_unites_its_progress_with_what_was_answered_meanwhile(
    routed: Any,
) -> None:
    page = reported(routed(YOUR_PROGRESS), NEWER)
    page.session_state["progress"] = kept(page).with_attempt(missed(0, "my-choice"))
    page.run()
    meanwhile = told_browser(page)["text"]
    of_before = Progress(seed=1).with_attempt(missed(3, "my-predict"))
    later = reported(routed(YOUR_PROGRESS), dumps(of_before), meanwhile)
    assert [a.question for a in kept(later).attempts] == ["my-predict", "my-choice"]
    assert told_browser(later)["unreadable"] == [] and not later.warning


def test_forgetting_all_deletes_what_cannot_be_read_too(routed: Any) -> None:
    page = reported(routed(YOUR_PROGRESS), NEWER)
    page.button(key="progress_forget").click().run()
    assert told_browser(page)["unreadable"] == []


def test_a_browser_that_does_not_store_is_a_sentence(routed: Any) -> None:
    page = reported(routed(YOUR_PROGRESS), not_stored=True).run()
    assert any("does not store your new answers" in w.value for w in page.warning)
    assert not reported(page, not_stored=False).run().warning


def test_storing_that_another_tab_switched_off_later_is_off_here(routed: Any) -> None:
    page = routed(YOUR_PROGRESS)
    page.toggle(key="progress_switch").set_value(False).run()
    page.toggle(key="progress_switch").set_value(True).run()
    here = told_browser(page)
    assert here["enabled"] and here["set_at"] > 0
    reported(page, enabled=False, set_at=here["set_at"] - 1)
    assert told_browser(page)["enabled"], "the last choice counts"
    reported(page, enabled=False, set_at=here["set_at"] + 1)
    assert not told_browser(page)["enabled"]
    assert told_browser(page)["set_at"] == here["set_at"] + 1


def test_progress_can_be_forgotten(quiz: Any, alone: Any) -> None:
    page = give(quiz(q="my-choice"), "my-choice", 1)
    report = again(alone(YOUR_PROGRESS), kept(page))
    report.button(key="progress_forget").click().run()
    assert kept(report).attempts == ()
    assert any("not answered anything yet" in i.value for i in report.info)
