"""An answer in, a verdict out: how right it was, and the feedback that belongs to it."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ssl_core.quiz.questions import (
    Base,
    Choice,
    Numeric,
    Order,
    Predict,
    Short,
    TrueFalse,
)

Answer = bool | int | float | str | tuple[int, ...]
LONGEST = 4000  # characters of a written answer


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth.

    Args:
        score: 1 right, 0 wrong; None for what was written and not yet compared.
        feedback: to this very answer.
        idea: the misconception behind it; "" if it is right or unknown.
    """

    score: float | None
    feedback: str
    idea: str = ""


def judge(question: Base, answer: Answer) -> Verdict:
    """Judge an answer.

    Args:
        question: any kind.
        answer: an option's index in the file's order (choice, predict), a bool
            (true_false), a number (numeric), the steps' indices in the order that the
            learner gave them (order), or what was written (short).

    Raises:
        ValueError: if the answer is none to this kind of question.
    """
    match question:
        case Choice() | Predict():
            option = question.options[_index(answer, len(question.options))]
            idea = "" if option.right else option.idea
            return Verdict(float(option.right), option.feedback, idea)
        case TrueFalse():
            if not isinstance(answer, bool):
                raise ValueError(
                    f"the answer is {answer!r}; allowed are true and false"
                )
            right = answer == question.answer
            feedback = question.if_true if answer else question.if_false
            return Verdict(float(right), feedback, "" if right else question.idea)
        case Numeric():
            return _number(question, answer)
        case Order():
            return _order(question, answer)
        case Short():
            _written(answer)
            return Verdict(None, question.model_answer)
    raise TypeError(f"unknown kind of question: {type(question).__name__}")


def fits(question: Base, answer: Answer) -> bool:
    """Whether this is an answer to this question; a file may hold one that is not."""
    try:
        judge(question, answer)
    except ValueError:
        return False
    return True


def ticked(question: Short, ideas: Sequence[int]) -> float:
    """The share of a model answer's ideas that the learner found in their own words."""
    known = range(len(question.ideas))
    if stray := [i for i in ideas if i not in known]:
        raise ValueError(f"idea {stray[0]} is ticked; there are {len(known)}")
    return len(set(ideas)) / len(known)


def number(text: str) -> float:
    """The number that a learner typed: ``126``, ``1,063``, ``0.24``, ``−1``.

    Raises:
        ValueError: one sentence that names the text.
    """
    plain = "".join(text.split()).replace("−", "-")
    plain = plain.replace(",", "") if _thousands(plain) else plain.replace(",", ".")
    try:
        value = float(plain.replace("_", "?"))  # 1_000 is a number to Python alone
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text.strip()[:40]!r} is not a number, such as 126 or 0.24")
    return value


def shuffled(question: Base, seed: int) -> tuple[int, ...]:
    """Indices of options or steps in the order in which this learner sees them.

    The same for the same learner and question, run after run. Predictions keep the
    order of their lab. Steps never come in the right order.
    """
    match question:
        case Choice() | Predict():
            places = list(range(len(question.options)))
        case Order():
            places = list(range(len(question.steps)))
        case _:
            return ()
    if isinstance(question, Predict):
        return tuple(places)
    dice = random.Random(f"{seed}/{question.id}")
    dice.shuffle(places)
    while isinstance(question, Order) and places == sorted(places):
        dice.shuffle(places)
    return tuple(places)


def _thousands(text: str) -> bool:
    # "1,063" is a thousand, "0,240" and "1,5" are decimals of half of the world.
    groups = r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?(e.*)?"
    return re.fullmatch(groups, text, re.IGNORECASE) is not None


def _index(answer: Answer, count: int) -> int:
    if isinstance(answer, bool) or not isinstance(answer, int):
        raise ValueError(f"the answer is {answer!r}; allowed is an option's number")
    if not 0 <= answer < count:
        raise ValueError(f"option {answer} was chosen; there are {count}")
    return answer


def _number(question: Numeric, answer: Answer) -> Verdict:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise ValueError(f"the answer is {answer!r}; allowed is a number")
    # Tolerances are given in decimals, which no binary number holds exactly.
    slack = question.tolerance + 1e-9 * max(1.0, abs(question.answer))
    if abs(answer - question.answer) <= slack:
        return Verdict(1.0, question.right)
    near = min(question.mistakes, key=lambda m: abs(answer - m.value))
    if abs(answer - near.value) <= slack:
        return Verdict(0.0, near.feedback, near.idea)
    return Verdict(0.0, question.otherwise)


def _order(question: Order, answer: Answer) -> Verdict:
    steps = question.steps
    if not isinstance(answer, tuple | list) or sorted(answer) != list(
        range(len(steps))
    ):
        raise ValueError(f"the answer is {answer!r}; allowed is every step once")
    wrong = [place for place, step in enumerate(answer) if step != place]
    if not wrong:
        return Verdict(1.0, question.right)
    place = wrong[0]
    praise = {0: "First comes", 1: "The first stands right. Then comes"}
    lead = praise.get(place, f"The first {place} stand right. Then comes")
    return Verdict(0.0, f"{lead}: “{steps[place].text}” {steps[place].why}")


def _written(answer: Answer) -> None:
    if not isinstance(answer, str):
        raise ValueError(f"the answer is {answer!r}; allowed is text")
    if len(answer) > LONGEST:
        raise ValueError(
            f"the answer has {len(answer):,} characters; at most {LONGEST:,} are allowed"
        )
