"""The README's moving picture: what is made of the pictures that a browser took."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.browser import record_playground
from tests.browser.record_playground import HOLD_MS, OUT, animated


def frames(count: int) -> list[Image.Image]:
    """Pictures of noise: each differs from the one before, and none compresses well."""
    noise = np.random.default_rng(0).integers(0, 256, (count, 60, 100, 3), np.uint8)
    return list(map(Image.fromarray, noise))


def test_every_frame_is_in_the_file_and_the_last_one_stays() -> None:
    with Image.open(io.BytesIO(animated(frames(4), width=50, frame_ms=120))) as made:
        assert (made.format, made.size, made.n_frames) == ("WEBP", (50, 30), 4)
        assert made.info["loop"] == 0  # for ever
        durations = []
        for index in range(made.n_frames):
            made.seek(index)
            made.load()
            durations.append(made.info["duration"])
    assert durations == [120, 120, 120, HOLD_MS]


def test_quality_gives_way_to_size_and_what_cannot_fit_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    best = len(animated(frames(4), width=100, frame_ms=100))
    monkeypatch.setattr(record_playground, "MAX_BYTES", best - 1)
    assert len(animated(frames(4), width=100, frame_ms=100)) < best
    monkeypatch.setattr(record_playground, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match=r"4 frames take .* record fewer"):
        animated(frames(4), width=100, frame_ms=100)


def test_the_picture_that_ships_moves_and_is_small() -> None:
    assert OUT.stat().st_size <= record_playground.MAX_BYTES
    with Image.open(OUT) as shipped:
        assert shipped.n_frames >= 20
