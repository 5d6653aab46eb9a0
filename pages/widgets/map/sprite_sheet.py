"""Many thumbnails in one PNG, so that a browser loads one file."""

import io
import math

import numpy as np
from PIL import Image

MAX_TILE_SIDE = 48  # pixels, of a square tile; the map draws thumbnails at 30 to 96


def thumbnail_sheet(thumbnails: np.ndarray) -> tuple[bytes, tuple[int, int], int]:
    """One PNG with the thumbnails row by row; large ones are scaled down.

    Args:
        thumbnails: ``[M, C, H, W]`` uint8 with C 1 or 3.

    Returns:
        The PNG, width and height of a tile in pixels, and the tiles in a row. A tile
        has the aspect ratio of the thumbnails.

    Raises:
        ValueError: an array of another shape or type.
    """
    if thumbnails.ndim != 4 or thumbnails.shape[1] not in (1, 3):
        raise ValueError(
            f"thumbnails are {thumbnails.shape}; a sheet takes [M, 1 or 3, H, W]"
        )
    if thumbnails.dtype != np.uint8:
        raise ValueError(f"thumbnails are {thumbnails.dtype}; a sheet takes uint8")
    count, channels, height, width = thumbnails.shape
    columns = max(math.ceil(math.sqrt(count)), 1)
    rows = max(math.ceil(count / columns), 1)
    tiles = np.zeros((rows * columns, height, width, channels), np.uint8)
    tiles[:count] = thumbnails.transpose(0, 2, 3, 1)
    grid = tiles.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    pixels = grid.reshape(rows * height, columns * width, channels)
    sheet = Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels)
    tile = _tile_size(width, height)
    if (width, height) != tile:
        size = (columns * tile[0], rows * tile[1])
        sheet = sheet.resize(size, Image.Resampling.BOX)
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue(), tile, columns


def _tile_size(width: int, height: int) -> tuple[int, int]:
    """Width and height, scaled down to the area of the largest square tile."""
    scale = min(1.0, MAX_TILE_SIDE / math.sqrt(width * height))
    return max(round(width * scale), 1), max(round(height * scale), 1)
