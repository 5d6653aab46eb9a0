"""A recorded run as JSON for the player: frames, curves and results of the probes."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pages.widgets import run_text
from pages.widgets.map.map_codec import encode_frame
from pages.widgets.recording.recording_catalogue import RECORDINGS, load
from ssl_core import recordings


@lru_cache(maxsize=len(RECORDINGS))
def recording_payload(slug: str) -> bytes:
    """All that the player needs, as JSON.

    Raises:
        ValueError: one sentence, if the slug is unknown or the file cannot be read.
    """
    recording = load(slug)
    scores = recording.scores()
    last_step, things = recording.frames[-1]["step"], RECORDINGS[slug].things
    probes = scores[-1]["probes"]
    return json.dumps(
        {
            "frames": _frames(slug, recording),
            "scores": [
                {
                    "scores": score["probes"],
                    "text": run_text.knn_text(score, things) if score["knn"] else "",
                }
                for score in scores
            ],
            "loss": _loss_curve(recording, last_step),
            "knn": _knn_curve(scores, last_step),
            # The order of the last frame for all, so that a bar does not move.
            "factors": sorted(probes, key=lambda name: -probes[name]["accuracy"]),
        },
        allow_nan=False,
        separators=(",", ":"),
    ).encode()


def _frames(slug: str, recording: recordings.Recording) -> list[dict[str, Any]]:
    """Every frame with its texts, its id and the index of its scores."""
    last_step, things = recording.frames[-1]["step"], RECORDINGS[slug].things
    score_index = {score["step"]: i for i, score in enumerate(recording.scores())}
    return [
        encode_frame(recording.positions(i), recording.neighbours[i])
        | _frame_text(tick, len(recording.xy[i]), last_step, things)
        | {
            "frame_id": f"{slug}-{tick['step']}",
            "score_index": score_index[tick["scores"]["step"]],
        }
        for i, tick in enumerate(recording.frames)
    ]


def _frame_text(
    tick: Mapping[str, Any], count: int, last_step: int, things: str
) -> dict[str, Any]:
    """The texts of one frame, as those of the live map."""
    return {
        "state": "",
        "step": tick["step"],
        "title": run_text.map_title(tick, count, things),
        "alt": run_text.map_alt(tick, count, things),
        "caption": run_text.recording_caption(tick, last_step),
        "text": run_text.loss_text(tick),
        "alarm": run_text.collapse_warning(tick) if tick["collapsed"] else "",
    }


def _loss_curve(recording: recordings.Recording, last_step: int) -> dict[str, Any]:
    reference = recording.frames[-1]["reference"]
    points = [p for p in recording.curve.T.tolist() if math.isfinite(p[1])]
    values = [loss for _, loss in points] + [reference["value"]]
    spacing = 0.5 if max(values) - min(values) > 1 else 0.25
    low, high = math.floor(min(values) / spacing), math.ceil(max(values) / spacing)
    if reference["value"] < (min(values) + max(values)) / 2:
        low -= 1  # room for the text below the line
    middle = (low + high) // 2
    line = {
        "text": f"{reference['meaning']} {reference['value']:.2f}",
        "value": reference["value"],
        "side": "end",
        "above": False,
    }
    ticks = (low * spacing, middle * spacing, high * spacing)
    return _curve("Loss", points, last_step, ticks, [line])


def _knn_curve(scores: list[dict[str, Any]], last_step: int) -> dict[str, Any] | None:
    knn = scores[-1]["knn"]
    if knn is None:
        return None
    points = [(score["step"], score["knn"]["accuracy"]) for score in scores]
    baselines = (
        ("chance", knn["chance"], "end", False),
        ("random init", knn["random_init"], "end", True),
        ("raw input", knn["raw_input"], "middle", True),
    )
    lines = [
        {"text": f"{name} {value:.2f}", "value": value, "side": side, "above": above}
        for name, value, side, above in baselines
    ]
    return _curve("kNN on what it never saw", points, last_step, (0, 0.5, 1), lines)


def _curve(
    name: str, points: Any, last_step: int, ticks: tuple[float, ...], lines: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "x": [x for x, _ in points],
        "y": [round(y, 4) for _, y in points],
        "last": last_step,
        "low": ticks[0],
        "high": ticks[-1],
        "ticks": ticks,
        "lines": lines,
    }
