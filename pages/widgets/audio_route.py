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

from pages.shell import resources, run_keys
from pages.shell.base_url import base_url_path
from pages.widgets.audio.held_out import held_out_voices
from pages.widgets.audio.wav import audible, wav
from pages.widgets.recording import recording_route
from ssl_core.service import UnknownRun


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
    run = run_keys.run_of(key)
    if key == "held_out":
        return held_out_voices().images.numpy()
    try:
        if run is None:
            return recording_route.recording(key).map_set.images
        known = resources.service().map_set(run)
    except (UnknownRun, ValueError):
        return None
    return known.images if known else None


@lru_cache(maxsize=256)
def _made(levels: bytes, bands: int) -> bytes:
    return wav(audible(np.frombuffer(levels, np.uint8).reshape(bands, -1)))


ROUTE = Route(f"{base_url_path()}/sounds/{{key}}/{{point:int}}", _sound)
