"""A page on which nobody does anything costs its server nothing."""

from page_actions import Visit, at_rest, stays
from playwright.sync_api import Page, WebSocket

PAGES = ("/", "/playground", "/lesson_negatives", "/reading_the_map", "/quiz")


def test_idle_pages_and_their_server_say_nothing(visit: Visit) -> None:
    messages: dict[str, list[object]] = {address: [] for address in PAGES}
    tabs = [visit() for _ in PAGES]
    for tab, heard in zip(tabs, messages.values(), strict=True):
        listen(tab, heard)
    for tab, address in zip(tabs, PAGES, strict=True):
        tab.goto(address)
    for tab in tabs:
        at_rest(tab)
    counts = {address: len(heard) for address, heard in messages.items()}
    assert all(counts.values())  # what it takes to come

    def silent() -> bool:
        tabs[0].evaluate("1")  # lets Playwright report the messages until now
        return counts == {address: len(heard) for address, heard in messages.items()}

    stays(silent, f"no message beyond {counts}", 4)


def listen(tab: Page, heard: list[object]) -> None:
    """Note every request, and every message of a web socket."""

    def note(message: object) -> None:
        heard.append(message)

    def follow(socket: WebSocket) -> None:
        socket.on("framesent", note)
        socket.on("framereceived", note)

    tab.on("websocket", follow)
    tab.on("request", note)
