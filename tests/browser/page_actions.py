"""What a visitor of the lab sees and does, in a tester's words."""

import io
import json
import re
import socket
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

STATUS = re.compile(r"(\w+) · step ([\d,]+) · [\d.]+ s")
LOSS = re.compile(r"Loss\. Loss (-?[\d.]+);")
SECONDS = 40.0


def main(page: Page) -> Locator:
    """All but the sidebar."""
    return page.get_by_test_id("stMain")


def press(page: Page, label: str) -> None:
    """Press a button of the main area as soon as it can be pressed."""
    main(page).get_by_role("button", name=label, exact=True).click()


def query(page: Page) -> dict[str, str]:
    """The parameters in the address bar, asked of the browser itself."""
    asked = "Object.fromEntries(new URLSearchParams(location.search))"
    return dict(page.evaluate(asked))


def said(page: Page) -> str:
    """All text of the main area."""
    return main(page).inner_text()


def eventually(look: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """Look until something true is seen, and return it."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)
    return seen


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


def wait_for_step(page: Page, least: int, seconds: float = 90) -> int:
    """Wait until the page shows this step or a later one."""
    eventually(lambda: step(page) >= least, f"step {least}", seconds)
    return step(page)


def pause(page: Page) -> int:
    """Pause, and return the step at which the run stands."""
    press(page, "Pause")
    expect(main(page).get_by_role("button", name="Resume", exact=True)).to_be_visible()
    eventually(lambda: state(page) == "Paused", "a pause")
    return step(page)


def drawn(canvas: Locator) -> str:
    """The pixels of a canvas."""
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def settled(canvas: Locator) -> str:
    """The pixels of a canvas as soon as its last glide, of 0.2 s, is over."""

    def still() -> str:
        before = drawn(canvas)
        time.sleep(0.3)
        return before if drawn(canvas) == before else ""

    return str(eventually(still, "a canvas that rests"))


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


def losses(folder: Path) -> list[float]:
    """Every step's loss of a run."""
    if not (folder / "ticks.jsonl").exists():
        return []
    whole = _read(folder / "ticks.jsonl").rpartition("\n")[0]
    return [x for line in whole.splitlines() for x in json.loads(line)["losses"]]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def rested(page: Page) -> None:
    """Wait until no script runs and what it drew is there, keys and all."""
    page.wait_for_timeout(300)
    idle = '[data-testid="stApp"][data-test-script-state="notRunning"]'
    page.locator(idle).wait_for(state="attached")
    page.wait_for_timeout(300)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
