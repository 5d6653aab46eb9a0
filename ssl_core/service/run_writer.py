"""What a worker writes of a run: history, pictures and checkpoints."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ssl_core import checkpoints
from ssl_core.service.run_files import RunFiles
from ssl_core.service.snapshot import tick_line, write_map_set, write_snapshot

if TYPE_CHECKING:
    from ssl_core.train import Fit, Tick
    from ssl_core.watch import Scores

# What a checkpoint's card keeps of each tick.
CURVE_FIELDS = ("step", "epoch", "seconds", "loss", "feature_std", "effective_rank")
MAX_CURVE = 1_000  # entries; every other one goes when there are more
UNTRAINED = -1  # the step before the first tick
NEW = {"step": 0.0, "seconds": 0.0, "epoch": 0.0}


class RunWriter:
    """Keeps a run's files up to date; its training thread alone calls it.

    Attributes:
        origin: step, seconds and epoch of the other run's checkpoint that it starts from;
            they do not count for its budget.
    """

    def __init__(self, files: RunFiles) -> None:
        self.files = files
        self.origin: Mapping[str, float] = NEW
        self._curve: list[dict[str, float | None]] = []
        self._stride, self._ticks = 1, 0
        self._scores: Scores | None = None
        self._config: dict[str, Any] = {}

    def begin(self, fit: "Fit", own_checkpoint: checkpoints.Checkpoint | None) -> None:
        """Record the images on the map; drop the history after the checkpoint.

        Args:
            fit: the run, restored if there is a checkpoint.
            own_checkpoint: of this same run, None if it starts from anything else.
        """
        self.files.rewind(fit.step if own_checkpoint else UNTRAINED)
        self._curve = list(own_checkpoint.card["history"]) if own_checkpoint else []
        self._config = fit.config.flat()
        write_map_set(self.files.map_set, fit.data, fit.observer.map_rows)

    def tick(self, tick: "Tick") -> None:
        """Record one tick: a line of the history, and the pictures."""
        config = tick.config.flat()
        changes = {n: v for n, v in config.items() if self._config.get(n, v) != v}
        line = tick_line(tick, changes, tick.scores is not self._scores)
        self._config, self._scores = config, tick.scores
        self.files.append_tick(line)
        write_snapshot(self.files.latest, tick, line)
        self._extend_curve(line)

    def save(self, fit: "Fit") -> None:
        """Save a checkpoint.

        Raises:
            OSError, ValueError: if the disk refuses, or the weights are not finite.
        """
        with self.files.saving() as folder:
            checkpoints.save(
                folder, fit, history=self._curve, about={"origin": dict(self.origin)}
            )

    def _extend_curve(self, line: dict[str, Any]) -> None:
        """Add a tick in short; a curve that is full keeps every other entry."""
        self._ticks += 1
        if (self._ticks - 1) % self._stride:
            return
        self._curve.append(
            {n: line[n] if math.isfinite(line[n]) else None for n in CURVE_FIELDS}
        )
        if len(self._curve) > MAX_CURVE:
            self._curve, self._stride = self._curve[::2], 2 * self._stride
