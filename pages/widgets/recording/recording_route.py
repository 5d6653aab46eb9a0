"""The route that serves a recorded run: all its frames in one response."""

import hashlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.shell.base_url import base_url_path
from pages.shell.components import CACHE_FOREVER
from pages.widgets.recording.recording_payload import recording_payload


def recording_url(slug: str) -> str:
    """URL of all frames of a recording, relative to the page.

    Raises:
        ValueError: one sentence, if the slug is unknown or the file cannot be read.
    """
    content = recording_payload(slug)
    return f"recordings/{slug}/{hashlib.sha256(content).hexdigest()[:16]}"


async def _serve_recording(request: Request) -> Response:
    """A recording as JSON; 404 for a URL that :func:`recording_url` does not return."""
    slug = request.path_params["slug"]
    try:
        url = await run_in_threadpool(recording_url, slug)
    except ValueError:
        return Response(status_code=404)
    if url != f"recordings/{slug}/{request.path_params['version']}":
        return Response(status_code=404)
    return Response(
        recording_payload(slug),
        media_type="application/json",
        headers={"Cache-Control": CACHE_FOREVER},
    )


ROUTE = Route(f"{base_url_path()}/recordings/{{slug}}/{{version}}", _serve_recording)
