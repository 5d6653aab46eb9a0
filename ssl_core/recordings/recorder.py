"""Takes the ticks of a run as they come and keeps as many as a viewer needs."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ssl_core.recordings.recording import MOST_POINTS, Recording, quantised
from ssl_core.service import MapFactor, MapSet
from ssl_core.service.snapshot import tick_line

if TYPE_CHECKING:
    from torch import Tensor

    from ssl_core.data import ImageSet
    from ssl_core.train import Budget, Tick, Watch

FRAMES = 96
# Frame i stands at (i / F) ** DENSER of the run: an encoder moves fastest at its start.
DENSER = 1.5
PROBES = 32
CANDIDATES = 8 * FRAMES
CURVE_POINTS = 600
EVERY_STEP = 5_000  # a run of more steps is looked at ten times a second


class _Frame(NamedTuple):
    line: dict[str, Any]
    xy: np.ndarray
    box: np.ndarray
    neighbours: np.ndarray


class Recorder:
    """Follows one run, from its first tick to its last.

    Args:
        data: the images.
        rows: ``[M]`` those on the map (``Observer.map_rows``).
        command: what a reader types to make this recording again.

    Raises:
        ValueError: if a map has too few or too many points.
    """

    def __init__(self, data: "ImageSet", rows: "Tensor", command: str) -> None:
        if not 2 <= len(rows) <= MOST_POINTS:
            raise ValueError(
                f"{data.name} has {len(rows)} held-out images to map; a recording "
                f"takes 2 to {MOST_POINTS}"
            )
        self.command, self.commit = command, _commit()
        self.map_set = _map_set(data, rows)
        self._kept: list[_Frame] = []
        self._losses: list[float] = []
        self._taken, self._stride = 0, 1
        self._last: tuple[Tick, _Frame] | None = None

    def add(self, tick: "Tick") -> None:
        """Take the next tick.

        Raises:
            ValueError: if it has no map.
        """
        if tick.map is None:
            raise ValueError(f"step {tick.step} has no map; a recording shows one")
        line = tick_line(tick, {}, new_scores=True)
        self._losses += line.pop("losses")
        frame = _Frame(line, *quantised(tick.map.xy), tick.map.neighbours)
        self._last = (tick, frame)
        if self._taken % self._stride == 0:
            self._kept.append(frame)
        self._taken += 1
        if len(self._kept) > CANDIDATES:  # whatever the run's length
            self._kept, self._stride = self._kept[::2], 2 * self._stride

    def recording(self, versions: dict[str, Any] | None = None) -> Recording:
        """What was recorded so far.

        Args:
            versions: of the libraries (``report.versions``).

        Raises:
            ValueError: if there was no tick.
        """
        if self._last is None:
            raise ValueError("there was no tick; a recording has at least one frame")
        tick, last = self._last
        every = self._kept if self._kept[-1] is last else [*self._kept, last]
        chosen = [every[i] for i in thinned([f.line["step"] for f in every])]
        about = {
            "config": tick.config.flat(),
            "command": self.command,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": self.commit,
            "versions": versions or {},
        }
        return Recording(
            about,
            [f.line for f in chosen],
            np.stack([f.xy for f in chosen]),
            np.stack([f.box for f in chosen]),
            np.stack([f.neighbours for f in chosen]),
            _curve(tick.step, self._losses),
            self.map_set,
            view_a=tick.batch.view_a,
            view_b=tick.batch.view_b,
            similarity=tick.batch.similarity,
            batch_rows=tick.batch.rows,
            labels=tick.batch.labels,
        )


def watch_for(budget: "Budget", *, probe: bool = False) -> "Watch":
    """How to look at a run that is recorded: often enough for all frames.

    Looking takes time: a run of up to 5,000 steps is looked at after every step, which
    on two CPU cores makes it about twice as long. What it learns stays the same.

    Args:
        budget: of the run.
        probe: whether the next look asks what the features keep; see :func:`probe_due`.
    """
    from ssl_core.report import LIVE
    from ssl_core.train import Watch

    tick = 0.0 if (budget.steps or EVERY_STEP + 1) <= EVERY_STEP else 0.1
    if budget.seconds is not None:
        tick = min(tick, budget.seconds / (3 * FRAMES))
    return Watch(
        tick_seconds=tick,
        probe_seconds=0.0 if probe else float("inf"),
        bank=LIVE.bank,
        asked=LIVE.asked,
        mapped=MOST_POINTS,
    )


def probe_due(last: float, now: float) -> bool:
    """Whether a probe is due at ``now``, after one at ``last``: parts of the run's budget.

    By progress and not by the clock, so that a slow machine records the same.
    """
    marks = np.linspace(0, 1, PROBES) ** DENSER
    return bool(((marks > last) & (marks <= now)).any())


def thinned(steps: list[int], frames: int = FRAMES) -> list[int]:
    """Which of the ticks at ``steps`` become frames: at most ``frames``, denser early.

    The first and the last are always among them.
    """
    at = np.asarray(steps, float)
    wanted = at[0] + (at[-1] - at[0]) * np.linspace(0, 1, frames) ** DENSER
    nearest = np.abs(at[None] - wanted[:, None]).argmin(1)
    return sorted({*nearest.tolist(), len(steps) - 1})


def _curve(last_step: int, losses: list[float]) -> np.ndarray:
    """Losses over steps; means over equal stretches hide and invent no spike."""
    steps = np.arange(last_step - len(losses) + 1, last_step + 1, dtype=float)
    values = np.asarray(losses, float)
    if len(values) > CURVE_POINTS:
        edges = np.linspace(0, len(values), CURVE_POINTS + 1).astype(int)
        values = np.add.reduceat(values, edges[:-1]) / np.diff(edges)
        steps = steps[edges[1:] - 1]
    return np.stack([steps, values])


def _map_set(data: "ImageSet", rows: "Tensor") -> MapSet:
    factors = {
        name: MapFactor(f.values[rows].cpu().numpy(), f.kind, tuple(f.names))
        for name, f in data.factors.items()
    }
    images = data.images[rows.to(data.images.device)].contiguous().cpu().numpy()
    skipped = tuple(data.skipped)
    return MapSet(images, rows.numpy(), factors, data.label, data.name, skipped)


def _commit() -> str | None:
    """The checkout's commit, and whether the core differs from it; None outside of one."""
    root = Path(__file__).parents[2]

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", "ssl_core")
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None
