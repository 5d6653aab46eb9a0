"""One run of one arm with one seed, and what is measured on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ssl_core import measures, probes
from ssl_core.config import RunConfig
from ssl_core.data import ImageSet, load
from ssl_core.train import Budget, Fit, Tick, Watch

BANK, ASKED = 4_000, 2_000  # training rows that probes learn from, held-out rows asked
# Looks only before the first step and after the last.
AT_BOTH_ENDS = Watch(float("inf"), float("inf"), BANK, ASKED, mapped=0)
NOT_CONFIG = ("steps", "settings")


@dataclass(frozen=True)
class Trial:
    """What one run is given.

    Args:
        arm: its name.
        values: its flat config values; ``settings`` among them are for the experiment's
            own code.
        seed: of weights, batches and views.
        steps: optimisation steps.
        seconds: training stops there all the same; None for no limit.
        photos: source that stands for ``"photos"``: a path or a name of ``SOURCES``.
    """

    arm: str
    values: Mapping[str, Any]
    seed: int
    steps: int
    seconds: float | None = None
    photos: str | None = None

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the arm sets besides a run's knobs."""
        return self.values.get("settings", {})

    def config(self, **more: Any) -> RunConfig:
        """The arm's run, in float32 on the CPU so that it repeats elsewhere."""
        values = {k: v for k, v in self.values.items() if k not in NOT_CONFIG}
        if values.get("data") == "photos":
            values["data"] = self.photos
        fixed = {"device": "cpu", "precision": "float32", "seed": self.seed}
        return RunConfig.of(fixed | values | more)

    def data(self) -> ImageSet:
        """The arm's images, read once per process."""
        return _load(str(self.config().data))

    def budget(self, steps: int | None = None) -> Budget:
        """The arm's steps, or ``steps`` of them."""
        return Budget(steps=steps or self.steps, seconds=self.seconds)


class Diverged(Exception):
    """A run whose loss or weights stopped being finite: there is nothing to measure.

    Args:
        step: at which that was noticed.
    """

    def __init__(self, step: int) -> None:
        super().__init__(f"diverged at step {step}")
        self.step = step


@dataclass
class Trained:
    """A run at its end.

    Args:
        fit: the run.
        first, last: the ticks before the first step and after the last.
        labels: of the bank rows and the asked rows.

    Raises:
        Diverged: if the run did.
    """

    fit: Fit
    first: Tick
    last: Tick
    bank_labels: Tensor = field(init=False)
    asked_labels: Tensor = field(init=False)

    def __post_init__(self) -> None:
        if self.last.diverged:
            raise Diverged(self.last.step)
        labels, watch = self.fit.data.labels, self.fit.observer
        assert labels is not None
        self.bank_labels, self.asked_labels = (
            labels[watch.bank_rows],
            labels[watch.asked_rows],
        )

    def h(self) -> tuple[Tensor, Tensor]:
        """Encoder features of the bank rows and of the asked rows, ``[N, dim]``."""
        look = self.fit.observer
        encoder = self.fit.method.encoder
        return look.features(encoder, look.bank_rows), look.features(
            encoder, look.asked_rows
        )

    def z(self) -> tuple[Tensor, Tensor]:
        """Projections of the same rows, ``[N, D]``."""
        return tuple(self.fit._project(h) for h in self.h())  # type: ignore[return-value]


def train(trial: Trial, config: RunConfig | None = None) -> Trained:
    """Train an arm to the end of its budget.

    Raises:
        Diverged: if the run did.
    """
    fit = Fit(config or trial.config(), trial.data(), trial.budget(), AT_BOTH_ENDS)
    first = next(fit)
    *_, last = fit
    return Trained(fit, first, last)


def train_and_probe(trial: Trial) -> dict[str, float | list[float]]:
    """The usual trial: train, then measure everything that a tick knows."""
    return measured(train(trial))


def measured(run: Trained) -> dict[str, float | list[float]]:
    """What most experiments read off a run.

    Returns:
        ``knn`` and ``random_init`` (kNN of the class), ``probe_class``, ``probe_FACTOR``
        and ``untrained_FACTOR`` (linear probes), ``loss``, ``alignment``, ``contrastive_top1``
        of the last batch; ``uniformity``, ``feature_std``, ``effective_rank`` of the
        projections of held-out images, ``collapsed`` (0 or 1).
    """
    tick = run.last
    assert tick.scores is not None and tick.scores.knn is not None
    values: dict[str, float | list[float]] = {
        "knn": tick.scores.knn.accuracy,
        "random_init": tick.scores.knn.random_init,
        "raw_input": tick.scores.knn.raw_input or 0.0,
        "collapsed": float(tick.collapsed),
    }
    for name in (
        *("loss", "alignment", "contrastive_top1"),
        *("uniformity", "feature_std", "effective_rank"),
    ):
        values[name] = float(getattr(tick, name))
    assert run.fit.data.label is not None
    values["probe_class"] = tick.scores.probes[run.fit.data.label].accuracy
    for factor, score in tick.scores.probes.items():
        values[f"probe_{factor}"] = score.accuracy
        values[f"untrained_{factor}"] = score.random_init
    return values


def probe_class(run: Trained, bank: Tensor, asked: Tensor) -> float:
    """Linear probe of the class on given features of the bank and asked rows."""
    return probes.linear_probe(bank, run.bank_labels, asked, run.asked_labels)


def knn_class(run: Trained, bank: Tensor, asked: Tensor) -> float:
    """kNN of the class on given features of the bank and asked rows."""
    return probes.knn_accuracy(bank, run.bank_labels, asked, run.asked_labels)


def spectrum_of(z: Tensor) -> list[float]:
    """Singular values as parts of the largest, largest first."""
    s = measures.spectrum(z)
    return [float(v) for v in s / s[0].clamp(min=1e-12)]


@cache
def _load(source: str) -> ImageSet:
    return load(source)


def one_thread() -> None:
    """A run on one core: two runs side by side are faster than one on two cores."""
    torch.set_num_threads(1)
