"""The route that serves a recorded run: all its frames in one response.

It stands apart from :mod:`pages.widgets.recording.recording_player`, which draws them: the
web server needs the route before there is a page.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.shell.base_url import base_url_path
from pages.shell.paths import ASSETS
from pages.widgets import run_text
from pages.widgets.map.map_codec import encode_frame
from ssl_core import recordings

FOLDER = ASSETS / "recordings"
# An address names its content, so what it once gave stays right.
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class RecordingInfo:
    """How a recording is called, what to look for in it, and what its points are."""

    label: str
    watch: str
    holds: str = "images"  # ssl_core.data.things of its data, which needs torch


RECORDINGS = {
    "simclr": RecordingInfo(
        "SimCLR",
        "Shapes find together although no label was used: partners attract, "
        "all other images repel.",
    ),
    "crop_only": RecordingInfo(
        "SimCLR, crop only",
        "Without colour changes the background is enough to find the partner. Colour the "
        "map by background hue, and see which bars stay.",
    ),
    "byol": RecordingInfo(
        "BYOL",
        "No negatives at all: a slowly moving average of the encoder is the target.",
    ),
    "simsiam_collapse": RecordingInfo(
        "SimSiam without stop-gradient",
        "The loss falls towards its best value because every image becomes the same "
        "point: collapse.",
    ),
    "voices": RecordingInfo(
        "SimCLR on sound",
        "The same code on spectrograms of syllables that this program speaks: *what* was "
        "said gathers, although eight voices say it.",
        "clips",
    ),
}


def available() -> list[str]:
    """Slugs of the recordings that are there."""
    return [slug for slug in RECORDINGS if (FOLDER / f"{slug}.npz").is_file()]


@lru_cache(maxsize=len(RECORDINGS))
def recording(slug: str) -> recordings.Recording:
    """A shipped recording.

    Raises:
        ValueError: one sentence, if there is none of this name or it cannot be read.
    """
    if slug not in RECORDINGS:
        raise ValueError(f"recording is {slug!r}; allowed are {', '.join(RECORDINGS)}")
    try:
        return recordings.load(FOLDER / f"{slug}.npz")
    except FileNotFoundError as error:
        raise ValueError(str(error)) from None


def address(slug: str) -> str:
    """Where a browser gets all frames of a recording, relative to the page.

    Raises:
        ValueError: as :func:`recording`.
    """
    body = recording_payload(slug)
    return f"recordings/{slug}/{hashlib.sha256(body).hexdigest()[:16]}"


@lru_cache(maxsize=len(RECORDINGS))
def recording_payload(slug: str) -> bytes:
    """All that plays, as JSON: frames, curves and what the probes found.

    Raises:
        ValueError: as :func:`recording`.
    """
    shown = recording(slug)
    scores = shown.scores()
    place = {found["step"]: i for i, found in enumerate(scores)}
    last, holds = shown.frames[-1]["step"], RECORDINGS[slug].holds
    frames = [
        encode_frame(shown.positions(i), shown.neighbours[i])
        | _told(tick, len(shown.xy[i]), last, holds)
        | {
            "frame_id": f"{slug}-{tick['step']}",
            "scored": place[tick["scores"]["step"]],
        }
        for i, tick in enumerate(shown.frames)
    ]
    probes = scores[-1]["probes"]
    return json.dumps(
        {
            "frames": frames,
            "scored": [
                {
                    "scores": found["probes"],
                    "says": run_text.knn_now(found, holds) if found["knn"] else "",
                }
                for found in scores
            ],
            "loss": _loss(shown, last),
            "knn": _knn(scores, last),
            # In one order through the run, so that a bar stays where it is.
            "factors": sorted(probes, key=lambda name: -probes[name]["accuracy"]),
        },
        allow_nan=False,
        separators=(",", ":"),
    ).encode()


def _told(tick: Mapping[str, Any], count: int, last: int, holds: str) -> dict[str, Any]:
    """One frame in words, as the live map tells its own."""
    return {
        "state": "",
        "step": tick["step"],
        "title": run_text.map_title(tick, count, holds),
        "alt": run_text.map_alt(tick, count, holds),
        "caption": run_text.recording_caption(tick, last),
        "says": run_text.loss_now(tick),
        "alarm": run_text.collapse(tick) if tick["collapsed"] else "",
    }


def _loss(shown: recordings.Recording, last: int) -> dict[str, Any]:
    reference = shown.frames[-1]["reference"]
    points = [p for p in shown.curve.T.tolist() if math.isfinite(p[1])]
    seen = [y for _, y in points] + [reference["value"]]
    step = 0.5 if max(seen) - min(seen) > 1 else 0.25
    low, high = (math.floor(min(seen) / step), math.ceil(max(seen) / step))
    below = reference["value"] < (min(seen) + max(seen)) / 2
    low -= below  # room for the words under the line
    middle = (low + high) // 2
    line = {
        "text": f"{reference['meaning']} {reference['value']:.2f}",
        "value": reference["value"],
        "side": "end",
        "above": False,
    }
    return _curve(
        "Loss", points, last, (low * step, middle * step, high * step), [line]
    )


def _knn(scores: list[dict[str, Any]], last: int) -> dict[str, Any] | None:
    if scores[-1]["knn"] is None:
        return None
    points = [(found["step"], found["knn"]["accuracy"]) for found in scores]
    score = scores[-1]["knn"]
    named = (
        ("chance", score["chance"], "end", False),
        ("random init", score["random_init"], "end", True),
        ("raw input", score["raw_input"], "middle", True),
    )
    lines = [
        {"text": f"{text} {value:.2f}", "value": value, "side": side, "above": above}
        for text, value, side, above in named
    ]
    return _curve("kNN on what it never saw", points, last, (0, 0.5, 1), lines)


def _curve(
    name: str, points: Any, last: int, ticks: tuple[float, ...], lines: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "x": [x for x, _ in points],
        "y": [round(y, 4) for _, y in points],
        "last": last,
        "low": ticks[0],
        "high": ticks[-1],
        "ticks": ticks,
        "lines": lines,
    }


async def _whole_film(request: Request) -> Response:
    """A recording as JSON; 404 for an address that :func:`address` does not give."""
    slug = request.path_params["slug"]
    try:
        known = await run_in_threadpool(address, slug)
    except ValueError:
        return Response(status_code=404)
    if known != f"recordings/{slug}/{request.path_params['version']}":
        return Response(status_code=404)
    return Response(
        recording_payload(slug),
        media_type="application/json",
        headers={"Cache-Control": FOREVER},
    )


ROUTE = Route(f"{base_url_path()}/recordings/{{slug}}/{{version}}", _whole_film)
