"""Arrangements of points on a circle or sphere, and their form in a URL.

The points are two views each of a few images: rows 0 and 1 are the views A1 and A2 of the
first image.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pages.widgets.loss_by_hand.points import (
    Point,
    arrangement_points,
    to_degrees,
    unit_vector,
)
from ssl_core.knobs import Knob

KNOBS = {
    "images": Knob(2, low=2, high=4),
    "tau": Knob(0.5, low=0.05, high=1.0, step=0.01),
    "space": Knob("circle", choices=("circle", "sphere")),
    "anchor": Knob("A1", choices=tuple(f"{i}{v}" for i in "ABCD" for v in "12")),
    "arrangement": Knob("start", choices=("start", "perfect", "collapse", "even")),
}
URL_PARAMS = (*KNOBS, "points")
_FIELDS = {"arrangement": "preset"}  # URL parameters with another name than their field
CUSTOM = "own"  # the learner has moved the points


@dataclass(frozen=True)
class Arrangement:
    """Everything that the loss depends on, and the chosen anchor.

    Args:
        images: N, 2 to 4.
        tau: temperature, 0.05 to 1.
        space: "circle" or "sphere".
        anchor: name of a point, "A1" to "D2".
        preset: name of the arrangement, or "own".
        points: 2N unit vectors of 2 or 3 numbers, partners next to each other; those of
            the named arrangement if left out.
    """

    images: int = 2
    tau: float = 0.5
    space: str = "circle"
    anchor: str = "A1"
    preset: str = "start"
    points: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        if not self.points:
            points = arrangement_points(self.preset, self.images, self.space)
            object.__setattr__(self, "points", points)

    @property
    def anchor_row(self) -> int:
        """The anchor's index among the points."""
        return KNOBS["anchor"].choices.index(self.anchor)  # type: ignore[union-attr]


def all_arrangements() -> dict[str, dict[int, dict[str, tuple[Point, ...]]]]:
    """All named arrangements: space -> number of images -> name -> points."""
    names = KNOBS["arrangement"].choices or ()
    return {
        space: {
            n: {a: arrangement_points(a, n, space) for a in names} for n in (2, 3, 4)
        }
        for space in ("circle", "sphere")
    }


def from_link(params: Mapping[str, str]) -> tuple[Arrangement, list[str]]:
    """The arrangement of a link, and a complaint for every invalid parameter.

    Args:
        params: URL parameters by name; those of :data:`URL_PARAMS`.
    """
    values, complaints = {}, []
    for name, knob in KNOBS.items():
        try:
            values[name] = knob.check(name, params.get(name, knob.default))
        except ValueError as error:
            values[name] = knob.default
            complaints.append(f"{_shorten(error)}; {knob.default} is used instead")
    if ord(values["anchor"][0]) - ord("A") >= values["images"]:
        last = "ABCD"[values["images"] - 1]
        complaints.append(
            f"anchor is {values['anchor']}; with {values['images']} images allowed are "
            f"A1 to {last}2; A1 is used instead"
        )
        values["anchor"] = "A1"
    values["preset"] = values.pop("arrangement")
    if "points" not in params:
        return Arrangement(**values), complaints
    try:
        points = _parse_degrees(params["points"], values["images"], values["space"])
    except ValueError as error:
        return Arrangement(**values), [
            *complaints,
            f"{_shorten(error)}; the {values['preset']} arrangement is used instead",
        ]
    return Arrangement(**values | {"preset": CUSTOM, "points": points}), complaints


def to_link(arrangement: Arrangement) -> dict[str, str]:
    """The URL parameters of an arrangement; angles to a tenth of a degree."""
    params = {
        name: f"{value:g}" if isinstance(value, float) else str(value)
        for name, knob in KNOBS.items()
        if (value := getattr(arrangement, _FIELDS.get(name, name)))
        not in (knob.default, CUSTOM)
    }
    if arrangement.preset == CUSTOM:
        angles = (round(a, 1) + 0.0 for p in arrangement.points for a in to_degrees(p))
        params["points"] = "_".join(f"{a:g}" for a in angles)
    return params


def from_browser(message: Mapping[str, Any]) -> Arrangement:
    """The arrangement of a message from the browser; every field is checked.

    Raises:
        ValueError: names the first invalid field.
    """
    images = KNOBS["images"].check("images", message.get("images"))
    space = KNOBS["space"].check("space", message.get("space"))
    preset = message.get("preset")
    if preset != CUSTOM:
        preset = KNOBS["arrangement"].check("preset", preset)
    row = Knob(0, low=0, high=2 * images - 1).check("anchor", message.get("anchor"))
    return Arrangement(
        images=images,
        tau=KNOBS["tau"].check("tau", message.get("tau")),
        space=space,
        anchor=(KNOBS["anchor"].choices or ())[row],
        preset=preset,
        points=parse_vectors(
            "points", message.get("points"), images, space, length=1.0
        ),
    )


def parse_vectors(
    name: str, value: Any, images: int, space: str, length: float | None = None
) -> tuple[Point, ...]:
    """2N vectors of finite numbers.

    Args:
        name: of the value, for the error.
        value: from a message of the browser.
        images: N.
        space: "circle" (2 numbers a vector) or "sphere" (3).
        length: of every vector, if it is checked.

    Raises:
        ValueError: a value of another type, shape or length.
    """
    size = 2 if space == "circle" else 3
    allowed = f"{2 * images} times {size} finite numbers"
    try:
        vectors = tuple(tuple(float(v) for v in vector) for vector in value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} cannot be read; allowed are {allowed}") from None
    fits = len(vectors) == 2 * images and all(len(v) == size for v in vectors)
    if not fits or not all(math.isfinite(x) for vector in vectors for x in vector):
        raise ValueError(f"{name} have another shape; allowed are {allowed}")
    if length and any(abs(math.hypot(*v) - length) > 1e-6 for v in vectors):
        raise ValueError(f"{name} are not all of length {length:g}")
    return vectors


def _parse_degrees(text: str, images: int, space: str) -> tuple[Point, ...]:
    per_point = 1 if space == "circle" else 2
    count = 2 * images * per_point
    kind = "angles" if per_point == 1 else "longitudes and latitudes in turn"
    allowed = f"allowed are {count} {kind} in degrees, joined by _"
    try:
        angles = [float(part) for part in text.split("_", maxsplit=count)]
    except ValueError:
        angles = []
    latitudes = angles[1::2] if per_point == 2 else []
    beyond_pole = any(abs(latitude) > 90 for latitude in latitudes)
    if len(angles) != count or beyond_pole or not all(abs(a) <= 360 for a in angles):
        raise ValueError(f"points is {text!r}; {allowed}")
    starts = range(0, count, per_point)
    return tuple(unit_vector(space, *angles[i : i + per_point]) for i in starts)


def _shorten(error: ValueError) -> str:
    text = str(error)
    return text if len(text) <= 160 else f"{text[:80]} … {text[-80:]}"
