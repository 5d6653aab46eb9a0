"""Encoding of the live map's frames: positions and neighbours as JSON values."""

import base64
from typing import Any

import numpy as np

MAX_POINTS = 2**16 - 1  # an index is encoded as uint16


def encode_frame(xy: np.ndarray, neighbours: np.ndarray) -> dict[str, Any]:
    """A frame for the map's front end, ready for JSON.

    Args:
        xy: ``[M, 2]`` finite positions, at any scale.
        neighbours: ``[M, k]`` indices of the nearest points in feature space, nearest
            first.

    Raises:
        ValueError: arrays of other shapes, positions that are not finite, or an index
            outside 0 to M - 1.
    """
    _check(xy, neighbours)
    low = xy.min(0) if len(xy) else np.zeros(2)
    span = np.maximum(xy.max(0) - low, 1e-9) if len(xy) else np.ones(2)
    quantized = np.round((xy - low) / span * 65535)
    return {
        "box": [*low.tolist(), *span.tolist()],
        "xy": as_base64(quantized, "<u2"),
        "neighbours": as_base64(neighbours, "<u2"),
        "k": int(neighbours.shape[1]),
    }


def empty_frame(title: str) -> dict[str, Any]:
    """A frame without points, for a map that waits for its first frame."""
    return encode_frame(np.empty((0, 2)), np.empty((0, 0))) | {
        "frame_id": "none",
        "state": "",
        "over": True,
        "title": title,
        "alt": title,
    }


def as_base64(values: np.ndarray, dtype: str) -> str:
    """The bytes of the values in base64.

    Args:
        values: of any shape.
        dtype: NumPy type code with byte order, as "<u2".
    """
    return base64.b64encode(values.astype(dtype).tobytes()).decode()


def _check(xy: np.ndarray, neighbours: np.ndarray) -> None:
    if xy.ndim != 2 or xy.shape[1] != 2 or len(xy) > MAX_POINTS:
        raise ValueError(
            f"xy is {xy.shape}; a map takes [M, 2] with M up to {MAX_POINTS}"
        )
    if not np.isfinite(xy).all():
        raise ValueError(
            "xy holds values that are not finite; a map takes finite positions"
        )
    if neighbours.ndim != 2 or len(neighbours) != len(xy):
        raise ValueError(
            f"neighbours is {neighbours.shape}; a map takes [{len(xy)}, k]"
        )
    if neighbours.size and not 0 <= neighbours.min() <= neighbours.max() < len(xy):
        raise ValueError(
            f"neighbours run from {neighbours.min()} to {neighbours.max()}; "
            f"points are numbered 0 to {len(xy) - 1}"
        )
