"""Security headers of every HTTP response."""

from typing import Any

from starlette.datastructures import MutableHeaders

from pages.shell import resources

HEADERS = {
    # A browser must not take a learner's file for a script or a page.
    "X-Content-Type-Options": "nosniff",
    # URLs hold settings, which other sites must not get.
    "Referrer-Policy": "same-origin",
}
# It says nothing of scripts and styles: Streamlit needs both inline.
CONTENT_SECURITY_POLICY = "object-src 'none'; base-uri 'self'; frame-ancestors {}"


class SecurityHeaders:
    """ASGI middleware that adds :data:`HEADERS` and a content security policy.

    A header that the response has already is kept.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and add the headers to its response."""

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | _policy_header()).items():
                    headers.setdefault(name, value)
            await send(message)

        is_http = scope["type"] == "http"
        await self.app(scope, receive, send_with_headers if is_http else send)


def _policy_header() -> dict[str, str]:
    allowed = resources.settings().frame_ancestors
    return {"Content-Security-Policy": CONTENT_SECURITY_POLICY.format(allowed)}
