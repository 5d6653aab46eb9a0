"""Small pictures in frames that say what each of them is: anchor, positive or negative."""

from typing import Any

import numpy as np

FRAME, SPACE = 3, 4


def framed(picture: np.ndarray, colour: str) -> np.ndarray:
    """A picture in a frame of a role's colour, with clear space around.

    Args:
        picture: ``[3, H, W]`` uint8.
        colour: ``#rrggbb``.

    Returns:
        ``[H', W', 4]`` uint8; clear outside, so that it fits light and dark.
    """
    opaque = np.full((*picture.shape[1:], 4), 255, np.uint8)
    opaque[..., :3] = picture.transpose(1, 2, 0)
    height, width = (side + 2 * FRAME for side in picture.shape[1:])
    whole = np.empty((height, width, 4), np.uint8)
    whole[:] = (*bytes.fromhex(colour.lstrip("#")), 255)
    whole[FRAME:-FRAME, FRAME:-FRAME] = opaque
    return np.pad(whole, ((SPACE, SPACE), (SPACE, SPACE), (0, 0)))


def enlarged(picture: np.ndarray, times: int) -> np.ndarray:
    """``[3, H, W]`` with every pixel ``times`` as wide and as high, unsmoothed."""
    return picture.repeat(times, 1).repeat(times, 2)


def crossed_out(picture: np.ndarray, colour: str) -> np.ndarray:
    """``[3, H, W]`` with a line through it: a frame's colour alone would not do."""
    marked = picture.copy()
    rows = np.arange(marked.shape[1])
    for shift in range(-2, 3):
        columns = (rows + shift).clip(0, marked.shape[2] - 1)
        marked[:, rows, columns] = np.frombuffer(
            bytes.fromhex(colour.lstrip("#")), np.uint8
        )[:, None]
    return marked


def as_bytes(x: Any) -> np.ndarray:
    """Pictures in [0, 1] as uint8."""
    return (np.asarray(x).clip(0, 1) * 255).round().astype(np.uint8)
