"""Record ``assets/playground.webp``, the moving picture in the README.

    .venv/bin/python -m tests.browser.record_playground

It starts the app, opens the playground, presses Train and takes a picture of the page again
and again. Nothing is retouched; the picture only plays faster than the run trained.
"""

import argparse
import io
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.benchmarks.browsing import app, stands, visitor
from tests.chromium import launched

OUT = Path(__file__).parents[2] / "assets" / "playground.webp"
SPEED = 3  # times as fast as it happened
HOLD_MS = 2_000  # how long the last frame stays
MAX_BYTES = 1_500_000
QUALITIES = (80, 70, 60, 50, 40, 30, 20)  # of WebP; the first that fits is taken


def main() -> None:
    """Read the options, record, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of training")
    parser.add_argument(
        "--pause", type=float, default=0.5, help="seconds between frames"
    )
    parser.add_argument("--width", type=int, default=1000, help="of the file in pixels")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    with launched() as browser, app() as server:
        page = visitor(browser, server.address)
        frames = record(page, options.seconds, options.pause)
    content = animated(frames, options.width, round(1000 * options.pause / SPEED))
    options.out.write_bytes(content)
    print(f"{options.out}: {len(frames)} frames, {len(content) / 1e6:.2f} MB")


def record(page: Page, seconds: float, pause: float) -> list[Image.Image]:
    """Pictures of the playground from a run's first steps on.

    Args:
        page: a visitor's page, not at the playground yet.
        seconds: how long it is watched.
        pause: seconds from one picture to the next.
    """
    page.goto("/playground")
    stands(page)
    content = page.get_by_test_id("stMain")
    content.get_by_role("button", name="Train", exact=True).click()
    content.get_by_text("kNN accuracy").first.wait_for()  # of the untrained encoder
    frames = []
    start = time.monotonic()
    for due in range(round(seconds / pause)):
        page.wait_for_timeout(max(0.0, start + due * pause - time.monotonic()) * 1000)
        frames.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    return frames


def animated(frames: Sequence[Image.Image], width: int, frame_ms: int) -> bytes:
    """An animated WebP that repeats for ever, as good as ``MAX_BYTES`` allow.

    Args:
        frames: pictures of one size.
        width: of the result in pixels; the height keeps its ratio.
        frame_ms: how long a frame is shown.

    Raises:
        ValueError: if it is too large even at the lowest quality.
    """
    height = round(frames[0].height * width / frames[0].width)
    small = [f.resize((width, height), Image.Resampling.LANCZOS) for f in frames]
    shown = [frame_ms] * (len(small) - 1) + [HOLD_MS]
    for quality in QUALITIES:
        file = io.BytesIO()
        small[0].save(
            file,
            format="WEBP",
            save_all=True,
            append_images=small[1:],
            duration=shown,
            loop=0,
            quality=quality,
            method=4,
        )
        if file.tell() <= MAX_BYTES:
            return file.getvalue()
    raise ValueError(
        f"{len(frames)} frames take {file.tell():,} bytes, more than {MAX_BYTES:,}: "
        "record fewer, or choose a smaller width"
    )


if __name__ == "__main__":
    main()
