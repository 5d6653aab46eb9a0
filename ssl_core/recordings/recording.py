"""A recording in memory: the frames of one run, and what stays the same through it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ssl_core.service import MapSet, Snapshot

MOST_POINTS = 300  # on the map of a recording
STEPS = 65535  # of a position within the box of its frame


@dataclass(frozen=True)
class Recording:
    """One run, thinned to F frames.

    Args:
        about: ``config`` (knobs by flat name), ``command`` that made it, ``date``
            (ISO 8601, UTC), ``commit`` of the code (None outside a checkout) and
            ``versions``.
        frames: F history lines (``service.snapshot.tick_line``), oldest first, each with
            the latest ``scores`` and without the ``losses`` of single steps.
        xy: ``[F, M, 2]`` uint16 positions, as parts of their frame's box.
        boxes: ``[F, 4]`` float32 x, y, width and height of each frame's map.
        neighbours: ``[F, M, k]`` uint16 nearest others in feature space.
        curve: ``[2, P]`` float64 steps and losses in nats; means over equal stretches
            where the run had more than P steps.
        map_set: the mapped images and what is known of them.
        view_a, view_b, similarity, batch_rows, labels: the last frame's batch, as
            ``service.Snapshot`` has it; ``labels`` are None if the set has no classes.
    """

    about: dict[str, Any]
    frames: list[dict[str, Any]]
    xy: np.ndarray
    boxes: np.ndarray
    neighbours: np.ndarray
    curve: np.ndarray
    map_set: MapSet
    view_a: np.ndarray
    view_b: np.ndarray
    similarity: np.ndarray
    batch_rows: np.ndarray
    labels: np.ndarray | None

    def positions(self, frame: int) -> np.ndarray:
        """``[M, 2]`` float32 map of a frame, as its run drew it up to rounding."""
        low, span = self.boxes[frame, :2], self.boxes[frame, 2:]
        return (low + self.xy[frame] / np.float32(STEPS) * span).astype(np.float32)

    def scores(self) -> list[dict[str, Any]]:
        """What the probes found, oldest first, each once."""
        found = {f["scores"]["step"]: f["scores"] for f in self.frames if f["scores"]}
        return [found[step] for step in sorted(found)]

    def last(self) -> Snapshot:
        """The last frame as a live run keeps it: batch, similarities and map.

        Features are not recorded: ``map_features`` has no columns.
        """
        return Snapshot(
            map_xy=self.positions(-1),
            map_rows=self.map_set.rows,
            map_neighbours=self.neighbours[-1],
            map_features=np.empty((len(self.map_set.rows), 0), np.float16),
            view_a=self.view_a,
            view_b=self.view_b,
            similarity=self.similarity,
            batch_rows=self.batch_rows,
            labels=self.labels,
            scalars=self.frames[-1] | {"config": self.about["config"]},
        )


def quantised(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions ``[M, 2]`` as uint16 parts of their box, and the box ``[4]`` float32."""
    low, span = xy.min(0), np.maximum(np.ptp(xy, 0), 1e-9)
    steps = np.round((xy - low) / span * STEPS)
    return steps.astype(np.uint16), np.concatenate([low, span]).astype(np.float32)
