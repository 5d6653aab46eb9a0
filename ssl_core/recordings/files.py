"""A recording's one file: plain ``.npz``, read without pickle and without trust."""

import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ssl_core.recordings.recording import MOST_POINTS, Recording
from ssl_core.service import MapFactor, MapSet
from ssl_core.service.run_files import atomic_write

KIND, VERSION = "ssl_core recording", 1
MOST_BYTES = 16 << 20  # of the file
MOST_UNPACKED = 64 << 20
MOST_FRAMES = 1000
ARRAYS = (
    *("xy", "boxes", "neighbours", "curve"),
    *("view_a", "view_b", "similarity", "batch_rows"),
)
NUMBERS = ("step", "seconds", "loss", "effective_rank", "feature_std", "negatives")
# What zipfile, numpy and json raise on what they cannot read.
UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError),
    *(zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError),
)


def write(path: Path, recording: Recording) -> None:
    """Write a recording whole, or not at all.

    Raises:
        ValueError: if the disk refuses.
    """
    known = recording.map_set
    about = {
        "kind": KIND,
        "version": VERSION,
        **recording.about,
        "frames": recording.frames,
        "set": {
            "name": known.name,
            "label": known.label,
            "factors": [(n, f.kind, f.names) for n, f in known.factors.items()],
        },
    }
    text = json.dumps(about, separators=(",", ":")).encode()
    arrays = {name: getattr(recording, name) for name in ARRAYS}
    factors = {f"factor_{i}": f.values for i, f in enumerate(known.factors.values())}
    arrays |= factors | {"images": known.images, "rows": known.rows}
    # Every name has an array; without classes it has no rows.
    labels = recording.labels
    arrays["labels"] = np.empty(0, np.int64) if labels is None else labels
    try:
        with atomic_write(path) as file:
            packed = np.frombuffer(text, np.uint8)
            np.savez_compressed(file, about=packed, **arrays)
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from None


def load(path: Path) -> Recording:
    """Read a recording.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: one sentence, if the file is damaged or is something else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no recording {path.name}")
    try:
        arrays = _arrays(path)
        about = json.loads(arrays.pop("about").tobytes())
        if (about["kind"], about["version"]) != (KIND, VERSION):
            raise ValueError("it is of another kind or version")
        return _checked(about, arrays)
    except UNREADABLE as error:
        why = f": {error}" if type(error) is ValueError else ""
        raise ValueError(
            f"{path.name} is damaged or no recording{why}; record it again"
        ) from None


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays, once their headers agree with the sizes in the archive."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES >> 20} MB")
    with zipfile.ZipFile(path) as archive:
        if sum(i.file_size for i in archive.infolist()) > MOST_UNPACKED:
            raise ValueError(f"it unpacks to more than {MOST_UNPACKED >> 20} MB")
        for info in archive.infolist():
            with archive.open(info) as member:
                np.lib.format.read_magic(member)
                shape, _, dtype = np.lib.format.read_array_header_1_0(member)
                bytes_held = math.prod(shape) * dtype.itemsize
                if dtype.hasobject or member.tell() + bytes_held != info.file_size:
                    raise ValueError(f"{info.filename} does not hold what it says")
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _checked(about: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> Recording:
    """A recording whose parts fit each other."""
    frames, kinds = about["frames"], about["set"]["factors"]
    factors = {
        name: MapFactor(arrays[f"factor_{i}"], kind, tuple(names))
        for i, (name, kind, names) in enumerate(kinds)
    }
    label = about["set"]["label"]
    f, m, n = len(frames), len(arrays["images"]), len(arrays["view_a"])
    k, labels = arrays["neighbours"].shape[-1], arrays["labels"]
    expected: dict[str, tuple[str, tuple[int, ...]]] = {
        "xy": ("uint16", (f, m, 2)),
        "boxes": ("float32", (f, 4)),
        "neighbours": ("uint16", (f, m, k)),
        "curve": ("float64", (2, arrays["curve"].shape[-1])),
        "images": ("uint8", (m, *arrays["images"].shape[1:4])),
        "rows": ("int64", (m,)),
        "view_a": ("uint8", (n, *arrays["view_a"].shape[1:4])),
        "view_b": ("uint8", arrays["view_a"].shape),
        "similarity": ("float32", (2 * n, 2 * n)),
        "batch_rows": ("int64", (n,)),
        "labels": ("int64", (n if len(labels) else 0,)),
    }
    for name, (dtype, shape) in expected.items():
        if arrays[name].dtype != dtype or arrays[name].shape != shape:
            raise ValueError(f"{name} is {arrays[name].dtype} {arrays[name].shape}")
    _require(1 <= f <= MOST_FRAMES, f"it has {f} frames")
    _require(2 <= m <= MOST_POINTS, f"it maps {m} images")
    _require(arrays["images"].shape[1:2] in ((1,), (3,)), "its images are no pictures")
    _require(bool(np.isfinite(arrays["boxes"]).all()), "a map is not finite")
    _require(arrays["neighbours"].max(initial=0) < m, "a neighbour is no point")
    _require(all(len(x.values) == m for x in factors.values()), "a factor has gaps")
    _require(label is None or label in factors, f"its label {label!r} is no factor")
    _require(set(NUMBERS) <= set.intersection(*map(set, frames)), "a frame has gaps")
    steps = [frame["step"] for frame in frames]
    _require(steps == sorted(set(steps)), "its frames are out of order")
    keys = ("config", "command", "date", "commit", "versions")
    known = MapSet(
        arrays["images"], arrays["rows"], factors, label, about["set"]["name"], ()
    )
    return Recording(
        about={key: about[key] for key in keys},
        frames=frames,
        map_set=known,
        labels=labels if len(labels) else None,
        **{name: arrays[name] for name in ARRAYS},
    )


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
