"""The browser of the tests and the benchmarks."""

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

SYSTEM = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
DESK = {"width": 1400, "height": 1000}  # pixels


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """The system's Chromium if there is one, else Playwright's own."""
    system = next((p for n in SYSTEM if (p := shutil.which(n))), None)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=system, args=list(QUIET))
        yield opened
        opened.close()
