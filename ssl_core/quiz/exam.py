"""An exam: its answers so far, and how the records of two tabs become one."""

from typing import Annotated, Self, TypeVar

from pydantic import Field, field_validator

from ssl_core.quiz.attempt import LATEST, Degree, GivenAnswer, Seconds
from ssl_core.quiz.questions import Record, Slug

_Value = TypeVar("_Value")
_Changes = dict[Slug, Seconds]  # question -> when its entry was last changed


class Exam(Record):
    """An exam under way: answers without feedback, until the set is handed in.

    Args:
        set: the set's link.
        questions: in their order.
        answers: id -> answer, so far.
        sure: id -> confidence, where it was said.
        begun: Unix seconds.
        handed_in: Unix seconds, None while it runs.
        answered_at: id -> Unix seconds of the last change to the answer.
        rated_at: id -> Unix seconds of the last change to the confidence.
        restored_at: Unix seconds of the forgetting that a restored file undid.
    """

    set: Annotated[str, Field(max_length=600)]
    questions: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=500)]
    answers: dict[Slug, GivenAnswer] = Field(default_factory=dict)
    sure: dict[Slug, Degree] = Field(default_factory=dict)
    begun: Seconds
    handed_in: Seconds | None = None
    answered_at: _Changes = Field(default_factory=dict)
    rated_at: _Changes = Field(default_factory=dict)
    restored_at: Seconds = 0

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

    @property
    def key(self) -> tuple[int, str, tuple[str, ...]]:
        """What makes two records the same exam."""
        return self.begun, self.set, self.questions

    def with_answer(self, question: str, answer: GivenAnswer, at: int = 0) -> Self:
        """With one answer given or changed.

        Args:
            question: id.
            answer: as :class:`Attempt` has it.
            at: Unix seconds.
        """
        times = _changed(self.answered_at, question, at)
        answers = {**self.answers, question: answer}
        return self.model_copy(update={"answers": answers, "answered_at": times})

    def with_confidence(
        self, question: str, confidence: int | None, at: int = 0
    ) -> Self:
        """With the confidence in one answer said, changed or, by None, taken back."""
        times = _changed(self.rated_at, question, at)
        sure = {k: v for k, v in self.sure.items() if k != question}
        if confidence is not None:
            sure[question] = confidence
        return self.model_copy(update={"sure": sure, "rated_at": times})

    def with_answers_of(self, other: "Exam") -> Self:
        """With the last answer, and the last confidence, to each question of the two."""
        answers, answered_at = _latest(
            (self.answers, self.answered_at), (other.answers, other.answered_at)
        )
        sure, rated_at = _latest(
            (self.sure, self.rated_at), (other.sure, other.rated_at)
        )
        update = {"answers": answers, "answered_at": answered_at}
        return self.model_copy(update={**update, "sure": sure, "rated_at": rated_at})

    def merged(self, other: "Exam") -> "Exam":
        """Two records of the same exam in one."""
        if self.restored_at != other.restored_at:
            return max(self, other, key=lambda exam: exam.restored_at)
        times = [e.handed_in for e in (self, other) if e.handed_in is not None]
        handed_in = max(times, default=None)
        return self.with_answers_of(other).model_copy(update={"handed_in": handed_in})


def _changed(times: _Changes, question: str, at: int) -> _Changes:
    """Times of changes with one more, which is later than the one before."""
    return {**times, question: min(max(at, times.get(question, 0) + 1), LATEST)}


def _latest(
    *records: tuple[dict[str, _Value], _Changes],
) -> tuple[dict[str, _Value], _Changes]:
    """The last value of each question, and its time; a value may have been taken back."""
    values: dict[str, _Value] = {}
    times: _Changes = {}
    for question in sorted({q for record in records for part in record for q in part}):
        known, at = max(
            records,
            key=lambda r: (
                r[1].get(question, 0),
                question in r[0],
                repr(r[0].get(question)),
            ),
        )
        if question in known:
            values[question] = known[question]
        if question in at:
            times[question] = at[question]
    return values, times
