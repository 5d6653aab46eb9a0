"""Measuring two ways of doing one thing so that the ratio can be believed."""

import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, TypeVar

WARM_UP_ROUNDS = 2
ROUNDS = 9

Cost = TypeVar("Cost")


class Skipped(Exception):
    """A comparison that cannot be made here; its text says why."""


@dataclass(frozen=True)
class Setting:
    """What a comparison is measured on.

    Args:
        photos: folder or zip of photographs; without, pictures of shapes are drawn.
        quick: the smallest sizes and one round, which tell whether a comparison runs and
            nothing about speed.
    """

    photos: str | None = None
    quick: bool = False

    def rounds(self, usual: int = ROUNDS) -> int:
        """How many rounds are counted."""
        return 1 if self.quick else usual


@dataclass(frozen=True)
class Comparison:
    """What two contestants cost, round by round, taken in turns.

    Args:
        ours, theirs: the cost of each round, less is better; round i of both ran back to
            back.
        peer: who theirs is, with its version.
        unit: of a cost, "s" or "MB".
        items, item: how many of what one round works through, for a rate; 0 if there is
            no rate to speak of.
        wanted: the target, in words.
        facts: sizes and settings that the numbers depend on.
    """

    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    peer: str
    unit: str = "s"
    items: int = 0
    item: str = ""
    wanted: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times less ours cost, round by round."""
        return tuple(t / o for o, t in zip(self.ours, self.theirs, strict=True))

    @property
    def ratio(self) -> float:
        """Median of :attr:`ratios`."""
        return median(self.ratios)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: medians, the ratio with its extremes, and every round."""
        rates = {
            f"{who}_{self.item}_per_second": self.items / median(costs)
            for who, costs in (("ours", self.ours), ("theirs", self.theirs))
            if self.items
        }
        return {
            "peer": self.peer,
            "wanted": self.wanted,
            "unit": self.unit,
            "n": len(self.ratios),
            "ratio": self.ratio,
            "ratio_min": min(self.ratios),
            "ratio_max": max(self.ratios),
            "ours": median(self.ours),
            "theirs": median(self.theirs),
            **rates,
            "items": self.items,
            "item": self.item,
            "ours_rounds": list(self.ours),
            "theirs_rounds": list(self.theirs),
            "facts": dict(self.facts),
        }


def in_turns(
    ours: Callable[[], Cost],
    theirs: Callable[[], Cost],
    rounds: int = ROUNDS,
    warm_up: int = WARM_UP_ROUNDS,
) -> tuple[tuple[Cost, ...], tuple[Cost, ...]]:
    """Measure both in turns, so that a busy moment of the machine hits both alike.

    Args:
        ours, theirs: one round of each; what it returns is what the round cost.
        rounds: at least 1.
        warm_up: rounds that come before and are not counted.

    Returns:
        The costs of ours and of theirs, one a round.
    """
    for _ in range(warm_up):
        ours(), theirs()
    pairs = []
    for i in range(rounds):
        # Who goes first alternates: the second finds caches as the first left them.
        turns = (ours, theirs) if i % 2 == 0 else (theirs, ours)
        costs = {turn: turn() for turn in turns}
        pairs.append((costs[ours], costs[theirs]))
    mine, others = zip(*pairs, strict=True)
    return mine, others


def clocked(work: Callable[[], object]) -> Callable[[], float]:
    """A round that does ``work`` and costs the seconds it takes.

    On a GPU the work must wait for its own results.
    """

    def a_round() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return a_round


def peer(package: str) -> str:
    """Name and version of a package to compare with.

    Raises:
        Skipped: if it cannot be imported here.
    """
    try:
        version = importlib.import_module(package).__version__
    except ImportError:
        raise Skipped(
            f"{package} is not installed; pip install {package} to compare"
        ) from None
    return f"{package} {version}"
