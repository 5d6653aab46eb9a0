"""What one run writes down while it runs; shared by a worker's two threads."""

import dataclasses
import json
import math
import threading
import time
from typing import TYPE_CHECKING, Any

from ssl_core.service.pictures import tick_line, write_map_set, write_snapshot
from ssl_core.service.records import ENDED, RunState
from ssl_core.service.store import RunFolder

if TYPE_CHECKING:
    from ssl_core.train import Fit, Tick
    from ssl_core.watch import Scores

# What a checkpoint's card keeps of each tick.
CURVE = ("step", "epoch", "seconds", "loss", "feature_std", "effective_rank")
LOADING_SECONDS = 0.25


class Journal:
    """Keeps a run's folder up to date.

    The main thread trains and records ticks; the thread that hears commands marks
    "pausing" and "stopping" at once, even in the middle of a long step.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        try:
            self._state = folder.state()
        except ValueError:  # it could not be written: a full disk
            self._state = RunState("starting")
        self._scores: Scores | None = None

    def begin(self, fit: "Fit") -> None:
        """Record the images on the map and the knobs in force."""
        write_map_set(self.folder.map_set, fit.data, fit.observer.map_rows)
        self._write(config=fit.config.flat(), loaded=1.0)

    def loading(self, part: float) -> None:
        """Record how much of the data is there, a few times a second at most."""
        if time.time() - self._state.updated >= LOADING_SECONDS:
            self._write(loaded=part)

    def mark(self, state: str, *, only_from: tuple[str, ...] = ()) -> None:
        """Change the state, unless the run has ended or is not in ``only_from``."""
        with self._lock:
            now = self._state.state
            if now not in ENDED and (not only_from or now in only_from):
                self._replace(state=state)

    def end(self, state: str, error: str | None = None) -> None:
        """Record how the run ended."""
        self._write(state=state, error=error)

    def refuse(self, reason: str | None) -> None:
        """Record why a changed knob was not taken; None if it was."""
        self._write(refused=reason)

    def tick(self, tick: "Tick") -> None:
        """Record one tick: history, pictures, state."""
        config = tick.config.flat()
        before = self._state.config
        changes = {n: v for n, v in config.items() if before.get(n, v) != v}
        line = tick_line(tick, changes, tick.scores is not self._scores)
        self._scores = tick.scores
        self.folder.append_tick(line)
        write_snapshot(self.folder.latest, tick, line)
        self._write(step=tick.step, seconds=tick.seconds, config=config)
        self.mark("running", only_from=("starting",))

    def curve(self) -> list[dict[str, float | None]]:
        """The history in short, for a checkpoint's card; what is not finite is None."""
        lines = map(
            json.loads, self.folder.ticks.read_text(encoding="utf-8").splitlines()
        )
        return [
            {n: line[n] if math.isfinite(line[n]) else None for n in CURVE}
            for line in lines
        ]

    def _write(self, **changes: Any) -> None:
        with self._lock:
            self._replace(**changes)

    def _replace(self, **changes: Any) -> None:
        self._state = self.folder.write_state(
            dataclasses.replace(self._state, **changes)
        )
