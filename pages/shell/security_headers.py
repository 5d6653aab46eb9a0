"""What every answer of the web server tells a browser to forbid."""

from typing import Any

from starlette.datastructures import MutableHeaders

from pages.shell import resources

HEADERS = {
    # A file that came from a learner is never taken for a script or a page.
    "X-Content-Type-Options": "nosniff",
    # Addresses hold knobs, set links and the operators' key: other sites get none.
    "Referrer-Policy": "same-origin",
}
# Scripts and styles are Streamlit's own matter: it needs both inline.
POLICY = "object-src 'none'; base-uri 'self'; frame-ancestors {}"


class SafeHeaders:
    """ASGI middleware that adds :data:`HEADERS` and a policy where they are missing."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and its answer back with the headers."""

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | _policy()).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, answer if scope["type"] == "http" else send)


def _policy() -> dict[str, str]:
    allowed = resources.settings().frame_ancestors
    return {"Content-Security-Policy": POLICY.format(allowed)}
