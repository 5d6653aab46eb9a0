"""What a learner did: attempts, opened lessons, an exam; how two tabs' records become one."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator

from ssl_core.quiz.judging import LONGEST
from ssl_core.quiz.questions import Record, Slug

FORMAT: Final = "contrastive learning progress"
VERSION: Final = 1
KEPT = 3000  # attempts; the oldest go first
LESSONS = 200  # more were never written by this app
LATEST = 99_999_999_999  # Unix seconds
CONFIDENCE = ("a guess", "fairly sure", "certain")
SURE = 2  # index of "certain"
RIGHT = 0.75  # of the ideas of a written answer; the other kinds give 0 or 1

_Time = Annotated[int, Field(ge=0, le=LATEST)]
_Degree = Annotated[int, Field(ge=0, lt=len(CONFIDENCE))]  # a Literal lets True pass
_Places = Annotated[tuple[Annotated[int, Field(ge=0, le=99)], ...], Field(max_length=9)]
_Answer = (
    bool
    | Annotated[int, Field(ge=-(10**15), le=10**15)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | Annotated[str, Field(max_length=LONGEST)]
    | _Places
)


class Attempt(Record):
    """One answer.

    Args:
        question: id.
        at: Unix seconds.
        answer: as :func:`ssl_core.quiz.judging.judge` takes it.
        score: in [0, 1]; None for a written answer that was not compared yet.
        ideas: of a written answer, the ones that were ticked.
        confidence: 0 a guess, 1 fairly sure, 2 certain; None if not said.
        hints: how many were opened before.
        again: whether it was given right after feedback to the same question.
        idea: the misconception behind it, "" if none is known.
    """

    question: Slug
    at: _Time
    answer: _Answer
    score: Annotated[float, Field(ge=0, le=1)] | None
    ideas: _Places = ()
    confidence: _Degree | None = None
    hints: Annotated[int, Field(ge=0, le=9)] = 0
    again: bool = False
    idea: Slug | Literal[""] = ""

    @field_validator("answer", "ideas", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @property
    def right(self) -> bool:
        """Whether nothing, or next to nothing, was missing."""
        return self.score is not None and self.score >= RIGHT


class Opened(Record):
    """When a lesson's text was opened."""

    opened: _Time


class Exam(Record):
    """An exam under way: answers without feedback, until the set is handed in.

    Args:
        set: the set's link.
        questions: in their order.
        answers: id -> answer, so far.
        sure: id -> confidence, where it was said.
        begun: Unix seconds.
        handed_in: Unix seconds, None while it runs.
    """

    set: Annotated[str, Field(max_length=600)]
    questions: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=500)]
    answers: dict[Slug, _Answer] = Field(default_factory=dict)
    sure: dict[Slug, _Degree] = Field(default_factory=dict)
    begun: _Time
    handed_in: _Time | None = None

    @field_validator("questions", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("answers", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}


class Progress(Record):
    """All of it.

    Args:
        format, version: of the file.
        seed: shuffles options for this learner, the same after a refresh.
        attempts: oldest first.
        lessons: slug -> when its text was opened.
        exam: the one under way or last handed in.
        forgotten: Unix seconds; what is older was forgotten, in every tab.
    """

    format: Literal["contrastive learning progress"] = FORMAT
    version: Literal[1] = VERSION
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    attempts: Annotated[tuple[Attempt, ...], Field(max_length=KEPT)] = ()
    lessons: dict[Slug, Opened] = Field(default_factory=dict, max_length=LESSONS)
    exam: Exam | None = None
    forgotten: _Time = 0

    @field_validator("attempts", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    def of(self, question: str) -> tuple[Attempt, ...]:
        """A question's attempts, oldest first."""
        return tuple(a for a in self.attempts if a.question == question)

    def first(self, question: str) -> Attempt | None:
        """The first attempt at a question."""
        return next((a for a in self.attempts if a.question == question), None)

    def latest(self, question: str) -> Attempt | None:
        """The last attempt at a question."""
        found = (a for a in reversed(self.attempts) if a.question == question)
        return next(found, None)

    def by_question(self) -> Iterator[tuple[str, list[Attempt]]]:
        """Each question with its attempts, oldest first."""
        ordered = sorted(self.attempts, key=lambda a: a.question)
        for question, attempts in groupby(ordered, key=lambda a: a.question):
            yield question, list(attempts)

    def with_attempt(self, attempt: Attempt) -> Self:
        """With one attempt more; the oldest goes if there are too many."""
        last = self.latest(attempt.question)
        if last is not None and last.at >= attempt.at:
            # Within a second, or the clock was set back: it still came later.
            later = {"at": min(last.at + 1, LATEST)}
            attempt = attempt.model_copy(update=later)
        return self._with(attempts=(*self.attempts, attempt)[-KEPT:])

    def with_ideas(self, question: str, ideas: tuple[int, ...], score: float) -> Self:
        """With the last written answer to a question compared."""
        places = [i for i, a in enumerate(self.attempts) if a.question == question]
        changed = list(self.attempts)
        update = {"ideas": ideas, "score": score}
        changed[places[-1]] = changed[places[-1]].model_copy(update=update)
        return self._with(attempts=tuple(changed))

    def with_lesson(self, lesson: str, at: int) -> Self:
        """With a lesson's text opened, if it was not before."""
        return self._with(lessons=_some({lesson: Opened(opened=at), **self.lessons}))

    def with_exam(self, exam: Exam | None) -> Self:
        """With this exam in place of the last one."""
        return self._with(exam=exam)

    def merged(self, other: "Progress") -> Self:
        """Both histories in one, each attempt once; two tabs of one learner meet here.

        The order of the two does not matter, so that tabs that merge come to agree.
        """
        both = (self, other)
        since = max(p.forgotten for p in both)
        kept: dict[tuple[int, str, bool, str], Attempt] = {}
        for attempt in (*self.attempts, *other.attempts):
            if attempt.at < since:
                continue
            # Ticks come later to an attempt; what it answered never changes.
            key = (attempt.at, attempt.question, attempt.again, repr(attempt.answer))
            if key not in kept or _said(attempt) > _said(kept[key]):
                kept[key] = attempt
        lessons = dict(self.lessons)
        for lesson, opened in other.lessons.items():
            known = lessons.get(lesson, opened)
            lessons[lesson] = min(known, opened, key=lambda o: o.opened)
        lessons = {slug: o for slug, o in lessons.items() if o.opened >= since}
        exams = [p.exam for p in both if p.exam and p.exam.begun >= since]
        return self._with(
            # Whoever answered keeps the order of the options that they saw.
            seed=min((not (p.attempts or p.exam), p.seed) for p in both)[1],
            attempts=tuple(kept[key] for key in sorted(kept))[-KEPT:],
            lessons=_some(lessons),
            exam=max(exams, key=_done, default=None),
            forgotten=since,
        )

    def restored(self, saved: "Progress") -> Self:
        """With a saved history brought back, also if it was forgotten since."""
        return self._with(forgotten=0).merged(saved._with(forgotten=0))

    def _with(self, **changes: object) -> Self:
        return self.model_copy(update=changes)


def _some(lessons: Mapping[str, Opened]) -> dict[str, Opened]:
    """In an order, and a number, that do not depend on who merged what."""
    return dict(sorted(lessons.items())[:LESSONS])


def _said(attempt: Attempt) -> tuple[bool, float, str]:
    """How much an attempt holds; of two copies the fuller one is kept."""
    return attempt.score is not None, attempt.score or 0.0, repr(attempt)


def _done(exam: Exam) -> tuple[int, int, int, str]:
    return exam.begun, exam.handed_in or 0, len(exam.answers), repr(exam)
