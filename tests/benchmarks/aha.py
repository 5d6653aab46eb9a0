"""From a click on Train until the page reports that kNN separates shapes."""

import time

from playwright.sync_api import Browser

from tests.benchmarks.browsing import (
    PACE,
    PATIENCE,
    app,
    leave,
    stands,
    visitor,
)
from tests.benchmarks.figures import Figure
from tests.chromium import launched

TIMES, ENOUGH = 3, 0.90
AT_MOST = 5 * PATIENCE  # on a machine that others use, a run takes its time
WARMING = 30_000  # ms, in which the worker gets warm
SAYS_ENOUGH = f"""() => {{
  const says = document.querySelector('[data-testid="stMain"]')?.innerText ?? '';
  return Number(says.match(/kNN accuracy ([\\d.]+)/)?.[1]) >= {ENOUGH};
}}"""


def measure() -> list[Figure]:
    """A new server for every click, with the sidebar's defaults."""
    with launched() as opened:
        cold = [_click(opened, 0) for _ in range(TIMES)]
        warm = [_click(opened, WARMING) for _ in range(TIMES)]
    goal = f"Train to kNN {ENOUGH:.2f} on shapes"
    return [
        Figure(f"{goal}, the server has just started", "s", cold, "<= 20 s"),
        Figure(f"{goal}, its worker is warm", "s", warm, "<= 15 s"),
    ]


def _click(opened: Browser, waits: float) -> float:
    with app() as server:
        page = visitor(opened, server.address)
        page.goto("/playground")
        stands(page)
        page.wait_for_timeout(waits)
        train = page.get_by_test_id("stMain").get_by_role("button", name="Train")
        began = time.monotonic()
        train.first.click()
        page.wait_for_function(SAYS_ENOUGH, polling=PACE, timeout=AT_MOST)
        took = time.monotonic() - began
        leave(page)
    return took
