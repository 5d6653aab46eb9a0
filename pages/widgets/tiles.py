"""Small pictures: enlarged, in a frame with the colour of their role, as PNG."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

FRAME, MARGIN = 3, 4  # pixels


def add_frame(
    picture: np.ndarray, colour: str, width: int = FRAME, margin: int = MARGIN
) -> np.ndarray:
    """A picture with a coloured frame and a transparent margin.

    Args:
        picture: ``[3, H, W]`` uint8.
        colour: of the frame, ``#rrggbb``.
        width: of the frame in pixels, at least 1.
        margin: outside the frame, in pixels; transparent, for light and dark pages.

    Returns:
        ``[H + 2 (width + margin), W + 2 (width + margin), 4]`` uint8.
    """
    _, inner_height, inner_width = picture.shape
    rgba = np.full((inner_height, inner_width, 4), 255, np.uint8)
    rgba[..., :3] = picture.transpose(1, 2, 0)
    framed = np.empty((inner_height + 2 * width, inner_width + 2 * width, 4), np.uint8)
    framed[:] = (*bytes.fromhex(colour.lstrip("#")), 255)
    framed[width:-width, width:-width] = rgba
    return np.pad(framed, ((margin, margin), (margin, margin), (0, 0)))


def enlarge(picture: np.ndarray, scale: int) -> np.ndarray:
    """``[C, H, W]`` with every pixel repeated ``scale`` times in both directions."""
    return picture.repeat(scale, 1).repeat(scale, 2)


def cross_out(picture: np.ndarray, colour: str) -> np.ndarray:
    """``[3, H, W]`` with a diagonal line, which is visible without colours, too."""
    crossed = picture.copy()
    rows = np.arange(crossed.shape[1])
    for shift in range(-2, 3):
        columns = (rows + shift).clip(0, crossed.shape[2] - 1)
        crossed[:, rows, columns] = np.frombuffer(
            bytes.fromhex(colour.lstrip("#")), np.uint8
        )[:, None]
    return crossed


def to_uint8(x: Any) -> np.ndarray:
    """Pictures with values in [0, 1] as uint8."""
    return (np.asarray(x).clip(0, 1) * 255).round().astype(np.uint8)


def png_data_url(png: bytes) -> str:
    """A PNG file as a data URL."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def data_url(picture: np.ndarray) -> str:
    """A picture ``[H, W, 3 or 4]`` uint8 as a data URL.

    Streamlit deletes a served file when the picture is replaced, which may be before the
    browser has fetched it.
    """
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return png_data_url(file.getvalue())
