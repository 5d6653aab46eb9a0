"""What a visitor of a page does and reads."""

import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from script_runs import ScriptRuns

from tests.polling import LIMIT_S, wait_until

STATUS = re.compile(r"(\w+) · step ([\d,]+) · [\d.]+ s")
LOSS = re.compile(r"Loss\. Loss (-?[\d.]+);")
# Of the widest thing on the page: Streamlit's main area scrolls, the document does not.
WIDTH = """() => Math.max(document.documentElement.scrollWidth,
  document.querySelector('[data-testid="stMain"]').scrollWidth)"""
TRAINING_S = 120.0  # many times what a busy machine takes for a short run
T = TypeVar("T")
Visit = Callable[..., Page]  # opens a tab in a profile of its own; see the fixture


@dataclass(frozen=True)
class FirstVisit:
    """What the first visitor of a server sees, who opens /playground."""

    heading: str
    sidebar: str
    menu: list[str]


def main(page: Page) -> Locator:
    """All but the sidebar."""
    return page.get_by_test_id("stMain")


def press(page: Page, label: str) -> None:
    """Press a button of the main area as soon as it can be pressed."""
    main(page).get_by_role("button", name=label, exact=True).click()


def tap(page: Page, option: str) -> None:
    """Choose one of several options that stand side by side."""
    main(page).get_by_role("radio", name=option, exact=True).click()


def assert_fits(phone: Page) -> None:
    """Nothing is wider than the screen: the page does not scroll sideways."""
    screen = phone.viewport_size
    assert screen and phone.evaluate(WIDTH) <= screen["width"]


def query(page: Page) -> dict[str, str]:
    """The parameters in the address bar, asked of the browser itself."""
    asked = "Object.fromEntries(new URLSearchParams(location.search))"
    return dict(page.evaluate(asked))


def said(page: Page) -> str:
    """All text of the main area."""
    return main(page).inner_text()


def eventually(look: Callable[[], T], what: str, seconds: float = LIMIT_S) -> T:
    """Look until something true is seen, and return it."""
    return wait_until(look, what, seconds, interval_s=0.1)


def stays(look: Callable[[], object], what: str, seconds: float = 1.0) -> None:
    """Look for a while: that nothing changes cannot be seen at once."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert look(), f"it does not stay so: {what}"
        time.sleep(0.1)


def settled(look: Callable[[], T], what: str, seconds: float = 0.3) -> T:
    """Wait until what is seen stays the same for so long, and return it."""

    def same() -> list[T]:
        before, deadline = look(), time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(0.1)
            if look() != before:
                return []
        return [before]

    return wait_until(same, f"{what} to come to rest", interval_s=0)[0]


def at_rest(page: Page) -> None:
    """Wait until no script runs and what the last one brought is drawn."""
    runs = ScriptRuns.of(page)
    eventually(lambda: runs.over(page), "the script is over and its page drawn")


def step(page: Page) -> int:
    """The step that the page shows, -1 before the first tick."""
    found = STATUS.search(said(page))
    return int(found[2].replace(",", "")) if found else -1


def state(page: Page) -> str:
    """The first word of the status line, empty before the first tick."""
    found = STATUS.search(said(page))
    return found[1] if found else ""


def loss(page: Page) -> float | None:
    """The loss in the sentence above its curve, None before it is measured."""
    found = LOSS.search(said(page))
    return float(found[1]) if found else None


def wait_for_step(page: Page, least: int) -> int:
    """Wait until the page shows this step or a later one, and return it."""
    return eventually(
        lambda: step(page) >= least and step(page), f"step {least}", TRAINING_S
    )


def wait_for_pause(page: Page, run: Path) -> int:
    """Wait until the server has paused a run and the page shows its last step.

    For a moment the page may show "Paused" beside an earlier step, so the server counts.

    Args:
        page: which shows the run.
        run: its folder.
    """

    def paused() -> int:
        now = run_state(run)
        return now["step"] if now["state"] == "paused" else 0

    last = eventually(paused, "the run to pause")
    eventually(lambda: (state(page), step(page)) == ("Paused", last), f"step {last}")
    return last


def pause(page: Page, run: Path) -> int:
    """Pause, and return the step at which the run stands."""
    press(page, "Pause")
    expect(main(page).get_by_role("button", name="Resume", exact=True)).to_be_visible()
    return wait_for_pause(page, run)


def drawn(canvas: Locator) -> str:
    """The pixels of a canvas."""
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def drawn_at_rest(canvas: Locator) -> str:
    """The pixels of a canvas as soon as its last glide, of 0.2 s, is over."""
    return settled(lambda: drawn(canvas), "the canvas")


def choose(page: Page, key: str, option: str) -> None:
    """Pick an option of a menu of the sidebar."""
    page.locator(f".st-key-{key} input").click()
    page.get_by_role("option", name=option, exact=True).click()


def slide(page: Page, key: str, arrow: str, times: int = 1) -> None:
    """Move a slider of the sidebar by so many stops."""
    thumb = page.locator(f".st-key-{key} input[type=range]")
    for _ in range(times):
        thumb.press(arrow)


def upload(page: Page, name: str, content: bytes) -> None:
    """Offer a zip as one's own images and wait until it has arrived."""
    chooser = page.locator(".st-key-upload_zip input[type=file]")
    chooser.set_input_files(
        {"name": name, "mimeType": "application/zip", "buffer": content}
    )
    expect(page.get_by_test_id("stFileUploader").get_by_text(name)).to_be_visible()
    # The browser shows the name at once; the server has it when its hint is gone.
    expect(page.get_by_text("At least four of them.")).to_have_count(0)


def zip_of_images(each: int) -> bytes:
    """Two classes of plain pictures, and a text that calls itself a picture."""
    generator = np.random.default_rng(0)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for place, colour in enumerate(("red", "blue")):
            for i in range(each):
                pixels = generator.integers(0, 80, (24, 24, 3), dtype=np.uint8)
                pixels[..., 2 * place] += 170
                picture = io.BytesIO()
                Image.fromarray(pixels).save(picture, "PNG")
                archive.writestr(f"{colour}/{i:03}.png", picture.getvalue())
        archive.writestr("red/notes.png", "this is a text")
    return file.getvalue()


def run_folders(runs: Path) -> list[Path]:
    """All runs of the server, newest last."""
    found = [path.parent for path in runs.glob("*/config.json")]
    return sorted(found, key=lambda f: json.loads(_read(f / "config.json"))["created"])


def newest_run(runs: Path) -> Path:
    """The folder of the run that was started last."""
    return run_folders(runs)[-1]


def run_state(folder: Path) -> dict[str, Any]:
    """What the server says of a run: its state, its step and more."""
    return dict(json.loads(_read(folder / "state.json")))


def losses(folder: Path) -> list[float]:
    """Every step's loss of a run."""
    if not (folder / "ticks.jsonl").exists():
        return []
    whole = _read(folder / "ticks.jsonl").rpartition("\n")[0]
    return [x for line in whole.splitlines() for x in json.loads(line)["losses"]]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
