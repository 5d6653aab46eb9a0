"""Lesson files are read, and every problem is named by file and field."""

from pathlib import Path

import pytest

from ssl_core.quiz import lessons
from ssl_core.quiz.lessons import LessonError

HEAD = {
    "title": '"Why?"',
    "summary": '"Because."',
    "order": "3",
    "opening": '"a-question"',
    "lab": '"collapse?case=predictor&seed=7"',
    "lab_label": '"See it"',
    "code": '["ssl_core.measures.alignment"]',
    "next": '"another"',
}


def written(text: str = "Some text.", **changed: str | None) -> str:
    head = {**HEAD, **changed}
    lines = [f"{name} = {value}" for name, value in head.items() if value is not None]
    return "\n".join(["+++", *lines, "+++", text])


def test_a_lesson_is_read_as_written() -> None:
    lesson = lessons.parse(written("One.\n\n### Two\n\n+++ three"), "why")
    assert (lesson.slug, lesson.title, lesson.order) == ("why", "Why?", 3)
    assert lesson.code == ("ssl_core.measures.alignment",)
    assert lesson.text == "One.\n\n### Two\n\n+++ three"


def test_the_last_lesson_has_no_next() -> None:
    assert lessons.parse(written(next=None), "why").next == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no head", "why.md: has no head"),
        ("+++\ntitle = 1", "why.md: has no head"),
        ("+++\ntitle =\n+++\ntext", "why.md: its head is not TOML"),
        (written(title=None), "why.md: title: is missing"),
        (written(order="0"), "why.md: order: is 0"),
        (written(opening='"Not A Slug"'), "why.md: opening: is 'Not A Slug'"),
        (written(lab='"https://elsewhere"'), "why.md: lab: is 'https://elsewhere'"),
        (written(code='["os.system"]'), "why.md: code: is 'os.system'"),
        (written(code="[]"), "why.md: code: has 0; at least 1"),
        (written(author='"me"'), "why.md: author: is no field"),
        (written(""), "why.md: text: is empty"),
    ],
)
def test_a_problem_is_named_by_file_and_field(content: str, message: str) -> None:
    with pytest.raises(LessonError) as caught:
        lessons.parse(content, "why")
    assert message in str(caught.value)


def test_an_unknown_lesson_is_named_with_those_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.md").write_text(written())
    monkeypatch.setattr(lessons, "ROOM", tmp_path)
    with pytest.raises(LessonError, match="'two'; allowed are: one"):
        lessons.of("two")
    with pytest.raises(LessonError):
        lessons.of("../one")


def test_lessons_come_in_order_and_a_changed_file_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "ROOM", tmp_path)
    (tmp_path / "a.md").write_text(written(order="2"))
    (tmp_path / "b.md").write_text(written(order="1"))
    assert [one.slug for one in lessons.every()] == ["b", "a"]
    (tmp_path / "b.md").write_text(written("Another text.", order="5"))
    assert [one.slug for one in lessons.every()] == ["a", "b"]
    assert lessons.of("b").text == "Another text."


def test_words_are_counted_as_a_reader_counts_them() -> None:
    text = (
        "Its **kNN** is {collapse|SimSiam, no stop-gradient|knn} for $z_a$, said "
        ":orange[anchor's] friend.\n\n$$\\text{loss} = -\\log p$$"
    )
    # Its kNN is NUMBER for FORMULA said orange anchor's friend FORMULA
    assert lessons.parse(written(text), "why").words == 11
