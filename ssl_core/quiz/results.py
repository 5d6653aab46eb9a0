"""What the history says: what is known of each concept, and how well one judges oneself."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ssl_core.quiz.bank import Library
from ssl_core.quiz.progress import CONFIDENCE, SURE, Attempt, Progress

Z = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class Known:
    """How a concept or a lesson stands.

    Args:
        slug: of it.
        questions: that ask for it.
        answered: of them, at least once.
        right: of them, by the last answer.
    """

    slug: str
    questions: int
    answered: int
    right: int


@dataclass(frozen=True)
class Calibration:
    """How often a degree of confidence was right, at first answers.

    Args:
        name: of the degree.
        right: share in [0, 1].
        low, high: 95 % interval (Wilson 1927).
        n: answers.
    """

    name: str
    right: float
    low: float
    high: float
    n: int


def by_concept(progress: Progress, library: Library) -> list[Known]:
    """Each concept of the library, in the order in which it is first asked for."""
    groups: dict[str, list[str]] = defaultdict(list)
    for question in library:
        for concept in question.concepts:
            groups[concept].append(question.id)
    last = _latest(progress)
    return [_known(slug, ids, last) for slug, ids in groups.items()]


def by_lesson(progress: Progress, library: Library) -> list[Known]:
    """Each lesson of the library, in order."""
    last = _latest(progress)
    return [
        _known(bank.lesson, [q.id for q in bank.questions], last)
        for bank in library.banks
    ]


def calibration(progress: Progress) -> list[Calibration]:
    """Confidence against what was right, of first answers that said how sure they were."""
    firsts = [attempts[0] for _, attempts in progress.by_question()]
    said = [a for a in firsts if a.confidence is not None and a.score is not None]
    found = []
    for degree, name in enumerate(CONFIDENCE):
        own = [a for a in said if a.confidence == degree]
        if own:
            right = sum(a.right for a in own)
            found.append(
                Calibration(name, right / len(own), *_wilson(right, len(own)), len(own))
            )
    return found


def sure_but_wrong(progress: Progress) -> list[Attempt]:
    """First answers that were certain and wrong, the newest first."""
    firsts = [attempts[0] for _, attempts in progress.by_question()]
    wrong = [
        a
        for a in firsts
        if a.confidence == SURE and a.score is not None and not a.right
    ]
    return sorted(wrong, key=lambda a: -a.at)


def _latest(progress: Progress) -> dict[str, Attempt]:
    return {attempt.question: attempt for attempt in progress.attempts}


def _known(slug: str, ids: Sequence[str], last: Mapping[str, Attempt]) -> Known:
    answered = [last[i] for i in ids if i in last]
    return Known(slug, len(ids), len(answered), sum(a.right for a in answered))


def _wilson(right: int, n: int) -> tuple[float, float]:
    share = right / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)
