"""A policy: which augmentations are on, how strong, and how they run as one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from ssl_core.augment import images as pictures
from ssl_core.augment.base import (
    Augmentation,
    Colour,
    Dice,
    Geometric,
    recolour,
    then,
    warp,
)

# In the order in which they are applied: geometry, then colour, then pixels.
AUGMENTATIONS: dict[str, type[Augmentation]] = {
    a.slug: a
    for a in (
        pictures.Crop,
        pictures.Flip,
        pictures.Rotation,
        pictures.Brightness,
        pictures.Contrast,
        pictures.Saturation,
        pictures.Hue,
        pictures.Gray,
        pictures.Blur,
        pictures.Solarize,
        pictures.Cutout,
        pictures.Noise,
    )
}
GROUPS = {"color": ("brightness", "contrast", "saturation", "hue")}
DEFAULT = {
    "crop": 0.6,
    "flip": 0.5,
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.1,
    "gray": 0.2,
}


@dataclass(frozen=True)
class Policy:
    """The augmentations that are on, each with its strength.

    Runs of geometric changes become one resampling and runs of colour changes one matrix
    per row: the composition costs no more than a single change.
    """

    augmentations: tuple[Augmentation, ...] = ()

    @classmethod
    def of(cls, strengths: Mapping[str, float]) -> "Policy":
        """Build from slug -> strength; what is absent is off.

        Raises:
            ValueError: naming an unknown slug or a strength out of range.
        """
        unknown = [s for s in strengths if s not in AUGMENTATIONS]
        if unknown:
            raise ValueError(
                f"augmentation {unknown[0]!r} is unknown; allowed are "
                f"{', '.join(AUGMENTATIONS)}"
            )
        made = []
        for slug, kind in AUGMENTATIONS.items():
            if slug in strengths:
                value = kind.strength_knob().check(f"{slug} strength", strengths[slug])
                made.append(kind(strength=value))
        return cls(tuple(made))

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read ``crop,flip:0.3,color``, ``none`` or ``default``, as the command line does.

        A slug without a strength takes its default; ``color`` is brightness, contrast,
        saturation and hue together.

        Raises:
            ValueError: naming the part that could not be read.
        """
        if text.strip() == "none":
            return cls()
        if text.strip() == "default":
            return cls.of(DEFAULT)
        strengths: dict[str, float] = {}
        for part in (p.strip() for p in text.split(",")):
            slug, _, strength = part.partition(":")
            for one in GROUPS.get(slug, (slug,)):
                strengths[one] = _strength(one, strength)
        return cls.of(strengths)

    @property
    def strengths(self) -> dict[str, float]:
        """slug -> strength of what is on, the form that JSON and URLs keep."""
        return {a.slug: a.strength for a in self.augmentations}

    def draw(self, n: int, g: torch.Generator) -> tuple[Dice, ...]:
        """Dice of every augmentation for ``n`` images."""
        return tuple(a.draw(n, g) for a in self.augmentations)

    def apply(self, x: Tensor, dice: Iterable[Dice]) -> Tensor:
        """One view of ``x [n, 3, H, W]`` in [0, 1], made by these dice."""
        dice = tuple(dice)
        pairs = list(zip(self.augmentations, dice, strict=True))
        warps = [a.matrix(d) for a, d in pairs if isinstance(a, Geometric)]
        if warps:
            # Each matrix maps output to input, so the last change stands rightmost.
            x = warp(x, reduce(torch.matmul, warps))
        colours = [(a, d) for a, d in pairs if isinstance(a, Colour)]
        if colours:
            x = recolour(x, _fused(colours, x.mean((2, 3))))
        for a, d in pairs:
            if not isinstance(a, Geometric | Colour):
                x = a.apply(x, d)
        return x


def two_views(
    images: Tensor,
    policy: Policy,
    generator: torch.Generator,
    rows: slice = slice(None),
) -> tuple[Tensor, Tensor]:
    """Two independently augmented views of every image (SimCLR, algorithm 1).

    Args:
        images: ``[N, C, H, W]`` uint8, or float in [0, 1].
        policy: what may change.
        generator: the only source of randomness, on the images' device.
        rows: which rows are made; the dice are rolled for all of them.

    Returns:
        ``(view_a, view_b)``, both ``[N, C, H, W]`` float32 in [0, 1]; row i pairs up.
    """
    x = as_float(images[rows])

    def view() -> Tensor:
        dice = policy.draw(len(images), generator)
        return policy.apply(x, [{k: v[rows] for k, v in d.items()} for d in dice])

    return view(), view()


def as_float(images: Tensor) -> Tensor:
    """uint8 images as float32 in [0, 1]; float images unchanged."""
    return images.float() / 255 if images.dtype == torch.uint8 else images


def _fused(colours: list[tuple[Colour, Dice]], mean: Tensor) -> Tensor:
    """One colour map for a run of them; the mean colour is carried along exactly."""
    total: Tensor | None = None
    for a, d in colours:
        one = a.colour(d, mean)
        mean = torch.baddbmm(one[:, :, 3:], one[:, :, :3], mean.unsqueeze(2)).squeeze(2)
        total = one if total is None else then(total, one)
    assert total is not None
    return total


def _strength(slug: str, text: str) -> float:
    if slug not in AUGMENTATIONS:
        known = ", ".join([*GROUPS, *AUGMENTATIONS])
        raise ValueError(f"augmentation {slug!r} is unknown; allowed are {known}")
    if not text:
        return float(AUGMENTATIONS[slug].strength_knob().default)
    try:
        return float(text)
    except ValueError:
        allowed = AUGMENTATIONS[slug].strength_knob().allowed
        raise ValueError(f"{slug} strength is {text!r}; allowed is {allowed}") from None
