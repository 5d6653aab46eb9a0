"""A browser for benchmarks, and how it detects that a page is complete."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.chromium import DESK
from tests.load.server import Server, serving

PATIENCE = 120_000  # ms
PACE = 20  # ms between two looks at what is drawn
# A page stands once its title is there, its script is over, and no chart is still to come.
STANDS = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const main = document.querySelector('[data-testid="stMain"]');
  return app?.dataset.testScriptState === 'notRunning' && main?.querySelector('h1')
    && !main.querySelector('[data-testid="stSkeleton"]')
    && [...main.querySelectorAll('[data-testid="stPlotlyChart"]')]
      .every(chart => chart.querySelector('.main-svg'));
}"""


@contextlib.contextmanager
def app(**settings: object) -> Iterator[Server]:
    """The app with a folder of runs of its own.

    Args:
        settings: an operator's settings by field name.
    """
    with tempfile.TemporaryDirectory() as place:
        with serving(Path(place) / "runs", Path(place) / "log", **settings) as server:
            yield server
        printed = server.log.read_text()
        assert "Traceback" not in printed, printed


def visitor(browser: Browser, address: str = "") -> Page:
    """A fresh visitor at a desk."""
    context = browser.new_context(viewport=DESK, base_url=address or None)
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def stands(page: Page) -> None:
    """Wait until the page is complete."""
    page.wait_for_function(STANDS, polling=PACE)


def leave(page: Page) -> None:
    """Close the visitor's page."""
    page.context.close()
