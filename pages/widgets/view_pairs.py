"""View pairs of the current batch in a grid: gold frame for anchors, green for positives."""

import numpy as np

from pages.widgets.palette import ANCHOR, POSITIVE
from pages.widgets.tiles import add_frame, enlarge

MAX_PAIRS = 12
SCALE = 2
FRAME = 2
GAP = 8  # pixels between pairs


def pair_grid(view_a: np.ndarray, view_b: np.ndarray, columns: int = 6) -> np.ndarray:
    """One picture of the first :data:`MAX_PAIRS` pairs, the two views of a pair side by side.

    Args:
        view_a, view_b: ``[n, C, H, W]`` uint8 with C 1 or 3.
        columns: pairs in a row if the views are square; wider views get fewer columns.

    Returns:
        ``[height, width, 4]`` uint8; the gaps are transparent, for light and dark pages.
    """
    n = min(MAX_PAIRS, len(view_a))
    columns = max(1, columns * view_a.shape[2] // view_a.shape[3])
    a = np.stack([_tile(view, ANCHOR) for view in view_a[:n]])
    b = np.stack([_tile(view, POSITIVE) for view in view_b[:n]])
    tiles = np.concatenate([a, b], axis=2)
    tiles = np.pad(tiles, ((0, 0), (0, GAP), (0, GAP), (0, 0)))
    rows = -(-n // columns)
    blank = np.zeros((rows * columns - n, *tiles.shape[1:]), tiles.dtype)
    grid = np.concatenate([tiles, blank]).reshape(rows, columns, *tiles.shape[1:])
    return grid.transpose(0, 2, 1, 3, 4).reshape(
        rows * tiles.shape[1], columns * tiles.shape[2], 4
    )


def interleave(view_a: np.ndarray, view_b: np.ndarray) -> np.ndarray:
    """Interleave two views ``[N, C, H, W]`` to ``[2N, C, H, W]``: 1a, 1b, 2a, 2b, …"""
    return np.stack([view_a, view_b], 1).reshape(-1, *view_a.shape[1:])


def _tile(view: np.ndarray, colour: str) -> np.ndarray:
    rgb = np.repeat(view, 3, 0) if len(view) == 1 else view
    return add_frame(enlarge(rgb, SCALE), colour, width=FRAME, margin=0)
