"""A page on which nobody does anything costs its server nothing."""

import pytest
from lab import rested
from playwright.sync_api import Page, WebSocket


@pytest.mark.parametrize(
    "address", ["/", "/playground", "/lesson_negatives", "/reading_the_map", "/quiz"]
)
def test_an_idle_page_and_its_server_say_nothing(page: Page, address: str) -> None:
    said: list[object] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: said.append(frame))
        socket.on("framereceived", lambda frame: said.append(frame))

    page.on("websocket", listen)
    page.on("request", lambda request: said.append(request.url))
    page.goto(address)
    rested(page)
    assert said  # what it takes to come
    page.wait_for_timeout(2000)
    said.clear()
    page.wait_for_timeout(4000)
    assert said == []
