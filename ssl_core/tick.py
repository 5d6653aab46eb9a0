"""One moment of a run, and when a run is over."""

from dataclasses import dataclass

from ssl_core.config import RunConfig
from ssl_core.methods import Reference
from ssl_core.watch import BatchView, MapFrame, Scores


@dataclass(frozen=True)
class Budget:
    """When a run ends by itself: the first limit reached, or never.

    Args:
        steps, seconds, epochs: optimisation steps; seconds of training, measuring
            included; passes over the training rows.
    """

    steps: int | None = None
    seconds: float | None = None
    epochs: float | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "seconds", "epochs"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} is {value:g}; allowed is more than 0")

    def progress(self, step: int, seconds: float, epoch: float) -> float:
        """The part of the budget that is used, in [0, 1]; 0 if there is no limit."""
        parts = [
            done / limit
            for done, limit in (
                (step, self.steps),
                (seconds, self.seconds),
                (epoch, self.epochs),
            )
            if limit is not None
        ]
        return min(1.0, max(parts, default=0.0))


@dataclass(frozen=True)
class Tick:
    """What is known of a run at one moment.

    Args:
        step, epoch, seconds: how far it is; seconds exclude pauses.
        images_per_second: training images per second since the last tick.
        loss: mean since the last tick, nats; ``losses`` has one value a step.
        reference: the value that gives this loss a meaning.
        negatives: per anchor.
        contrastive_top1, alignment: of the current batch's view pairs.
        uniformity, feature_std, effective_rank: of the projections of held-out images.
        collapsed: the alarm (:func:`ssl_core.measures.collapsed`).
        scores: the latest probes.
        map: the map's next frame, None if none is drawn.
        batch: the current batch's pairs and their similarities.
        config: the knobs now in force.
        done: whether this is the last tick.
        diverged: whether the run ended because its loss or its weights are no longer
            finite. Then ``step`` is the step at which that was noticed, ``loss`` that
            step's, ``losses`` lead up to it, and all measurements are those of the tick
            before.
        problem: when it diverged and what to try, as sentences; empty if it did not.
    """

    step: int
    epoch: float
    seconds: float
    images_per_second: float
    loss: float
    losses: tuple[float, ...]
    reference: Reference
    negatives: int
    contrastive_top1: float
    alignment: float
    uniformity: float
    feature_std: float
    effective_rank: float
    collapsed: bool
    scores: Scores | None
    map: MapFrame | None
    batch: BatchView
    config: RunConfig
    done: bool = False
    diverged: bool = False
    problem: str = ""
