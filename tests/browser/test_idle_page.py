"""A page on which nobody does anything costs its server nothing."""

import pytest
from page_actions import Visit, at_rest, eventually, settled, stays
from playwright.sync_api import Page, Request, WebSocket

pytestmark = pytest.mark.slow

PAGES = ("/", "/playground", "/lesson_negatives", "/reading_the_map", "/quiz")


def test_idle_pages_and_their_server_say_nothing(visit: Visit) -> None:
    messages: dict[str, list[str]] = {address: [] for address in PAGES}
    tabs = [visit() for _ in PAGES]
    for tab, heard in zip(tabs, messages.values(), strict=True):
        listen(tab, heard)
    for tab, address in zip(tabs, PAGES, strict=True):
        tab.goto(address)
    for tab in tabs:
        at_rest(tab)

    def counts() -> list[int]:
        tabs[0].evaluate("1")  # lets Playwright report the messages until now
        return [len(heard) for heard in messages.values()]

    # The last module that every page loads is fetched, then imported; a slow machine may
    # pause for long before that.
    def loaded(heard: list[str]) -> bool:
        return sum(url.endswith("progress/store.js") for url in heard) == 2

    eventually(lambda: counts() and all(map(loaded, messages.values())), "all modules")
    settled(counts, "what it takes to come", 2)
    for heard in messages.values():
        heard.clear()
    try:
        stays(lambda: not any(counts()), "no message", 4)
    except AssertionError:
        pytest.fail(f"messages of idle pages: {messages}")


def listen(tab: Page, heard: list[str]) -> None:
    """Note every request to a server, and every message of a web socket."""

    def follow(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: heard.append(f"sent {frame!r:.200}"))
        socket.on("framereceived", lambda frame: heard.append(f"got {frame!r:.200}"))

    tab.on("websocket", follow)

    def ask(request: Request) -> None:
        if request.url.startswith("http"):  # blob: and data: stay in the browser
            heard.append(request.url)

    tab.on("request", ask)
