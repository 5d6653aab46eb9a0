"""Pictures that are wider than high, with one channel, reach the browser unsquashed."""

import io

import numpy as np
import pytest
from PIL import Image

from pages.widgets import view_pairs
from pages.widgets.map.sprite_sheet import thumbnail_sheet


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("channels", [1, 3])
def test_spectrograms_lie_in_the_sheet_as_they_are(channels: int) -> None:
    views = np.random.default_rng(0).integers(
        0, 256, (7, channels, 32, 64), dtype=np.uint8
    )
    png, tile, columns = thumbnail_sheet(views)
    assert (tile, columns) == ((64, 32), 3)
    sheet = opened(png)
    assert sheet.shape[:2] == (3 * 32, 3 * 64)
    for i, view in enumerate(views):
        top, left = i // columns * 32, i % columns * 64
        shown = sheet[top : top + 32, left : left + 64]
        expected = view[0] if channels == 1 else view.transpose(1, 2, 0)
        assert np.array_equal(shown, expected)


@pytest.mark.parametrize(
    ("height", "width", "tile"),
    [(32, 32, (32, 32)), (96, 96, (48, 48)), (64, 256, (96, 24)), (128, 32, (24, 96))],
)
def test_large_thumbnails_shrink_and_keep_their_shape(
    height: int, width: int, tile: tuple[int, int]
) -> None:
    png, found, columns = thumbnail_sheet(
        np.full((2, 1, height, width), 90, dtype=np.uint8)
    )
    assert found == tile
    assert opened(png).shape == (tile[1], tile[0] * columns)


def test_pairs_of_wide_views_stand_in_fewer_columns() -> None:
    wide = np.zeros((12, 1, 32, 64), np.uint8)
    square = np.zeros((12, 3, 32, 32), np.uint8)
    sheets = [view_pairs.pair_grid(views, views) for views in (wide, square)]
    assert sheets[0].shape[2] == sheets[1].shape[2] == 4
    # Four rows of three pairs, two rows of six: about as wide as each other.
    assert sheets[0].shape[0] == 2 * sheets[1].shape[0]
    assert abs(sheets[0].shape[1] - sheets[1].shape[1]) < 0.1 * sheets[1].shape[1]


def test_a_wide_view_is_enlarged_evenly() -> None:
    view = np.zeros((1, 1, 32, 64), np.uint8)
    view[0, 0, :, 32:] = 255
    sheet = view_pairs.pair_grid(view, view, columns=2)
    inside = sheet[view_pairs.FRAME : -view_pairs.FRAME - 8, view_pairs.FRAME :]
    height, width = 32 * view_pairs.SCALE, 64 * view_pairs.SCALE
    shown = inside[:height, :width, 0]
    assert shown.shape == (height, width)
    assert (shown[:, : width // 2] == 0).all()
    assert (shown[:, width // 2 :] == 255).all()
