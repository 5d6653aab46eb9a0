"""The current batch as view pairs: the anchor in gold, its partner in green."""

import base64
import io

import numpy as np
from PIL import Image

from pages.widgets.palette import ANCHOR, POSITIVE

SCALE = 2
FRAME = 2


def pair_sheet(
    view_a: np.ndarray, view_b: np.ndarray, pairs: int = 12, columns: int = 6
) -> np.ndarray:
    """One picture of the first pairs, side by side.

    Args:
        view_a, view_b: ``[n, C, H, W]`` uint8.
        pairs: how many to show.
        columns: pairs in a row, if the views are square; of wider ones there are fewer.

    Returns:
        ``[height, width, 4]`` uint8; the gaps are transparent, so it fits light and dark.
    """
    n = min(pairs, len(view_a))
    columns = max(1, columns * view_a.shape[2] // view_a.shape[3])
    a = np.stack([_framed(v, ANCHOR) for v in view_a[:n]])
    b = np.stack([_framed(v, POSITIVE) for v in view_b[:n]])
    tiles = np.concatenate([a, b], axis=2)
    gap = 8
    tiles = np.pad(tiles, ((0, 0), (0, gap), (0, gap), (0, 0)))
    rows = -(-n // columns)
    blank = np.zeros((rows * columns - n, *tiles.shape[1:]), tiles.dtype)
    grid = np.concatenate([tiles, blank]).reshape(rows, columns, *tiles.shape[1:])
    return grid.transpose(0, 2, 1, 3, 4).reshape(
        rows * tiles.shape[1], columns * tiles.shape[2], 4
    )


def data_url(picture: np.ndarray) -> str:
    """A picture that travels inside its message.

    A served file may be gone before the browser asks: the next tick replaces it.
    """
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _framed(view: np.ndarray, colour: str) -> np.ndarray:
    """One view, enlarged without smoothing, in a frame of its role's colour."""
    rgb = np.repeat(view, 3, 0) if len(view) == 1 else view
    big = rgb.transpose(1, 2, 0).repeat(SCALE, 0).repeat(SCALE, 1)
    opaque = np.dstack([big, np.full(big.shape[:2], 255, np.uint8)])
    edge = (*bytes.fromhex(colour.lstrip("#")), 255)
    framed = np.empty((big.shape[0] + 2 * FRAME, big.shape[1] + 2 * FRAME, 4), np.uint8)
    framed[:] = edge
    framed[FRAME:-FRAME, FRAME:-FRAME] = opaque
    return framed
