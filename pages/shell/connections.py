"""Counts the visits whose browser is connected."""

from typing import Any

_STREAM = "/_stcore/stream"  # Streamlit's web socket, one for each open page
_open = 0


class ConnectionCounter:
    """ASGI middleware that counts Streamlit's open web sockets."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a connection on; it counts until it is closed."""
        global _open
        counts = scope["type"] == "websocket" and scope["path"].endswith(_STREAM)
        _open += counts
        try:
            await self.app(scope, receive, send)
        finally:
            _open -= counts


def count() -> int:
    """How many browsers are connected now."""
    return _open
