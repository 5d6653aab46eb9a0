"""Links to the lessons, each with the learner's progress."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shell import learner_progress, page_links
from pages.shell.paths import ASSETS
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import lessons
from ssl_core.quiz.lessons import Lesson

_STYLE = ASSETS / "lessons.css"


@dataclass(frozen=True)
class LessonProgress:
    """A lesson and the learner's progress in it.

    Args:
        lesson: the lesson.
        answered: number of answered questions.
        questions: number of all its questions.
        opened: whether the learner has opened its text.
    """

    lesson: Lesson
    answered: int
    questions: int
    opened: bool

    @property
    def link(self) -> str:
        """URL path of its page."""
        return f"lesson_{self.lesson.slug}"

    @property
    def done(self) -> bool:
        """Whether the text was opened and every question answered."""
        return self.opened and self.answered == self.questions

    @property
    def status(self) -> str:
        """The progress in words: "3 of 8 questions"."""
        if self.done:
            return "done"
        if self.answered:
            return f"{self.answered} of {self.questions} questions"
        return "read" if self.opened else f"{self.questions} questions"

    @property
    def icon(self) -> str:
        """Name of the Material symbol of the status."""
        if self.done:
            return "check_circle"
        return "clock_loader_40" if self.answered or self.opened else "circle"


def lesson_progress() -> list[LessonProgress]:
    """Every lesson with its progress, in order."""
    return [_progress(lesson) for lesson in lessons.every()]


def draw_links(links: Sequence[tuple[LessonProgress, str]], key: str) -> None:
    """Draw links to lessons, each with its status.

    Args:
        links: lessons, each with the name of a Material symbol.
        key: of this list on its page.
    """
    with link_list(key):
        for progress, icon in links:
            label = f"{progress.lesson.title} · {progress.status}"
            page_links.page_link(progress.link, label, icon)


def link_list(key: str) -> DeltaGenerator:
    """A container for links whose long labels wrap to a second line."""
    st.html(_STYLE)
    return st.container(key=f"lesson_links_{key}", gap="xsmall")


def neighbours(slug: str) -> tuple[LessonProgress | None, LessonProgress | None]:
    """The previous and the next lesson, by the lessons' field ``next``."""
    by_slug = {progress.lesson.slug: progress for progress in lesson_progress()}
    previous = (p for p in by_slug.values() if p.lesson.next == slug)
    return next(previous, None), by_slug.get(by_slug[slug].lesson.next)


def _progress(lesson: Lesson) -> LessonProgress:
    learner = learner_progress.current()
    ids = [q.id for q in library().of_lesson(lesson.slug)]
    return LessonProgress(
        lesson,
        sum(learner.latest(question) is not None for question in ids),
        len(ids),
        lesson.slug in learner.lessons,
    )
