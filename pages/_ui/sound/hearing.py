"""The sound of a point on a map, for a browser that was asked to play it.

Apart from the page: the web server asks for the route before there is one. What is played
is made from the spectrogram that the map shows, so that uploads and recordings can be heard
as the encoder gets them.
"""

from functools import lru_cache

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages._ui import cache, feed
from pages._ui.recorded import replay
from pages._ui.sound.strangers import strangers
from pages._ui.sound.wav import audible, wav
from ssl_core.service import UnknownRun

STRANGERS = (
    "sounds/strangers"  # where a browser gets the voices that no encoder has heard
)


def of_run(run: str) -> str:
    """Where a browser gets the sounds of a run's map; ``/<point>`` is still to come."""
    return f"sounds/{feed.key_of(run)}"


def of_recording(slug: str) -> str:
    """Where a browser gets the sounds of a recording's map."""
    return f"sounds/{slug}"


async def _sound(request: Request) -> Response:
    """One point's sound; 404 if there is no such map, point or sound."""
    found = await run_in_threadpool(
        _file, request.path_params["key"], request.path_params["point"]
    )
    if found is None:
        return Response(status_code=404)
    return Response(
        found,
        media_type="audio/wav",
        headers={"Cache-Control": "private, max-age=3600"},
    )


def _file(key: str, point: int) -> bytes | None:
    images = _images(key)
    if images is None or point >= len(images) or images.shape[1] != 1:
        return None
    try:
        return _made(images[point, 0].tobytes(), images.shape[2])
    except ValueError:  # a grey picture is no spectrogram
        return None


def _images(key: str) -> np.ndarray | None:
    run = cache.feeds().get(key)
    if key == "strangers":
        return strangers().images.numpy()
    try:
        if run is None:
            return replay.recording(key).map_set.images
        known = cache.service().map_set(run)
    except (UnknownRun, ValueError):
        return None
    return known.images if known else None


@lru_cache(maxsize=256)
def _made(levels: bytes, bands: int) -> bytes:
    return wav(audible(np.frombuffer(levels, np.uint8).reshape(bands, -1)))


ROUTE = Route(f"{feed.base()}/sounds/{{key}}/{{point:int}}", _sound)
