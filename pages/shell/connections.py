"""Counter of connected browsers."""

from typing import Any

_STREAM = "/_stcore/stream"  # Streamlit's web socket, one for each open page
_open_sockets = 0


class ConnectionCounter:
    """ASGI middleware that counts Streamlit's open web sockets."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a connection on, and count it until it is closed."""
        global _open_sockets
        is_page = scope["type"] == "websocket" and scope["path"].endswith(_STREAM)
        _open_sockets += is_page
        try:
            await self.app(scope, receive, send)
        finally:
            _open_sockets -= is_page


def count() -> int:
    """How many browsers are connected now."""
    return _open_sockets
