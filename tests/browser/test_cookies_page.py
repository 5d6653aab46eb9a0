"""The learner's cookie in a real browser: what it keeps, and whose the runs are."""

import json
import urllib.request
from pathlib import Path

import pytest
from page_actions import (
    eventually,
    main,
    newest_run,
    press,
    run_folders,
    state,
    wait_for_step,
)
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.slow
DEEP = "/playground?batch_size=32"


def ids(context: BrowserContext) -> list[str]:
    """The values of the learner's cookies, which all are safe from scripts."""
    kept = [c for c in context.cookies() if "learner" in c["name"]]
    assert all(c["httpOnly"] and c["sameSite"] == "Lax" for c in kept)
    return [c["value"] for c in kept]


def train(page: Page, runs: Path) -> str:
    """Start a run, and return the id of the learner who owns it."""
    press(page, "Train")
    wait_for_step(page, 1)
    return owner(newest_run(runs))


def owner(run: Path) -> str:
    return str(json.loads((run / "config.json").read_text())["owner"])


def finds_a_run(page: Page) -> None:
    """Load the playground again; it shows a run."""
    page.goto(DEEP)
    eventually(lambda: state(page), "the run after a refresh")


def test_the_first_script_run_of_a_deep_page_has_the_cookie(
    page: Page, runs: Path
) -> None:
    setting: list[str] = []
    page.on(
        "response",
        lambda r: setting.extend([r.url] * ("learner_" in str(r.headers_array()))),
    )
    page.goto(DEEP)
    (own,) = ids(page.context)
    assert own not in page.evaluate("document.cookie")
    assert train(page, runs) == own
    assert setting == [page.url], "no script, picture or module sets it again"
    finds_a_run(page)
    assert ids(page.context) == [own]

    press(page, "Pause")
    # The browser still has the page, so that the server only says "not modified".
    page.context.clear_cookies()
    page.goto(DEEP)
    (new,) = ids(page.context)
    assert new != own and not state(page)


def test_a_learner_of_an_earlier_version_keeps_the_runs(
    page: Page, runs: Path, server: str
) -> None:
    old = {"name": "ssl_learner", "value": "A" * 22, "url": server}
    page.context.add_cookies([old])
    page.goto(DEEP)
    assert ids(page.context) == ["A" * 22]
    assert train(page, runs) == "A" * 22


def test_tabs_that_open_at_once_are_of_one_learner(page: Page, runs: Path) -> None:
    page.goto("/health")
    context = page.context
    with context.expect_page(lambda _: len(context.pages) == 4):
        page.evaluate("for (let i = 0; i < 3; i++) window.open('/playground')")
    tabs, before = context.pages[1:], len(run_folders(runs))
    for tab in tabs:
        button = main(tab).get_by_role("button", name="Train", exact=True)
        expect(button).to_be_visible(timeout=120_000)  # three pages load at once
    for tab in tabs:
        tab.bring_to_front()
        press(tab, "Train")
        wait_for_step(tab, 1)
    assert len({owner(run) for run in run_folders(runs)[before:]}) == 1
    for tab in tabs:
        tab.close()
    page.goto(DEEP)
    assert len(ids(context)) == 1, "a page deletes the ids that no tab has taken"


def test_a_second_tab_s_late_answer_takes_no_run_away(
    page: Page, runs: Path, server: str
) -> None:
    # Its request left before the first answer came, so it has no cookie.
    request = urllib.request.Request(
        f"{server}/playground", headers={"Accept": "text/html"}
    )
    late = urllib.request.urlopen(request, timeout=30)
    name, _, value = late.headers["Set-Cookie"].partition(";")[0].partition("=")
    page.goto(DEEP)
    own = train(page, runs)
    cookie = {"name": name, "value": value, "url": server, "httpOnly": True}
    page.context.add_cookies([cookie | {"sameSite": "Lax"}])
    assert ids(page.context) == [own, value]
    finds_a_run(page)
    assert ids(page.context) == [own]
