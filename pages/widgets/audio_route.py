"""The route that serves the sound of a point on a map.

The sound is made from the spectrogram that the map shows, so that a learner hears what the
encoder gets. The route is not in ``widgets.audio``, because it needs ``widgets.recording``,
which needs that package.
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
from pages.widgets.audio.wav import encode_wav, levels_to_samples
from pages.widgets.recording import recording_catalogue
from ssl_core.service import UnknownRun


async def _serve_sound(request: Request) -> Response:
    """One point's sound; 404 if there is no such map, point or sound."""
    content = await run_in_threadpool(
        _wav_file, request.path_params["key"], request.path_params["point"]
    )
    if content is None:
        return Response(status_code=404)
    return Response(
        content,
        media_type="audio/wav",
        headers={"Cache-Control": "private, max-age=3600"},
    )


def _wav_file(key: str, point: int) -> bytes | None:
    images = _map_images(key)
    if images is None or point >= len(images) or images.shape[1] != 1:
        return None
    try:
        return _cached_wav(images[point, 0].tobytes(), images.shape[2])
    except ValueError:  # a grey picture, not a spectrogram
        return None


def _map_images(key: str) -> np.ndarray | None:
    run = run_keys.run_of(key)
    if key == "held_out":
        return held_out_voices().images.numpy()
    try:
        if run is None:
            return recording_catalogue.load(key).map_set.images
        map_set = resources.service().map_set(run)
    except (UnknownRun, ValueError):
        return None
    return map_set.images if map_set else None


@lru_cache(maxsize=256)
def _cached_wav(levels: bytes, bands: int) -> bytes:
    return encode_wav(
        levels_to_samples(np.frombuffer(levels, np.uint8).reshape(bands, -1))
    )


ROUTE = Route(f"{base_url_path()}/sounds/{{key}}/{{point:int}}", _serve_sound)
