"""The components' modules on a page: loaded when needed, and gone with their page."""

from typing import Any

import pytest
from page_actions import eventually, main
from playwright.sync_api import CDPSession, Locator, Page, expect


def wheel_listeners(devtools: CDPSession) -> int:
    """How many listeners wait for the wheel on the window itself."""
    window = devtools.send("Runtime.evaluate", {"expression": "window"})
    found = devtools.send(
        "DOMDebugger.getEventListeners", {"objectId": window["result"]["objectId"]}
    )
    return sum(one["type"] == "wheel" for one in found["listeners"])


def described(canvas: Locator) -> str:
    """The text that ``aria-describedby`` names."""
    look = "c => c.getRootNode().getElementById(c.getAttribute('aria-describedby'))"
    return str(canvas.evaluate(f"{look}.textContent"))


@pytest.mark.slow
def test_modules_come_when_they_are_needed_and_listeners_go_with_their_page(
    page: Page,
) -> None:
    def modules(folder: str) -> list[str]:
        # The loader fetches a module, then imports it from the browser's cache.
        asked = """performance.getEntriesByType('resource')
            .filter(entry => entry.initiatorType !== 'fetch').map(entry => entry.name)"""
        return [
            url
            for url in page.evaluate(asked)
            if "/components/" in url and f"/{folder}/" in url
        ]

    page.goto("/")
    expect(main(page).get_by_role("link", name="Open the playground")).to_be_visible()
    eventually(lambda: modules("progress"), "the modules that every page has")
    page.wait_for_load_state("networkidle")
    assert not any(map(modules, ("map", "matrix", "by_hand", "recording")))
    devtools: Any = page.context.new_cdp_session(page)
    before = wheel_listeners(devtools)

    main(page).get_by_role("link", name="Open the playground").click()
    canvas = page.locator("canvas.points")
    expect(canvas).to_have_attribute("role", "application")
    assert described(canvas).startswith("Left and right step through the points")
    assert wheel_listeners(devtools) == before + 1
    loaded = modules("map")
    assert len(loaded) == len(set(loaded)) > 5

    page.get_by_role("link", name="Welcome").first.click()
    expect(canvas).to_have_count(0)
    eventually(lambda: wheel_listeners(devtools) == before, "no listener of the map")
    main(page).get_by_role("link", name="Open the playground").click()
    expect(canvas).to_be_visible()
    assert wheel_listeners(devtools) == before + 1
    assert modules("map") == loaded, "a module is loaded once"
