"""The processor time of an idle page."""

from tests.benchmarks.browsing import app, leave, stands, visitor
from tests.benchmarks.figures import Figure
from tests.chromium import launched

PAGES = ("welcome", "playground", "lesson_negatives", "reading_the_map", "quiz")
SECONDS = 20
WARMING = 30_000  # ms, in which the server and its workers get warm


def measure() -> list[Figure]:
    """Processor time of the web server over some seconds, beside no page and each page."""
    used = []
    with launched() as opened, app() as server:
        page = visitor(opened, server.address)
        page.goto("/")
        stands(page)
        page.wait_for_timeout(WARMING)
        leave(page)
        for name in (None, *PAGES):
            page = visitor(opened, server.address)
            if name:
                page.goto(f"/{name}")
                stands(page)
            page.wait_for_timeout(3_000)  # what the visit itself still costs
            before = server.cpu_seconds()["server"]
            page.wait_for_timeout(SECONDS * 1000)
            used.append((server.cpu_seconds()["server"] - before) / SECONDS)
            leave(page)
    nobody, *watched = (100 * part for part in used)
    return [
        Figure("server without a visitor", "% of a core", [nobody]),
        Figure(
            f"server beside an idle page ({', '.join(PAGES)})",
            "% of a core",
            watched,
            "none",
        ),
    ]
