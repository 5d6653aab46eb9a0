"""From a click on a link to the next page, over all pages of the menu."""

from playwright.sync_api import Locator, Page

from tests.benchmarks.browsing import PATIENCE, STANDS, app, stands, visitor
from tests.benchmarks.figures import Figure
from tests.chromium import launched

ROUNDS = 5
WARMING = 12_000  # ms, in which the server imports what later pages need
SKIP = "Read on without answering"  # the question that stands before a lesson
# Inside the browser, so that the tool that drives it takes no part: from the click until
# another title is there, the script is over, and what it drew stands.
FOLLOW = f"""link => new Promise((resolve, reject) => {{
  const stands = {STANDS};
  const title = () => document.querySelector('[data-testid="stMain"] h1')?.innerText;
  const before = title(), began = performance.now();
  const look = () => {{
    const took = performance.now() - began;
    if (took > {PATIENCE}) reject(new Error(`${{link.href}} does not stand`));
    else if (title() === before || !stands()) requestAnimationFrame(look);
    else resolve(took / 1000);
  }};
  link.click();
  look();
}})"""


def measure() -> list[Figure]:
    """One visitor opens every page in turn; the first round is reported separately."""
    with launched() as opened, app() as server:
        page = visitor(opened, server.address)
        page.goto(
            "/for_teachers"
        )  # the menu's last, so that a round moves at every click
        stands(page)
        page.wait_for_timeout(WARMING)
        first = _round(page)
        again = [_round(page) for _ in range(ROUNDS)]
    every = [seconds for one in again for seconds in one.values()]
    slowest = max(first, key=lambda name: sum(one[name] for one in again))
    return [
        Figure("page to page, first visits, p95", "s", list(first.values()), at=0.95),
        Figure("page to page, p50", "s", every),
        Figure("page to page, p95", "s", every, "<= 0.3 s", at=0.95),
        Figure(f"to the slowest page, {slowest}", "s", [one[slowest] for one in again]),
    ]


def _round(page: Page) -> dict[str, float]:
    """Seconds to each page of the menu, by the last part of its address."""
    took = {}
    for section in [None, *page.get_by_test_id("stTopNavSection").all()]:
        count = len(_links(page, section))
        for i in range(count):
            link = _links(page, section)[i]
            name = (link.get_attribute("href") or "").rpartition("/")[2] or "welcome"
            took[name] = float(link.evaluate(FOLLOW))
            _open_lesson(page)
    return took


def _links(page: Page, section: Locator | None) -> list[Locator]:
    """What the menu, or a section of it, links to; a section opens where it is asked."""
    if section is None:
        return page.get_by_test_id("stTopNavLink").all()
    links = page.get_by_test_id("stTopNavDropdownLink")
    if not links.count():
        section.click()
        links.first.wait_for()
    return links.all()


def _open_lesson(page: Page) -> None:
    """What a lesson costs is its text, and that stands behind a question."""
    skip = page.get_by_role("button", name=SKIP)
    if skip.count():
        skip.click()
        skip.wait_for(state="detached")
        stands(page)
