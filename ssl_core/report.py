"""A run's result as one JSON-ready object: for the command line and for experiments."""

import math
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import ssl_core
from ssl_core.data import ImageSet
from ssl_core.train import Budget, Fit, RunConfig, Tick, Watch
from ssl_core.watch import Observer, Score

# Live probes are small, so that probing costs under 5 % of a run's time on two cores;
# the result is measured once, on as many rows as the set has up to these.
LIVE = Watch(tick_seconds=1.0, probe_seconds=10.0, bank=2_000, asked=1_000)
FULL = Watch(bank=10_000, asked=2_000)

Entry = dict[str, Any]


class Report:
    """Follows one run from before its first step and sums it up.

    Args:
        fit: the run, still untrained: its encoder sets the random-init baselines.
    """

    def __init__(self, fit: Fit) -> None:
        self.fit = fit
        self.observer = Observer(fit.data, FULL, fit.config.seed)
        self.observer.scores(fit.method.encoder, 0)
        self.history: list[Entry] = []
        self.collapse_step: int | None = None

    def add(self, tick: Tick) -> Entry:
        """Note one tick; returns its history entry.

        ``knn`` is None where this tick brought no new probe; ``collapse_step`` is the
        first step at which the alarm was up.
        """
        if tick.collapsed and self.collapse_step is None:
            self.collapse_step = tick.step
        scores = tick.scores
        fresh = scores is not None and scores.step == tick.step
        knn = scores.knn.accuracy if scores and scores.knn and fresh else None
        entry = {
            "step": tick.step,
            "seconds": round(tick.seconds, 3),
            "loss": finite(tick.loss),
            "knn": knn,
            "feature_std": finite(tick.feature_std),
            "effective_rank": finite(tick.effective_rank),
            "collapsed": tick.collapsed,
            "collapse_step": self.collapse_step,
        }
        self.history.append(entry)
        return entry

    def result(self, tick: Tick) -> dict[str, Any]:
        """The whole run, with final accuracies measured on the full rows.

        A run that diverged has the last accuracies that were measured before, on the
        rows of live probes.

        Args:
            tick: the last one.
        """
        fit = self.fit
        scores = tick.scores
        if not tick.diverged:
            scores = self.observer.scores(fit.method.encoder, tick.step)
        return {
            "config": fit.config.flat() | {"precision": fit.precision},
            "steps": tick.step,
            "seconds": tick.seconds,
            "images_per_second": fit.images / fit.seconds if fit.seconds else 0.0,
            "negatives": tick.negatives,
            "loss": finite(tick.loss),
            "loss_reference": tick.reference.value,
            "contrastive_top1": finite(tick.contrastive_top1),
            "alignment": finite(tick.alignment),
            "uniformity": finite(tick.uniformity),
            "feature_std": finite(tick.feature_std),
            "effective_rank": finite(tick.effective_rank),
            "collapsed": tick.collapsed,
            "diverged": tick.diverged,
            "knn": _knn(scores.knn if scores else None),
            "probes": {
                name: {
                    "accuracy": s.accuracy,
                    "random_init": s.random_init,
                    "chance": s.chance,
                }
                for name, s in (scores.probes if scores else {}).items()
            },
            "device": fit.device.type,
            "versions": versions(),
            "history": self.history,
            "skipped": [f"{name}: {reason}" for name, reason in fit.data.skipped],
        }


def run(
    config: RunConfig,
    data: ImageSet,
    budget: Budget,
    on_tick: Callable[[Tick], None] = lambda tick: None,
) -> dict[str, Any]:
    """Train to the end of the budget and return the result."""
    fit = Fit(config, data, budget, LIVE)
    report = Report(fit)
    for tick in fit:
        report.add(tick)
        on_tick(tick)
    return report.result(tick)


def versions() -> dict[str, Any]:
    """What a number depends on besides the code: library versions and threads."""
    return {
        "ssl_core": ssl_core.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "threads": torch.get_num_threads(),
    }


def processor() -> str:
    """The processor, by the name that the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    known = dict(line.partition(":")[::2] for line in lines if ":" in line)
    told = {key.strip(): value.strip() for key, value in known.items()}
    cores = sum(line.startswith("processor") for line in lines)
    # An ARM processor's lines have neither a model's name nor flags.
    name, flags = (
        told.get("model name", platform.machine()),
        told.get("flags", "").split(),
    )
    instructions = [i for i in ("avx2", "avx512f", "avx512_bf16") if i in flags]
    return ", ".join(filter(None, [name, f"{cores} cores", " ".join(instructions)]))


def finite(value: float) -> float | None:
    """The number, or None where JSON has none: NaN and infinity."""
    return value if math.isfinite(value) else None


def _knn(score: Score | None) -> dict[str, float | None]:
    names = ("accuracy", "random_init", "raw_input", "chance")
    return {name: getattr(score, name, None) for name in names}
