"""From runs to a verdict: means, 95 % intervals, effects paired by seed."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ssl_core.experiments.base import Expected, Experiment, Seeded

# Two-sided 95 % quantiles of Student's t for 1, 2, 3 … degrees of freedom.
T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
REPRODUCED, UNSEEN, CONTRADICTED = "reproduced", "not at this scale", "contradicted"


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds.

    Args:
        mean: of n values.
        half: half-width of its 95 % t-interval; None if n is 1.
        sd: standard deviation; None if n is 1.
        n: seeds.
    """

    mean: float
    half: float | None
    sd: float | None
    n: int

    @property
    def low(self) -> float:
        """Lower end of the interval; the mean itself if n is 1."""
        return self.mean - (self.half or 0.0)

    @property
    def high(self) -> float:
        """Upper end of the interval; the mean itself if n is 1."""
        return self.mean + (self.half or 0.0)

    def __str__(self) -> str:
        digits = self._digits()
        half = "" if self.half is None else f" ± {self.half:,.{digits}f}"
        return f"{self.mean:z,.{digits}f}{half}"

    def _digits(self) -> int:
        """Decimals: as many as the interval leaves a meaning to."""
        noise = self.half if self.half else abs(self.mean) / 100
        return 2 if noise <= 0 else min(3, max(0, 1 - math.floor(math.log10(noise))))


@dataclass(frozen=True)
class Effect:
    """What became of one :class:`Expected`: its size over seeds and a verdict."""

    sentence: str
    size: Estimate
    least: float
    verdict: str


def mean_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and half-width of its 95 % t-interval; None for a single value."""
    found = estimate(values)
    return found.mean, found.half


def estimate(values: Sequence[float]) -> Estimate:
    """Mean, 95 % t-interval and standard deviation of one number a seed."""
    n, mean = len(values), statistics.fmean(values)
    if n < 2:
        return Estimate(mean, None, None, n)
    # Beyond the table its last entry: a little too wide rather than too narrow.
    t = T95[min(n - 2, len(T95) - 1)]
    sd = statistics.stdev(values)
    return Estimate(mean, t * sd / math.sqrt(n), sd, n)


def by_seed(runs: Iterable[Mapping[str, Any]]) -> Mapping[int, Seeded]:
    """seed -> arm -> quantity -> value."""
    found: dict[int, dict[str, Any]] = {}
    for run in runs:
        found.setdefault(run["seed"], {})[run["arm"]] = run["values"]
    return found


def effects(experiment: Experiment, runs: Iterable[Mapping[str, Any]]) -> list[Effect]:
    """Every expectation whose arms were run, over the seeds that have them all."""
    seeded = by_seed(runs)
    found = []
    for expected in experiment.expected:
        sizes = [s for v in seeded.values() if (s := _size(expected, v)) is not None]
        if sizes:
            size = estimate(sizes)
            verdict = _judged(size, expected.least)
            found.append(Effect(expected.sentence, size, expected.least, verdict))
    return found


def overall(found: Sequence[Effect]) -> str:
    """One verdict for the claim: the worst of its sentences."""
    verdicts = [e.verdict for e in found]
    for worst in (CONTRADICTED, UNSEEN):
        if worst in verdicts or not verdicts:
            return worst if verdicts else UNSEEN
    return REPRODUCED


def tally(found: Sequence[Effect]) -> str:
    """How many sentences of a claim hold, in words: "6 of 8 reproduced, 2 contradicted"."""
    counts = {v: sum(e.verdict == v for e in found) for v in (UNSEEN, CONTRADICTED)}
    held = f"{len(found) - sum(counts.values())} of {len(found)} {REPRODUCED}"
    return ", ".join([held, *(f"{n} {v}" for v, n in counts.items() if n)])


def _size(expected: Expected, values: Seeded) -> float | None:
    try:
        return float(expected.effect(values))
    except (KeyError, ValueError):  # an arm of it was not run, or only its rivals
        return None


def _judged(size: Estimate, least: float) -> str:
    if size.low > least:
        return REPRODUCED
    return CONTRADICTED if size.high < min(0.0, least) else UNSEEN
