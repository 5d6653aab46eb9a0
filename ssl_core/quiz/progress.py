"""What a learner did: attempts, opened lessons, exams; how two tabs' records become one.

:meth:`Progress.merged` is commutative, associative and idempotent, so tabs, devices and the
account come to agree in whatever order they meet. What can be changed back has a time, and
its last change counts: ticks, answers of an exam, confidence. What was forgotten stays
forgotten unless it was changed or restored later.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator

from ssl_core.quiz.attempt import CONFIDENCE, LATEST, SURE, Attempt, Seconds
from ssl_core.quiz.exam import Exam
from ssl_core.quiz.questions import Record, Slug

__all__ = ["CONFIDENCE", "LATEST", "SURE", "Attempt", "Exam", "Opened", "Progress"]
FORMAT: Final = "contrastive learning progress"
VERSION: Final = 2
KEPT = 3000  # attempts; the oldest go first
EXAMS = 20  # the oldest go first
LESSONS = 200  # more were never written by this app


class Opened(Record):
    """When a lesson's text was opened."""

    opened: Seconds


class Progress(Record):
    """All of it.

    Args:
        format, version: of the file.
        seed: shuffles options for this learner, the same after a refresh.
        attempts: oldest first.
        lessons: slug -> when its text was opened.
        exams: under way or handed in, oldest first.
        forgotten: Unix seconds; what is older was forgotten, in every tab.
        seeded_at: Unix seconds of the first answer with this seed, LATEST before it. Of two
            records the older seed is kept: its learner knows that order of the options.
    """

    format: Literal["contrastive learning progress"] = FORMAT
    version: Literal[2] = VERSION
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    attempts: Annotated[tuple[Attempt, ...], Field(max_length=KEPT)] = ()
    lessons: dict[Slug, Opened] = Field(default_factory=dict, max_length=LESSONS)
    exams: Annotated[tuple[Exam, ...], Field(max_length=EXAMS)] = ()
    forgotten: Seconds = 0
    seeded_at: Seconds = 0

    @field_validator("attempts", "exams", mode="before")
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

    def exam_of(self, link: str) -> Exam | None:
        """The exam of a set that is under way or was handed in last; None without one.

        Two tabs may begin the same exam before they hear of each other. The later one goes
        on, with the answers of both.
        """
        exams = [exam for exam in self.exams if exam.set == link]
        if not exams:
            return None
        *earlier, newest = exams
        if newest.handed_in is None:
            for exam in reversed(earlier):
                if exam.handed_in is not None:
                    break
                newest = newest.with_answers_of(exam)
        return newest

    @property
    def begun(self) -> bool:
        """Whether there is anything to store."""
        return bool(self.attempts or self.lessons or self.exams or self.forgotten)

    @property
    def newest(self) -> int:
        """Unix seconds of the last thing that happened; 0 before anything did."""
        times = [self.forgotten, *map(_last_touched, self.attempts)]
        times += [lesson.opened for lesson in self.lessons.values()]
        times += [max(exam.begun, exam.handed_in or 0) for exam in self.exams]
        return max(times)

    def with_attempt(self, attempt: Attempt) -> Self:
        """With one attempt more; the oldest goes if there are too many."""
        last = self.latest(attempt.question)
        # A clock may have been set back: it still came after what was there.
        earliest = max(self.forgotten, last.at + 1 if last else 0)
        if attempt.at < earliest:
            attempt = attempt.model_copy(update={"at": min(earliest, LATEST)})
        return self._with(
            attempts=(*self.attempts, attempt)[-KEPT:],
            seeded_at=min(self.seeded_at, attempt.at),
        )

    def with_ideas(
        self, question: str, ideas: tuple[int, ...], score: float, at: int = 0
    ) -> Self:
        """With the last written answer to a question compared.

        Args:
            question: id.
            ideas: that were ticked.
            score: that they give.
            at: Unix seconds.
        """
        places = [i for i, a in enumerate(self.attempts) if a.question == question]
        changed = list(self.attempts)
        before = changed[places[-1]]
        time = min(max(at, before.changed_at + 1), LATEST)
        update = {"ideas": ideas, "score": score, "changed_at": time}
        changed[places[-1]] = before.model_copy(update=update)
        return self._with(attempts=tuple(changed))

    def with_lesson(self, lesson: str, at: int) -> Self:
        """With a lesson's text opened, if it was not before."""
        opened = Opened(opened=max(at, self.forgotten))
        return self._with(lessons=_some({lesson: opened, **self.lessons}))

    def with_exam(self, exam: Exam) -> Self:
        """With an exam begun, or in place of its earlier record."""
        others = (e for e in self.exams if e.key != exam.key)
        return self._with(
            exams=_newest_exams((*others, exam)),
            seeded_at=min(self.seeded_at, exam.begun),
        )

    def merged(self, other: "Progress") -> Self:
        """Both histories in one, each attempt once; two tabs of one learner meet here.

        The order of the two does not matter, so that tabs that merge come to agree.
        """
        both: tuple[Progress, Progress] = (self, other)
        since = max(p.forgotten for p in both)
        attempts: dict[tuple[int, str, bool, str], Attempt] = {}
        for attempt in (*self.attempts, *other.attempts):
            # Ticks come later to an attempt; what it answered never changes.
            key = (attempt.at, attempt.question, attempt.again, repr(attempt.answer))
            if _last_touched(attempt) < since:
                continue
            if key not in attempts or _revision(attempt) > _revision(attempts[key]):
                attempts[key] = attempt
        newest = sorted(attempts, key=lambda k: (_last_touched(attempts[k]), k))[-KEPT:]
        lessons: dict[str, Opened] = {}
        for lesson, opened in (*self.lessons.items(), *other.lessons.items()):
            if opened.opened >= since:
                known = lessons.get(lesson, opened)
                lessons[lesson] = max(known, opened, key=lambda o: o.opened)
        exams: dict[object, Exam] = {}
        for exam in (*self.exams, *other.exams):
            if max(exam.begun, exam.restored_at) >= since:
                exams[exam.key] = exams.get(exam.key, exam).merged(exam)
        seeded = min(both, key=lambda p: (-p.forgotten, p.seeded_at, p.seed))
        return self._with(
            seed=seeded.seed,
            seeded_at=seeded.seeded_at,
            attempts=tuple(attempts[key] for key in sorted(newest)),
            lessons=_some(lessons),
            exams=_newest_exams(exams.values()),
            forgotten=since,
        )

    def restored(self, saved: "Progress") -> Self:
        """With a saved history brought back, also if it was forgotten since."""
        since = self.forgotten

        def attempt(old: Attempt) -> Attempt:
            time = old.changed_at if _last_touched(old) >= since else since
            return old.model_copy(update={"changed_at": time})

        def exam(old: Exam) -> Exam:
            time = old.restored_at if old.begun >= since else since
            return old.model_copy(update={"restored_at": time})

        lessons = {
            slug: Opened(opened=max(o.opened, since))
            for slug, o in saved.lessons.items()
        }
        return self.merged(
            saved._with(
                attempts=tuple(map(attempt, saved.attempts)),
                lessons=lessons,
                exams=tuple(map(exam, saved.exams)),
                forgotten=0,
            )
        )

    def _with(self, **changes: object) -> Self:
        return self.model_copy(update=changes)


def _some(lessons: Mapping[str, Opened]) -> dict[str, Opened]:
    """In an order, and a number, that do not depend on who merged what."""
    return dict(sorted(lessons.items())[:LESSONS])


def _newest_exams(exams: Iterable[Exam]) -> tuple[Exam, ...]:
    newest = sorted(exams, key=lambda e: (max(e.begun, e.restored_at), e.key))[-EXAMS:]
    return tuple(sorted(newest, key=lambda exam: exam.key))


def _last_touched(attempt: Attempt) -> int:
    """Unix seconds; forgetting deletes what nobody touched after it."""
    return max(attempt.at, attempt.changed_at)


def _revision(attempt: Attempt) -> tuple[int, bool, float, str]:
    """Of two copies the one changed last is kept; before any change, the fuller one."""
    scored = attempt.score is not None
    return attempt.changed_at, scored, attempt.score or 0.0, repr(attempt)
