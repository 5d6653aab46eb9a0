"""The teachers' page: sets and their links, one's own bank in and out, results."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ssl_core.quiz import bank, serialization
from ssl_core.quiz.progress import Attempt, Progress
from ssl_core.quiz.sets import Set

PAGE = "pages/52_for_teachers.py"
TEMPLATE = Path(__file__).parents[2] / "assets" / "quiz" / "template" / "my_bank.toml"
GOOD = TEMPLATE.read_bytes()
LESSONS = [one.lesson for one in bank.shipped().banks]


def prose(shown: AppTest) -> str:
    return "\n".join(m.value for m in shown.main.markdown)


def link(shown: AppTest) -> str:
    """The set's link, as it stands to be copied."""
    return shown.code[0].value


def hand_in(shown: AppTest, content: bytes, name: str = "own.toml") -> AppTest:
    field = next(f for f in shown.file_uploader if "bank" in f.label.lower())
    return field.upload(name, content, "application/toml").run()


def ids(shown: AppTest) -> list[str]:
    """Of the questions in the preview."""
    parts = [c.value.split(" · ") for c in shown.caption if "difficulty" in c.value]
    return [p[1] for p in parts if p[0].isdigit()]


def test_everything_is_chosen_at_first(alone: Any) -> None:
    shown = alone(PAGE)
    total = len(bank.shipped())
    assert f"**{total} questions** of {total}" in prose(shown)
    assert link(shown) == "quiz"


def test_a_choice_makes_a_set_with_a_link_that_gives_it(alone: Any) -> None:
    shown = alone(PAGE)
    shown.multiselect(key="set_lessons").select(LESSONS[1]).run()
    shown.multiselect(key="set_levels").select(2).run()
    assert not shown.exception
    wanted = Set(lessons=(LESSONS[1],), difficulties=(2,))
    assert link(shown) == f"quiz?lesson={LESSONS[1]}&difficulty=2" == wanted.link()
    assert ids(shown) == list(wanted.ids(bank.shipped()))[:8]


def test_an_exam_and_a_count_are_in_the_link(alone: Any) -> None:
    shown = alone(PAGE)
    shown.toggle(key="set_exam").set_value(True).run()
    shown.number_input(key="set_count").set_value(3).run()
    assert link(shown) == "quiz?count=3&exam=true"
    assert ids(shown) == list(Set(count=3).ids(bank.shipped()))


def test_the_page_opens_with_what_its_link_says(alone: Any) -> None:
    shown = alone(PAGE, lesson=LESSONS[0], difficulty="1", exam="true")
    assert link(shown) == f"quiz?lesson={LESSONS[0]}&difficulty=1&exam=true"


def test_a_link_that_asks_for_nonsense_is_told_so(alone: Any) -> None:
    shown = alone(PAGE, difficulty="9", kind="order")
    assert [w.value for w in shown.warning] == [
        "In this link, difficulty is '9'; allowed are 1, 2, 3."
    ]
    assert link(shown) == "quiz?kind=order"


def test_a_set_without_questions_says_what_to_do(alone: Any) -> None:
    shown = hand_in(alone(PAGE), GOOD.replace(b'["meaning"]', b'["only-here"]'))
    shown.multiselect(key="set_concepts").select("only-here").run()
    assert ids(shown) == ["my-short"]
    shown.multiselect(key="set_lessons").select(LESSONS[0]).run()
    assert not shown.exception
    assert "No question fits" in shown.info[0].value
    assert "Moodle (GIFT)" not in [b.label for b in shown.download_button]


def test_answers_and_feedback_are_to_read(alone: Any) -> None:
    shown = alone(PAGE, lesson=LESSONS[0], kind="choice")
    first = next(q for q in bank.shipped().of_lesson(LESSONS[0]) if q.kind == "choice")
    text = " ".join(prose(shown).split())
    for option in first.options:
        assert " ".join(option.feedback.split()) in text
    assert text.count("Right: **") == len(ids(shown))


def test_ones_own_bank_is_used_and_can_be_taken_out(alone: Any) -> None:
    shown = hand_in(alone(PAGE), GOOD)
    assert not shown.exception
    assert "**My own questions**, 6 questions" in shown.success[0].value
    total = len(bank.shipped()) + 6
    assert f"of {total}" in prose(shown)
    shown.multiselect(key="set_lessons").select("my-course").run()
    assert link(shown) == "quiz?lesson=my-course"
    assert ids(shown) == [q.id for q in bank.parse(GOOD, "x").questions]
    shown.button(key="own_bank_remove").click().run()
    assert not shown.exception
    assert not shown.success
    assert f"of {total - 6}" in prose(shown)
    assert link(shown) == "quiz"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            GOOD.replace(b'kind = "numeric"', b'kind = "number"'),
            "own.toml: question 3 ('my-numeric'): kind is 'number'; allowed are choice, "
            "true_false, short, numeric, order, predict",
        ),
        (b"x" * 1_000_001, "own.toml: 1,000,001 bytes; at most 1,000,000 are allowed"),
        (b"\xff\xfe", "own.toml: not UTF-8 text (invalid start byte)"),
        (b"no bank", "own.toml: not TOML: Expected '=' after a key in a key/value pair "
         "(at line 1, column 4)"),
    ],
    ids=["a wrong kind", "too large", "not text", "not TOML"],
)  # fmt: skip
def test_a_bad_bank_changes_nothing(alone: Any, content: bytes, problem: str) -> None:
    shown = hand_in(alone(PAGE), content)
    assert not shown.exception
    assert "This bank is not used: 1 problem." in shown.error[0].value
    assert problem in [c.value for c in shown.code]
    assert "quiz_bank" not in shown.session_state


def test_every_problem_has_its_line(alone: Any) -> None:
    content = GOOD.replace(b"difficulty = 3\n", b"difficulty = 4\n")
    shown = hand_in(
        alone(PAGE), content.replace(b"tolerance = 0.0", b"tolerence = 0.0")
    )
    assert "3 problems" in shown.error[0].value
    assert shown.code[-1].value.split("\n") == [
        "own.toml: question 3 ('my-numeric'), tolerance: is missing",
        "own.toml: question 3 ('my-numeric'), tolerence: is no field of this record",
        "own.toml: question 5 ('my-short'), difficulty: is 4: allowed is 1, 2 or 3",
    ]


def test_a_bad_bank_leaves_the_good_one_in_use(alone: Any) -> None:
    shown = hand_in(hand_in(alone(PAGE), GOOD), b"no bank")
    assert "The bank that was in use still is." in shown.error[0].value
    assert shown.session_state["quiz_bank"].lesson == "my-course"


def test_ids_of_shipped_questions_are_refused_by_name(alone: Any) -> None:
    taken = next(iter(bank.shipped())).id
    shown = hand_in(alone(PAGE), GOOD.replace(b'"my-choice"', f'"{taken}"'.encode()))
    assert (
        f"question 1 ({taken!r}), id: is that of a question of" in shown.code[-1].value
    )
    assert "quiz_bank" not in shown.session_state


def test_the_markup_of_a_file_is_not_read(alone: Any) -> None:
    title = b'title = "**[x](https://a.example)** <b>y</b>"'
    shown = hand_in(alone(PAGE), GOOD.replace(b'title = "My own questions"', title))
    said = shown.success[0].value
    assert r"\*\*\[x\]\(https\:\/\/a\.example\)\*\* \<b\>y\<\/b\>" in said


def test_results_of_a_class_are_counted_and_bad_files_named(alone: Any) -> None:
    one = Attempt(question="gone", at=1, answer=1, score=1.0)
    good = serialization.dumps(Progress(seed=1, attempts=(one, one))).encode()
    shown = alone(PAGE)
    field = next(f for f in shown.file_uploader if "class" in f.label.lower())
    files = [("a.json", good), ("a.json", good), ("b.json", b"{}")]
    field.set_value([(name, text, "application/json") for name, text in files]).run()
    assert not shown.exception
    assert "Learners: 2, answers: 4." in [c.value for c in shown.caption]
    assert (
        shown.code[-1].value == "b.json: this file is not a progress file of this app"
    )


def test_downloads_are_offered(alone: Any) -> None:
    labels = {b.label: b.disabled for b in alone(PAGE).download_button}
    assert labels == {
        "Moodle (GIFT)": False,
        "Anki (text file)": False,
        "Bank (TOML)": False,
        "A bank to start from (TOML)": False,
        "My answers (CSV)": True,
    }
