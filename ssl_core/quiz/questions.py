"""What a question is: six kinds of one record, checked field by field.

A question names the concept it asks for, gives feedback on *every* answer, says where
its facts come from, and links the experiment that shows it happen. Each wrong option is
somebody's real idea and bears that idea's name.
"""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

LONGEST_SLUG = 60
Slug = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=LONGEST_SLUG
    ),
]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)
]
# A page of the app and what to set there, as "collapse?case=stop-gradient&seed=7".
LabLink = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z][a-z0-9_]*(?:\?[A-Za-z0-9_.,%+-]+=[A-Za-z0-9_.,%+-]*"
        r"(?:&[A-Za-z0-9_.,%+-]+=[A-Za-z0-9_.,%+-]*)*)?$",
        max_length=300,
    ),
]
WebAddress = Annotated[
    str, StringConstraints(pattern=r"^(?:https://[^\s<>\"')(]+)?$", max_length=300)
]
TRUTH = "truth"  # the idea that a right option bears


class Record(BaseModel):
    """Frozen, and refuses fields that it does not know: a typo is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False
    )


class Source(Record):
    """What a question's facts rest on.

    Args:
        text: authors, year, title's keyword, and the place: "Chen et al. 2020, SimCLR, eq. 1".
        url: of the paper or page; "" for what this app measured itself.
    """

    text: Text
    url: WebAddress = ""


class Option(Record):
    """One answer to choose.

    Args:
        text: of the option.
        right: whether it is the truth.
        idea: ``truth``, or the misconception's name as a slug.
        feedback: why it is right, or what the idea misses and what holds instead.
    """

    text: Text
    right: bool = False
    idea: Slug
    feedback: Text

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.right != (self.idea == TRUTH):
            raise ValueError(
                f"idea is {self.idea!r} where right is {str(self.right).lower()}; a right "
                f"option's idea is {TRUTH!r}, a wrong one's is its misconception"
            )
        return self


class Mistake(Record):
    """A wrong number that a learner gets to by a known way.

    Args:
        value: that number; the question's tolerance holds for it too.
        idea: the misconception's name.
        feedback: what went wrong on the way.
    """

    value: float
    idea: Slug
    feedback: Text


class Step(Record):
    """One step to put in order.

    Args:
        text: of the step.
        why: why it stands where it stands.
    """

    text: Text
    why: Text


class Base(Record):
    """What every question has.

    Args:
        id: stable for ever; a learner's history refers to it.
        concepts: what it asks for, the first one above all.
        difficulty: 1 (recall), 2 (understand), 3 (apply to something new).
        stem: the question.
        hints: one or two, from a nudge to almost there.
        explanation: the whole answer, shown after any answer.
        sources: at least one.
        lab: the page that shows it happen, with everything set.
        computed: each number in the texts that arithmetic or our evidence gives, as it
            stands there -> the expression that a test evaluates.
        quoted: each number that a paper printed -> where it stands.
        holds: expressions that must be true for the question to be right.
    """

    id: Slug
    concepts: tuple[Slug, ...] = Field(min_length=1, max_length=4)
    difficulty: Literal[1, 2, 3]
    stem: Text
    hints: tuple[Text, ...] = Field(min_length=1, max_length=2)
    explanation: Text
    sources: tuple[Source, ...] = Field(min_length=1)
    lab: LabLink
    computed: dict[str, Text] = {}
    quoted: dict[str, Text] = {}
    holds: tuple[Text, ...] = ()

    @field_validator("concepts", "hints", "sources", "holds", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        # TOML has lists, a frozen record has tuples.
        return tuple(value) if isinstance(value, list) else value


class _Optioned(Base):
    options: tuple[Option, ...] = Field(min_length=3, max_length=4)

    @field_validator("options", mode="before")
    @classmethod
    def _options(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_right(self) -> Self:
        right = sum(o.right for o in self.options)
        if right != 1:
            raise ValueError(f"options has {right} right ones; exactly one is allowed")
        _distinct("options", [o.text for o in self.options])
        return self


class Choice(_Optioned):
    """One of three or four options; their order on screen is shuffled."""

    kind: Literal["choice"]


class Predict(_Optioned):
    """What will the experiment give? The lab that is linked answers it.

    The options stand in the order in which that lab's case asks for its prediction.
    """

    kind: Literal["predict"]


class TrueFalse(Base):
    """A statement.

    Args:
        answer: whether it holds.
        idea: the misconception of who answers otherwise.
        if_true: feedback to the answer "true".
        if_false: feedback to the answer "false".
    """

    kind: Literal["true_false"]
    answer: bool
    idea: Slug
    if_true: Text
    if_false: Text


class Numeric(Base):
    """A number.

    Args:
        answer: the right one.
        tolerance: the largest difference that still counts as right, >= 0.
        unit: shown after the field; may be empty.
        formula: the expression that gives the answer; a test evaluates it.
        right: feedback to the right number.
        mistakes: numbers that known misconceptions lead to.
        otherwise: feedback to any other number.
    """

    kind: Literal["numeric"]
    answer: float
    tolerance: float = Field(ge=0)
    unit: str = Field(default="", max_length=40)
    formula: Text
    right: Text
    mistakes: tuple[Mistake, ...] = Field(min_length=1, max_length=4)
    otherwise: Text

    @field_validator("mistakes", mode="before")
    @classmethod
    def _mistakes(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        for mistake in self.mistakes:
            if abs(mistake.value - self.answer) <= self.tolerance:
                raise ValueError(
                    f"mistakes has {mistake.value:g}, which the tolerance "
                    f"{self.tolerance:g} around {self.answer:g} counts as right"
                )
        return self


class Order(Base):
    """Steps, given here in the right order and shown in another.

    Args:
        steps: three to seven.
        right: feedback to the right order.
    """

    kind: Literal["order"]
    steps: tuple[Step, ...] = Field(min_length=3, max_length=7)
    right: Text

    @field_validator("steps", mode="before")
    @classmethod
    def _steps(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _distinct_steps(self) -> Self:
        _distinct("steps", [s.text for s in self.steps])
        return self


class Short(Base):
    """Written by the learner, then compared by the learner: never graded by a machine.

    Args:
        model_answer: one good answer.
        ideas: what a complete answer holds, to be ticked off.
    """

    kind: Literal["short"]
    model_answer: Text
    ideas: tuple[Text, ...] = Field(min_length=2, max_length=6)

    @field_validator("ideas", mode="before")
    @classmethod
    def _ideas(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


Question = Annotated[
    Choice | Predict | TrueFalse | Numeric | Order | Short, Field(discriminator="kind")
]
KINDS = ("choice", "true_false", "short", "numeric", "order", "predict")


def _distinct(field: str, texts: list[str]) -> None:
    twice = [text for text, count in Counter(texts).items() if count > 1]
    if twice:
        raise ValueError(f"{field} has {twice[0]!r} twice")
