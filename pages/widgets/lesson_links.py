"""The learner's way through the lessons: how much of each is done, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shell import learner_progress, navigation
from pages.shell.paths import ASSETS
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import lessons
from ssl_core.quiz.lessons import Lesson

_STYLE = ASSETS / "lessons.css"


@dataclass(frozen=True)
class LessonProgress:
    """A lesson and how far the learner is with its questions.

    Args:
        lesson: which.
        answered, questions: how many of how many.
        opened: whether its text was opened.
    """

    lesson: Lesson
    answered: int
    questions: int
    opened: bool

    @property
    def link(self) -> str:
        """Address of its page."""
        return f"lesson_{self.lesson.slug}"

    @property
    def done(self) -> bool:
        """Whether every question was answered, and the text opened."""
        return self.opened and self.answered == self.questions

    @property
    def says(self) -> str:
        """How much of it is done: "3 of 8 questions"."""
        if self.done:
            return "done"
        if self.answered:
            return f"{self.answered} of {self.questions} questions"
        return "read" if self.opened else f"{self.questions} questions"

    @property
    def icon(self) -> str:
        """Done, begun, or not yet; a Material symbol."""
        if self.done:
            return "check_circle"
        return "clock_loader_40" if self.answered or self.opened else "circle"


def lesson_progress() -> list[LessonProgress]:
    """Every lesson with its progress, in order."""
    return [_stop(lesson) for lesson in lessons.every()]


def links(path: Sequence[tuple[LessonProgress, str]], key: str) -> None:
    """Links to lessons, each with how much of it is done.

    Args:
        path: lessons, each with a Material symbol.
        key: of this list on its page.
    """
    with link_list(key):
        for stop, icon in path:
            navigation.page_link(stop.link, f"{stop.lesson.title} · {stop.says}", icon)


def link_list(key: str) -> DeltaGenerator:
    """A container whose links take two lines where one is too short."""
    st.html(_STYLE)
    return st.container(key=f"lesson_links_{key}", gap="xsmall")


def neighbours(slug: str) -> tuple[LessonProgress | None, LessonProgress | None]:
    """The lesson before and the one after, by the lessons' own ``next``."""
    path = {stop.lesson.slug: stop for stop in lesson_progress()}
    before = (s for s in path.values() if s.lesson.next == slug)
    return next(before, None), path.get(path[slug].lesson.next)


def _stop(lesson: Lesson) -> LessonProgress:
    now = learner_progress.current()
    ids = [q.id for q in library().of_lesson(lesson.slug)]
    return LessonProgress(
        lesson,
        sum(now.latest(ident) is not None for ident in ids),
        len(ids),
        lesson.slug in now.lessons,
    )
