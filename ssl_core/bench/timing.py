"""Timing two ways of doing one thing so that the ratio can be believed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

WARM_UP_ROUNDS = 2
ROUNDS = 9


class Skipped(Exception):
    """A comparison that cannot be made here; its text says why."""


@dataclass(frozen=True)
class Timing:
    """Rounds of two contestants, taken in turns.

    Args:
        ours, theirs: seconds of each round; round i of both ran back to back.
    """

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times faster ours was, round by round."""
        return tuple(t / o for o, t in zip(self.ours, self.theirs, strict=True))

    @property
    def ratio(self) -> float:
        """Median of :attr:`ratios`."""
        return median(self.ratios)

    @property
    def ours_ms(self) -> float:
        """Median milliseconds of ours."""
        return 1000 * median(self.ours)

    @property
    def theirs_ms(self) -> float:
        """Median milliseconds of theirs."""
        return 1000 * median(self.theirs)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: medians, the ratio with its extremes, and every round."""
        return {
            "ours_ms": self.ours_ms,
            "theirs_ms": self.theirs_ms,
            "ratio": self.ratio,
            "ratio_min": min(self.ratios),
            "ratio_max": max(self.ratios),
            "n": len(self.ratios),
            "ours_seconds": list(self.ours),
            "theirs_seconds": list(self.theirs),
        }


def interleaved(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int = ROUNDS
) -> Timing:
    """Time both in turns, so that a busy moment of the machine hits both alike.

    Args:
        ours, theirs: one round of each; on a GPU they must wait for their own results.
        rounds: at least 1; warm-up rounds come before and are not counted.
    """
    for _ in range(WARM_UP_ROUNDS):
        ours(), theirs()
    pairs = []
    for i in range(rounds):
        # Who goes first alternates: the second finds caches as the first left them.
        turns = (ours, theirs) if i % 2 == 0 else (theirs, ours)
        seconds = {turn: _seconds(turn) for turn in turns}
        pairs.append((seconds[ours], seconds[theirs]))
    mine, others = zip(*pairs, strict=True)
    return Timing(mine, others)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
