"""What an experiment is: arms that differ in one thing, seeds, and what is read off."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ssl_core.config import RunConfig
from ssl_core.data import load
from ssl_core.report import run
from ssl_core.train import Budget

# A quick look ends within QUICK seconds. Two busy cores took up to 8 to start and load,
# and 7 for the probes around each run (measured); what is left is training time.
QUICK, START, AROUND_A_RUN = 60.0, 8.0, 7.0
# Two-sided 95 % quantiles of Student's t for 1, 2, 3 … degrees of freedom.
T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)

Quantity = Callable[[Mapping[str, Any]], float]
Summary = dict[str, dict[str, dict[str, float | None]]]


@dataclass(frozen=True)
class Experiment:
    """A claim and the runs that test it.

    Args:
        slug: its name on the command line.
        claim: one sentence, with the paper that makes it.
        arms: name -> flat config values (see :meth:`RunConfig.of`).
        quantities: name -> what is read off a run's result
            (:meth:`ssl_core.report.Report.result`).
        seconds: training time of each run.
        seeds: one run of every arm for each.
    """

    slug: str
    claim: str
    arms: Mapping[str, Mapping[str, Any]]
    quantities: Mapping[str, Quantity]
    seconds: float = 20.0
    seeds: tuple[int, ...] = (0, 1, 2)

    def quick_seconds(self) -> float:
        """Training time of a run, so that one seed of each arm ends within a minute."""
        left = (QUICK - START) / len(self.arms) - AROUND_A_RUN
        return min(self.seconds, max(1.0, left))

    def conduct(
        self,
        seeds: Sequence[int],
        seconds: float,
        on_run: Callable[[str, int], None] = lambda arm, seed: None,
    ) -> "Findings":
        """Run every arm with every seed, seed by seed.

        Args:
            seeds: at least one.
            seconds: training time of each run.
            on_run: called before each run.
        """
        findings = Findings(self, seconds)
        configs = {arm: RunConfig.of(values) for arm, values in self.arms.items()}
        sets = {c.data: load(c.data) for c in configs.values()}
        for seed in seeds:
            # Arms within a seed: what disturbs the machine disturbs them alike.
            for arm, config in configs.items():
                on_run(arm, seed)
                seeded = RunConfig.of(config.flat() | {"seed": seed})
                result = run(seeded, sets[config.data], Budget(seconds=seconds))
                findings.add(arm, seed, result)
        return findings


@dataclass
class Findings:
    """What the runs of an experiment gave."""

    experiment: Experiment
    seconds: float
    runs: list[dict[str, Any]] = field(default_factory=list)

    def add(self, arm: str, seed: int, result: Mapping[str, Any]) -> None:
        """Read the quantities off one run."""
        values = {n: float(q(result)) for n, q in self.experiment.quantities.items()}
        facts = {n: result[n] for n in ("steps", "seconds", "device", "versions")}
        self.runs.append({"arm": arm, "seed": seed, "values": values} | facts)

    def summary(self) -> Summary:
        """arm -> quantity -> mean, half-width of the 95 % t-interval, and n."""
        table: Summary = {}
        for arm in self.experiment.arms:
            table[arm] = {}
            for name in self.experiment.quantities:
                values = [r["values"][name] for r in self.runs if r["arm"] == arm]
                if values:
                    mean, half = mean_interval(values)
                    table[arm][name] = {"mean": mean, "half": half, "n": len(values)}
        return table

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the claim, the summary and every run."""
        return {
            "slug": self.experiment.slug,
            "claim": self.experiment.claim,
            "arms": {a: dict(v) for a, v in self.experiment.arms.items()},
            "seconds_per_run": self.seconds,
            "summary": self.summary(),
            "runs": self.runs,
        }


def mean_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and half-width of its 95 % t-interval; None for a single value."""
    n, mean = len(values), statistics.fmean(values)
    if n < 2:
        return mean, None
    # Beyond the table its last entry: a little too wide rather than too narrow.
    t = T95[min(n - 2, len(T95) - 1)]
    return mean, t * statistics.stdev(values) / math.sqrt(n)
