"""The route that serves the live map's frames by long polling.

A script run redraws a page with all its widgets, but a frame is a few kilobytes for one
canvas. So the page draws the map once, with the URL of its frames. When the browser has drawn
a frame, it requests the next; the request waits until the run has a new one.
"""

import asyncio
import json
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.shell import resources, run_keys
from pages.shell.base_url import base_url_path
from pages.widgets.map.map_codec import encode_frame
from ssl_core.service import ACTIVE, UMAP_MIN_POINTS, UnknownRun

# Time between two checks for a new frame. It grows while there is none, so that queued runs
# cost little.
POLL_SECONDS, POLL_BACKOFF, MAX_POLL_SECONDS = 0.05, 1.25, 0.5
MAX_WAIT_SECONDS = 3.0  # short, because a server that stops waits for open requests
LAYOUTS = ("pca", "umap")


def frames_url(run: str, layout: str) -> str:
    """URL of the frames of a run, relative to the page.

    It contains a key of the run, which gives read access to the map.

    Args:
        run: a run that the page's learner may see.
        layout: "pca", computed at every tick, or "umap", computed in the background.
    """
    return f"frames/{run_keys.key_of(run)}/{layout}"


def next_frame(
    run: str, layout: str, after: str | None = None
) -> dict[str, Any] | None:
    """The frame of a run's map that follows ``after``, ready for JSON.

    It requests the UMAP layout of the current step if nobody has computed it.

    Args:
        run: its id.
        layout: one of :data:`LAYOUTS`.
        after: ``frame_id`` of the frame that the browser has.

    Returns:
        None if the run has no frame yet, or if its frame is ``after``.
    """
    from pages.widgets import run_text
    from ssl_core.data import things

    service = resources.service()
    status, snapshot = service.status(run), service.latest(run)
    if snapshot is None:
        return None
    tick, xy, note = snapshot.scalars, snapshot.map_xy, ""
    umap = service.umap(run) if layout == "umap" else None
    is_computing = False
    if layout == "umap":
        if len(xy) < UMAP_MIN_POINTS:
            note = f" · UMAP needs {UMAP_MIN_POINTS} points, this is PCA"
        else:
            is_current = umap is not None and umap.step == tick["step"]
            is_computing = not is_current and service.request_umap(run)
            if umap:
                xy, note = umap.xy, f" · UMAP of step {umap.step}"
            else:
                note = " · UMAP is being computed, PCA until then"
    frame_id = f"{status.state}-{tick['step']}-{umap.step if umap else layout}"
    if frame_id == after:
        return None
    medium = things(str(status.config.get("data", "shapes")))
    return encode_frame(xy, snapshot.map_neighbours) | {
        "frame_id": frame_id,
        "state": status.state,
        "over": status.state not in ACTIVE and not is_computing,
        "title": run_text.map_title(tick, len(xy), medium) + note,
        "alt": run_text.map_alt(tick, len(xy), medium),
    }


async def _serve_next_frame(request: Request) -> Response:
    """The next frame as JSON; 204 if there is none in time, 404 for an unknown key."""
    run = run_keys.run_of(request.path_params["key"])
    layout = request.path_params["layout"]
    if run is None or layout not in LAYOUTS:
        return Response(status_code=404)
    after = request.query_params.get("after")
    pause, until = POLL_SECONDS, time.monotonic() + MAX_WAIT_SECONDS
    while time.monotonic() < until:
        try:
            frame = await run_in_threadpool(next_frame, run, layout, after)
        except UnknownRun:  # the run has expired
            return Response(status_code=404)
        except ValueError:  # a file cannot be read now; the browser tries again
            return Response(status_code=503)
        if frame is not None:
            return Response(
                json.dumps(frame),
                media_type="application/json",
                headers={"Cache-Control": "no-store"},
            )
        if await request.is_disconnected():
            break
        await asyncio.sleep(pause)
        pause = min(pause * POLL_BACKOFF, MAX_POLL_SECONDS)
    return Response(status_code=204)


ROUTE = Route(f"{base_url_path()}/frames/{{key}}/{{layout}}", _serve_next_frame)
