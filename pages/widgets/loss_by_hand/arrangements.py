"""Points on a circle or sphere that a link can carry: two views each of a few images.

Points stand in pairs: rows 0 and 1 are the views A1 and A2 of the first image.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pages.widgets.loss_by_hand.points import Point, at, degrees, named
from ssl_core.knobs import Knob

KNOBS = {
    "images": Knob(2, low=2, high=4),
    "tau": Knob(0.5, low=0.05, high=1.0, step=0.01),
    "space": Knob("circle", choices=("circle", "sphere")),
    "anchor": Knob("A1", choices=tuple(f"{i}{v}" for i in "ABCD" for v in "12")),
    "arrangement": Knob("start", choices=("start", "perfect", "collapse", "even")),
}
LINK = (*KNOBS, "points")
OWN = "own"  # neither of the named ones: what the learner made


@dataclass(frozen=True)
class Arrangement:
    """Everything that decides the loss, and whose row is looked at.

    Args:
        images: N, 2 to 4.
        tau: temperature, 0.05 to 1.
        space: "circle" or "sphere".
        anchor: name of a point, "A1" to "D2".
        arrangement: a name, or "own".
        points: 2N unit vectors of 2 or 3 numbers, partners next to each other.
    """

    images: int = 2
    tau: float = 0.5
    space: str = "circle"
    anchor: str = "A1"
    arrangement: str = "start"
    points: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        if not self.points:
            made = named(self.arrangement, self.images, self.space)
            object.__setattr__(self, "points", made)

    @property
    def anchor_row(self) -> int:
        """The anchor's place among the points."""
        return KNOBS["anchor"].choices.index(self.anchor)  # type: ignore[union-attr]


def every() -> dict[str, dict[int, dict[str, tuple[Point, ...]]]]:
    """All named arrangements, by space, number of images and name."""
    names = KNOBS["arrangement"].choices or ()
    return {
        space: {n: {a: named(a, n, space) for a in names} for n in (2, 3, 4)}
        for space in ("circle", "sphere")
    }


def from_link(said: Mapping[str, str]) -> tuple[Arrangement, list[str]]:
    """What a link asks for, and a sentence for everything in it that makes no sense."""
    values, complaints = {}, []
    for name, knob in KNOBS.items():
        try:
            values[name] = knob.check(name, said.get(name, knob.default))
        except ValueError as error:
            values[name] = knob.default
            complaints.append(f"{_short(error)}; {knob.default} is used instead")
    if ord(values["anchor"][0]) - ord("A") >= values["images"]:
        last = "ABCD"[values["images"] - 1]
        complaints.append(
            f"anchor is {values['anchor']}; with {values['images']} images allowed are "
            f"A1 to {last}2; A1 is used instead"
        )
        values["anchor"] = "A1"
    if "points" not in said:
        return Arrangement(**values), complaints
    try:
        points = _from_degrees(said["points"], values["images"], values["space"])
    except ValueError as error:
        return Arrangement(**values), [
            *complaints,
            f"{_short(error)}; the {values['arrangement']} arrangement is used instead",
        ]
    return Arrangement(**values | {"arrangement": OWN, "points": points}), complaints


def to_link(shown: Arrangement) -> dict[str, str]:
    """The parameters that reproduce an arrangement; angles to a tenth of a degree."""
    said = {
        name: f"{value:g}" if isinstance(value, float) else str(value)
        for name, knob in KNOBS.items()
        if (value := getattr(shown, name)) not in (knob.default, OWN)
    }
    if shown.arrangement == OWN:
        angles = (round(a, 1) + 0.0 for p in shown.points for a in degrees(p))
        said["points"] = "_".join(f"{a:g}" for a in angles)
    return said


def from_browser(sent: Mapping[str, Any]) -> Arrangement:
    """What the browser says its points are; nothing of it is taken on trust.

    Raises:
        ValueError: naming what cannot be.
    """
    images = KNOBS["images"].check("images", sent.get("images"))
    space = KNOBS["space"].check("space", sent.get("space"))
    arrangement = sent.get("arrangement")
    if arrangement != OWN:
        arrangement = KNOBS["arrangement"].check("arrangement", arrangement)
    row = Knob(0, low=0, high=2 * images - 1).check("anchor", sent.get("anchor"))
    return Arrangement(
        images=images,
        tau=KNOBS["tau"].check("tau", sent.get("tau")),
        space=space,
        anchor=(KNOBS["anchor"].choices or ())[row],
        arrangement=arrangement,
        points=vectors("points", sent.get("points"), images, space, length=1.0),
    )


def vectors(
    name: str, sent: Any, images: int, space: str, length: float | None = None
) -> tuple[Point, ...]:
    """2N vectors of finite numbers, or a ValueError that names them."""
    size = 2 if space == "circle" else 3
    wanted = f"{2 * images} times {size} finite numbers"
    try:
        read = tuple(tuple(float(v) for v in one) for one in sent)
    except (TypeError, ValueError):
        raise ValueError(f"{name} cannot be read; allowed are {wanted}") from None
    whole = len(read) == 2 * images and all(len(one) == size for one in read)
    if not whole or not all(math.isfinite(v) for one in read for v in one):
        raise ValueError(f"{name} have another shape; allowed are {wanted}")
    if length and any(abs(math.hypot(*one) - length) > 1e-6 for one in read):
        raise ValueError(f"{name} are not all of length {length:g}")
    return read


def _from_degrees(text: str, images: int, space: str) -> tuple[Point, ...]:
    each = 1 if space == "circle" else 2
    count = 2 * images * each
    kind = "angles" if each == 1 else "longitudes and latitudes in turn"
    allowed = f"allowed are {count} {kind} in degrees, joined by _"
    try:
        angles = [float(part) for part in text.split("_", maxsplit=count)]
    except ValueError:
        angles = []
    steep = [a for a in angles[1::2] if abs(a) > 90] if each == 2 else []
    if len(angles) != count or steep or not all(abs(a) <= 360 for a in angles):
        raise ValueError(f"points is {text!r}; {allowed}")
    return tuple(at(space, *angles[i : i + each]) for i in range(0, count, each))


def _short(error: ValueError, most: int = 160) -> str:
    text = str(error)
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"
