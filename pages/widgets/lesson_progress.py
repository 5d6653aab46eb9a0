"""The lessons with the learner's progress in each."""

from dataclasses import dataclass

from pages.shell import learner_progress
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import lessons
from ssl_core.quiz.lessons import Lesson


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


def all_lessons() -> list[LessonProgress]:
    """Every lesson with its progress, in order."""
    return [_progress(lesson) for lesson in lessons.every()]


def neighbours(slug: str) -> tuple[LessonProgress | None, LessonProgress | None]:
    """The previous and the next lesson, by the lessons' field ``next``."""
    by_slug = {progress.lesson.slug: progress for progress in all_lessons()}
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
