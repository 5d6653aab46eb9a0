"""The live map's frames, for a browser that asks for the next one as soon as it has drawn one.

A script run redraws a page and all its widgets; a frame is a few kilobytes for one canvas.
So the page mounts the map once, with an address under which its frames are served, and the
run is looked at from here: a request waits until there is a frame that it does not know.
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
from ssl_core.service import ACTIVE, FEWEST_POINTS, UnknownRun

# Between two looks for a new frame: what does not come soon is looked for less often, so
# that runs that wait in a line cost next to nothing.
LOOK_SECONDS, SLOWER, SLOWEST_SECONDS = 0.05, 1.25, 0.5
WAIT_SECONDS = 3.0  # a server that stops waits for requests that are open
LAYOUTS = ("pca", "umap")


def address(run: str, layout: str) -> str:
    """Where a browser gets the frames of a run, relative to the page.

    The key in it stands for the run: who was shown the page may see the map.

    Args:
        run: a run that the page's learner may see.
        layout: "pca", drawn at every tick, or "umap", drawn in the background.
    """
    return f"frames/{run_keys.key_of(run)}/{layout}"


def frame(run: str, layout: str, known: str | None = None) -> dict[str, Any] | None:
    """What the map shows now, ready for JSON; None if that is ``known`` or nothing yet.

    Args:
        run: whose map.
        layout: one of :data:`LAYOUTS`.
        known: ``frame_id`` of the frame that the browser has.
    """
    from pages.widgets import run_text
    from ssl_core.data import things

    service = resources.service()
    now, snapshot = service.status(run), service.latest(run)
    state, holds = now.state, things(str(now.config.get("data", "shapes")))
    if snapshot is None:
        return None
    tick, xy, note, drawing = snapshot.scalars, snapshot.map_xy, "", False
    drawn = service.umap(run) if layout == "umap" else None
    if layout == "umap":
        drawing = (drawn.step if drawn else None) != tick["step"]
        if len(xy) < FEWEST_POINTS:
            drawing, note = False, f" · UMAP needs {FEWEST_POINTS} points, this is PCA"
        elif drawn:
            xy, note = drawn.xy, f" · UMAP of step {drawn.step}"
        else:
            note = " · UMAP is being computed, PCA until then"
    drawing = drawing and service.request_umap(run)
    frame_id = f"{state}-{tick['step']}-{drawn.step if drawn else layout}"
    if frame_id == known:
        return None
    return encode_frame(xy, snapshot.map_neighbours) | {
        "frame_id": frame_id,
        "state": state,
        "over": state not in ACTIVE and not drawing,
        "title": run_text.map_title(tick, len(xy), holds) + note,
        "alt": run_text.map_alt(tick, len(xy), holds),
    }


async def _next_frame(request: Request) -> Response:
    """The next frame as JSON; 204 if none came, 404 for a key that is no run's."""
    run = run_keys.run_of(request.path_params["key"])
    layout = request.path_params["layout"]
    if run is None or layout not in LAYOUTS:
        return Response(status_code=404)
    known = request.query_params.get("after")
    pause, until = LOOK_SECONDS, time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        try:
            found = await run_in_threadpool(frame, run, layout, known)
        except UnknownRun:  # it has expired
            return Response(status_code=404)
        except ValueError:  # a file cannot be read now; the browser asks again
            return Response(status_code=503)
        if found is not None:
            return Response(
                json.dumps(found),
                media_type="application/json",
                headers={"Cache-Control": "no-store"},
            )
        if await request.is_disconnected():
            break
        await asyncio.sleep(pause)
        pause = min(pause * SLOWER, SLOWEST_SECONDS)
    return Response(status_code=204)


ROUTE = Route(f"{base_url_path()}/frames/{{key}}/{{layout}}", _next_frame)
