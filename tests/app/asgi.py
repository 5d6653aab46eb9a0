"""Asks routes of the app without a server."""

from dataclasses import dataclass
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from pages.shell.security_headers import SecurityHeaders


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def get(path: str, *routes: Route) -> Answer:
    """What a web server with these routes and our headers answers."""
    app = Starlette(routes=list(routes), middleware=[Middleware(SecurityHeaders)])
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    request = {"type": "http", "method": "GET", "path": path, "headers": []}
    request |= {"query_string": b"", "root_path": "", "http_version": "1.1"}
    anyio.run(app, request, receive, send)
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    body = b"".join(m.get("body", b"") for m in sent[1:])
    return Answer(sent[0]["status"], headers, body)
