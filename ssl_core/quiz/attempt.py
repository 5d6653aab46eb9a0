"""One answer of a learner, and the types of what an answer holds."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ssl_core.quiz.judging import LONGEST
from ssl_core.quiz.questions import Record, Slug

LATEST = 99_999_999_999  # Unix seconds
CONFIDENCE = ("a guess", "fairly sure", "certain")
SURE = 2  # index of "certain"
RIGHT = 0.75  # of the ideas of a written answer; the other kinds give 0 or 1

Seconds = Annotated[int, Field(ge=0, le=LATEST)]  # Unix time
Degree = Annotated[int, Field(ge=0, lt=len(CONFIDENCE))]  # a Literal lets True pass
Places = Annotated[tuple[Annotated[int, Field(ge=0, le=99)], ...], Field(max_length=9)]
GivenAnswer = (
    bool
    | Annotated[int, Field(ge=-(10**15), le=10**15)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | Annotated[str, Field(max_length=LONGEST)]
    | Places
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
        changed_at: Unix seconds of the last change to the ticks, or of the last restoring;
            0 without one.
    """

    question: Slug
    at: Seconds
    answer: GivenAnswer
    score: Annotated[float, Field(ge=0, le=1)] | None
    ideas: Places = ()
    confidence: Degree | None = None
    hints: Annotated[int, Field(ge=0, le=9)] = 0
    again: bool = False
    idea: Slug | Literal[""] = ""
    changed_at: Seconds = 0

    @field_validator("answer", "ideas", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @property
    def right(self) -> bool:
        """Whether nothing, or next to nothing, was missing."""
        return self.score is not None and self.score >= RIGHT
