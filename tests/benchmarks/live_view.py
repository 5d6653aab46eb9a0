"""Watching a run: the frame rate of the map, and its cost to training."""

from playwright.sync_api import Page

from tests.benchmarks.browsing import app, stands, visitor
from tests.benchmarks.figures import Figure
from tests.chromium import launched
from tests.load.asyncio_thread import run
from tests.load.scenarios import speed, states
from tests.load.server import Server

TURNS = 6
SECONDS = 10.0
FORGET = "() => performance.clearResourceTimings()"
FRAMES = """() => performance.getEntriesByType('resource')
  .filter(got => got.name.includes('/frames/') && got.responseStatus === 200).length"""


def measure() -> list[Figure]:
    """Alternately watched and unwatched in one run, so that both share conditions."""
    updates, watched, alone = [], [], []
    with launched() as opened, app(idle_timeout_s=3600, max_seconds=3600) as server:
        page = visitor(opened, server.address)
        trained = train(page, server)
        address = page.url
        for _ in range(TURNS):
            page.wait_for_timeout(1_000)  # the turn before is over
            page.evaluate(FORGET)
            watched += run(speed(server.runs, [trained], SECONDS))
            updates.append(page.evaluate(FRAMES) / SECONDS)
            page.goto("about:blank")
            page.wait_for_timeout(1_000)
            alone += run(speed(server.runs, [trained], SECONDS))
            page.goto(address)
            stands(page)
    loss = [100 * (1 - w / a) for w, a in zip(watched, alone, strict=True)]
    return [
        Figure("map updates while a run trains", "a second", updates, ">= 4 a second"),
        Figure("training speed, nobody watches", "images/s", alone),
        Figure("training speed, watched", "images/s", watched),
        Figure("what watching costs the training", "%", loss, "<= 15 %"),
    ]


def train(page: Page, server: Server) -> str:
    """Press Train on the playground, and wait until the map moves; the run's id."""
    page.goto("/playground")
    stands(page)
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Train", exact=True).click()
    main.get_by_text("kNN accuracy").first.wait_for()
    (found,) = states(server.runs)
    return found
