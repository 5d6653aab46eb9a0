"""What a viewer draws, as arrays on disk: plain ``.npz``, read without pickle."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssl_core.service.run_files import atomic_write

if TYPE_CHECKING:
    from torch import Tensor

    from ssl_core.data import ImageSet
    from ssl_core.train import Tick

UMAP_MIN_POINTS = 10


@dataclass(frozen=True)
class Snapshot:
    """The last tick. Without a map, the ``map_`` arrays have no rows.

    Args:
        map_xy: ``[M, 2]`` float32 PCA layout.
        map_rows: ``[M]`` int64 rows in the image set.
        map_neighbours: ``[M, k]`` uint16 nearest others, as indices into ``map_rows``.
        map_features: ``[M, D]`` float16.
        view_a, view_b: ``[n, C, H, W]`` uint8, the batch's first pairs.
        similarity: ``[2n, 2n]`` float32 cosines; a pair's two views stand side by side.
        batch_rows: ``[n]`` int64 rows in the image set.
        labels: ``[n]`` int64 hidden classes of those rows, None if the set has none.
        scalars: the tick's history line with its scores, and ``config``, the knobs in
            force.
    """

    map_xy: np.ndarray
    map_rows: np.ndarray
    map_neighbours: np.ndarray
    map_features: np.ndarray
    view_a: np.ndarray
    view_b: np.ndarray
    similarity: np.ndarray
    batch_rows: np.ndarray
    labels: np.ndarray | None
    scalars: dict[str, Any]


@dataclass(frozen=True)
class MapFactor:
    """One known factor of the mapped images: ``values [M]``, see ``data.Factor``."""

    values: np.ndarray
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class MapSet:
    """The images on the map, the same through a run.

    Args:
        images: ``[M, C, H, W]`` uint8.
        rows: ``[M]`` int64 rows in the image set.
        factors: what is known of them.
        label: the factor that stands for the class, or None.
        name: of the image set.
        skipped: files that could not be used, as (name, reason).
    """

    images: np.ndarray
    rows: np.ndarray
    factors: dict[str, MapFactor]
    label: str | None
    name: str
    skipped: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class UmapFrame:
    """A background layout: ``xy [M, 2]`` float32 of the features at ``step``."""

    xy: np.ndarray
    step: int


def tick_line(
    tick: "Tick", changes: dict[str, Any], new_scores: bool
) -> dict[str, Any]:
    """A tick's scalars as one line of the history.

    Args:
        changes: knobs that changed since the last line, by flat name.
        new_scores: whether the probes ran at this tick.
    """
    options = tick.config.options
    return {
        "step": tick.step,
        "epoch": tick.epoch,
        "seconds": tick.seconds,
        "images_per_second": tick.images_per_second,
        "loss": tick.loss,
        "losses": list(tick.losses),
        "reference": asdict(tick.reference),
        "negatives": tick.negatives,
        "contrastive_top1": tick.contrastive_top1,
        "alignment": tick.alignment,
        "uniformity": tick.uniformity,
        "feature_std": tick.feature_std,
        "effective_rank": tick.effective_rank,
        "collapsed": bool(tick.collapsed),
        "scores": asdict(tick.scores) if new_scores and tick.scores else None,
        "batch_size": tick.config.batch_size,
        "temperature": getattr(options, "temperature", None),
        "changes": changes,
        "done": tick.done,
        "diverged": tick.diverged,
    }


def write_snapshot(path: Path, tick: "Tick", line: dict[str, Any]) -> None:
    """Replace the last tick's pictures; ``line`` is its history line."""
    scores = asdict(tick.scores) if tick.scores else None
    scalars = line | {"scores": scores, "config": tick.config.flat()}
    frame, batch = tick.map, tick.batch
    _write(
        path,
        map_xy=frame.xy if frame else np.empty((0, 2), np.float32),
        map_rows=frame.rows if frame else np.empty(0, np.int64),
        map_neighbours=frame.neighbours if frame else np.empty((0, 0), np.uint16),
        map_features=frame.features if frame else np.empty((0, 0), np.float16),
        view_a=batch.view_a,
        view_b=batch.view_b,
        similarity=batch.similarity,
        batch_rows=batch.rows,
        # Every name has an array; without labels it has no rows.
        labels=np.empty(0, np.int64) if batch.labels is None else batch.labels,
        scalars=_packed(scalars),
    )


def read_snapshot(path: Path) -> Snapshot:
    """The last tick.

    Raises:
        ValueError: if the file is damaged.
    """
    names = {f.name for f in fields(Snapshot)} - {"labels"}
    # A run of an older version has none.
    arrays = read_arrays(path, *names, labels=np.empty(0, np.int64))
    scalars = _unpacked(path, arrays.pop("scalars"))
    labels = arrays.pop("labels")
    return Snapshot(**arrays, labels=labels if len(labels) else None, scalars=scalars)


def read_progress(path: Path) -> tuple[int, float]:
    """Step and seconds of the last tick; zeros if there is none that can be read."""
    try:
        scalars = _unpacked(path, read_arrays(path, "scalars")["scalars"])
        return int(scalars["step"]), float(scalars["seconds"])
    except Exception:  # a damaged file has many ways to fail
        return 0, 0.0


def write_map_set(path: Path, data: "ImageSet", rows: "Tensor") -> None:
    """Record the images at ``rows [M]`` and what is known of them."""
    factors = {
        f"factor_{i}": f.values[rows].cpu().numpy()
        for i, f in enumerate(data.factors.values())
    }
    about = {
        "factors": [(n, f.kind, f.names) for n, f in data.factors.items()],
        "label": data.label,
        "name": data.name,
        "skipped": data.skipped,
    }
    images = data.images[rows.to(data.images.device)].contiguous().cpu().numpy()
    _write(path, images=images, rows=rows.numpy(), about=_packed(about), **factors)


def read_map_set(path: Path) -> MapSet:
    """The images on the map.

    Raises:
        ValueError: if the file is damaged.
    """
    about = _unpacked(path, read_arrays(path, "about")["about"])
    keys = [f"factor_{i}" for i in range(len(about["factors"]))]
    arrays = read_arrays(path, "images", "rows", *keys)
    factors = {
        name: MapFactor(arrays[key], kind, tuple(names))
        for key, (name, kind, names) in zip(keys, about["factors"], strict=True)
    }
    skipped = tuple((name, reason) for name, reason in about["skipped"])
    return MapSet(
        arrays["images"],
        arrays["rows"],
        factors,
        about["label"],
        about["name"],
        skipped,
    )


def write_umap(path: Path, frame: UmapFrame) -> None:
    """Replace the background layout."""
    _write(path, xy=frame.xy, step=np.array(frame.step))


def read_umap(path: Path) -> UmapFrame:
    """The background layout.

    Raises:
        ValueError: if the file is damaged.
    """
    arrays = read_arrays(path, "xy", "step")
    return UmapFrame(arrays["xy"], int(arrays["step"]))


def read_arrays(
    path: Path, *names: str, **otherwise: np.ndarray
) -> dict[str, np.ndarray]:
    """The named arrays of an ``.npz``, never unpickled.

    Args:
        otherwise: arrays that may be missing, with what then stands for them.

    Raises:
        FileNotFoundError: if there is none yet.
        ValueError: if it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            known = {name: arrays[name] for name in names}
            return known | {n: arrays.get(n, other) for n, other in otherwise.items()}
    except FileNotFoundError:
        raise
    except Exception:  # spoiled headers raise a dozen kinds, TokenError among them
        raise ValueError(_damaged(path)) from None


def _write(path: Path, **arrays: np.ndarray) -> None:
    with atomic_write(path) as f:
        np.savez(f, **arrays)  # type: ignore[arg-type]


def _packed(record: Any) -> np.ndarray:
    return np.frombuffer(json.dumps(record).encode(), dtype=np.uint8)


def _unpacked(path: Path, packed: np.ndarray) -> dict[str, Any]:
    try:
        return dict(json.loads(packed.tobytes()))
    except (ValueError, TypeError, RecursionError):
        raise ValueError(_damaged(path)) from None


def _damaged(path: Path) -> str:
    return f"{path.name} of run {path.parent.name} is damaged; start a new run"
