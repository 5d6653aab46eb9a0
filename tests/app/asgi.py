"""Asks routes of the app without a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from pages.shell.security_headers import SecurityHeaders

HEADERS = (Middleware(SecurityHeaders),)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str]  # every Set-Cookie header


def get(path: str, *routes: Route) -> Answer:
    """What a web server with these routes and our headers answers."""
    return ask(path, routes)


def ask(
    path: str,
    routes: Sequence[Route],
    middleware: Sequence[Middleware] = HEADERS,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    scheme: str = "http",
    address: str = "192.0.2.1",
) -> Answer:
    """What a web server answers to a request.

    Args:
        path: with its query.
        routes: of the server.
        middleware: of the server.
        method: of the request.
        headers: of the request.
        body: of the request.
        scheme: by which the server itself is asked.
        address: of the client.
    """
    app = Starlette(routes=list(routes), middleware=list(middleware))
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    path, _, query = path.partition("?")
    request = {"type": "http", "method": method, "path": path, "scheme": scheme}
    request |= {"query_string": query.encode(), "root_path": "", "http_version": "1.1"}
    request["headers"] = [
        (name.lower().encode(), value.encode())
        for name, value in (headers or {}).items()
    ]
    request["client"] = (address, 50_000)
    anyio.run(app, request, receive, send)
    pairs = [(k.decode(), v.decode()) for k, v in sent[0]["headers"]]
    return Answer(
        sent[0]["status"],
        dict(pairs),
        b"".join(m.get("body", b"") for m in sent[1:]),
        [value for name, value in pairs if name == "set-cookie"],
    )
