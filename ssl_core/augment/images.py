"""The augmentations of pictures, each with one strength.

SimCLR's set (Chen et al. 2020, appendix A), with these deviations: each colour change has
its own coin and a fixed order (SimCLR tosses one coin for all four and shuffles them); hue
turns the colour plane instead of HSV, so that all colour changes are one matrix; values are
clamped once, after the last colour change, not after each.
"""

import functools
import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.augment.base import (
    LUMA,
    Augmentation,
    Colour,
    Dice,
    Geometric,
    coin,
    uniform,
)
from ssl_core.knobs import knob

JITTER_CHANCE = 0.8  # SimCLR, appendix A: colour jitter is applied 80 % of the time
BLUR_CHANCE = 0.5  # SimCLR, appendix A: blur is applied half of the time


@dataclass(frozen=True)
class Crop(Geometric):
    """Cut out a random part and resize it to the full frame (SimCLR, appendix A)."""

    slug: ClassVar[str] = "crop"
    label: ClassVar[str] = "Crop"
    strength: float = knob(
        0.6,
        low=0.0,
        high=0.95,
        step=0.05,
        live=True,
        help="How much may be cut away: at 0.92 a crop keeps 8 % to 100 % of the area "
        "(SimCLR's ImageNet setting). Removes position and scale.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        area = uniform(n, 1 - self.strength, 1, g)
        # Log-uniform aspect between 3/4 and 4/3, as far as the crop still fits.
        widest = (-area.log()).clamp(max=math.log(4 / 3))
        aspect = (uniform(n, -1, 1, g) * widest).exp()
        width, height = (area * aspect).sqrt(), (area / aspect).sqrt()
        return {
            "width": width,
            "height": height,
            "x": uniform(n, -1, 1, g) * (1 - width),
            "y": uniform(n, -1, 1, g) * (1 - height),
        }

    def matrix(self, dice: Dice) -> Tensor:
        zero, one = torch.zeros_like(dice["x"]), torch.ones_like(dice["x"])
        rows = [dice["width"], zero, dice["x"], zero, dice["height"], dice["y"]]
        return torch.stack([*rows, zero, zero, one], 1).view(-1, 3, 3)


@dataclass(frozen=True)
class Flip(Geometric):
    """Mirror left and right."""

    slug: ClassVar[str] = "flip"
    label: ClassVar[str] = "Flip"
    strength: float = knob(
        0.5,
        low=0.0,
        high=1.0,
        step=0.05,
        live=True,
        help="Probability of a mirror image. Removes left against right.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"flipped": coin(n, self.strength, g)}

    def matrix(self, dice: Dice) -> Tensor:
        sign = 1 - 2 * dice["flipped"].float()
        one = torch.ones_like(sign)
        return torch.diag_embed(torch.stack([sign, one, one], 1))


@dataclass(frozen=True)
class Rotation(Geometric):
    """Turn the picture around its centre."""

    slug: ClassVar[str] = "rotation"
    label: ClassVar[str] = "Rotation"
    strength: float = knob(
        45.0,
        low=0.0,
        high=180.0,
        step=5.0,
        live=True,
        help="Largest angle in degrees, either way. Removes orientation.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"degrees": uniform(n, -self.strength, self.strength, g)}

    def matrix(self, dice: Dice) -> Tensor:
        angle = dice["degrees"] * (math.pi / 180)
        c, s = angle.cos(), angle.sin()
        zero, one = torch.zeros_like(c), torch.ones_like(c)
        return torch.stack([c, -s, zero, s, c, zero, zero, zero, one], 1).view(-1, 3, 3)


def _scaled(factor: Tensor, offset: Tensor) -> Tensor:
    """``factor * colour + offset`` for every channel, as ``[n, 3, 4]``."""
    eye = torch.eye(3, device=factor.device)
    return torch.cat(
        [factor.view(-1, 1, 1) * eye, offset.view(-1, 1, 1).expand(-1, 3, 1)], 2
    )


def _factor(n: int, strength: float, g: torch.Generator) -> Tensor:
    """Multipliers around 1, and exactly 1 where the coin says no."""
    factor = uniform(n, max(0.0, 1 - strength), 1 + strength, g)
    return torch.where(coin(n, JITTER_CHANCE, g), factor, 1.0)


@functools.cache
def _luma(device: torch.device) -> Tensor:
    return torch.tensor(LUMA, device=device)


@functools.cache
def _yiq(device: torch.device) -> tuple[Tensor, Tensor]:
    """The matrix from RGB to YIQ and its inverse.

    Made once, on the CPU: an inverse on a GPU makes the host wait for it.
    """
    to_yiq = torch.tensor([LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])
    return to_yiq.to(device), torch.linalg.inv(to_yiq).to(device)


@dataclass(frozen=True)
class Brightness(Colour):
    """Multiply all colours by one factor."""

    slug: ClassVar[str] = "brightness"
    label: ClassVar[str] = "Brightness"
    strength: float = knob(
        0.4,
        low=0.0,
        high=1.0,
        step=0.05,
        live=True,
        help="Largest change of the brightness factor around 1.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"factor": _factor(n, self.strength, g)}

    def colour(self, dice: Dice, mean: Tensor) -> Tensor:
        return _scaled(dice["factor"], torch.zeros_like(dice["factor"]))


@dataclass(frozen=True)
class Contrast(Colour):
    """Stretch colours around the picture's mean grey."""

    slug: ClassVar[str] = "contrast"
    label: ClassVar[str] = "Contrast"
    strength: float = knob(
        0.4,
        low=0.0,
        high=1.0,
        step=0.05,
        live=True,
        help="Largest change of the contrast factor around 1.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"factor": _factor(n, self.strength, g)}

    def colour(self, dice: Dice, mean: Tensor) -> Tensor:
        return _scaled(
            dice["factor"], (1 - dice["factor"]) * (mean @ _luma(mean.device))
        )


@dataclass(frozen=True)
class Saturation(Colour):
    """Blend with, or push away from, the grey picture."""

    slug: ClassVar[str] = "saturation"
    label: ClassVar[str] = "Saturation"
    strength: float = knob(
        0.4,
        low=0.0,
        high=1.0,
        step=0.05,
        live=True,
        help="Largest change of the saturation factor around 1.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"factor": _factor(n, self.strength, g)}

    def colour(self, dice: Dice, mean: Tensor) -> Tensor:
        gray = _luma(mean.device).expand(3, 3) * (1 - dice["factor"]).view(-1, 1, 1)
        kept = _scaled(dice["factor"], torch.zeros_like(dice["factor"]))
        return kept + F.pad(gray, (0, 1))


@dataclass(frozen=True)
class Hue(Colour):
    """Turn every colour around the grey axis, luma kept (a rotation in the YIQ plane).

    A positive turn goes the other way round than torchvision's; dice fall both ways alike.
    """

    slug: ClassVar[str] = "hue"
    label: ClassVar[str] = "Hue"
    strength: float = knob(
        0.1,
        low=0.0,
        high=0.5,
        step=0.05,
        live=True,
        help="Largest turn of the colour circle, as a part of it: 0.5 is any hue at all. "
        "Removes colour identity.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        turn = uniform(n, -self.strength, self.strength, g)
        return {"turn": torch.where(coin(n, JITTER_CHANCE, g), turn, 0.0)}

    def colour(self, dice: Dice, mean: Tensor) -> Tensor:
        angle = dice["turn"] * math.tau
        c, s = angle.cos(), angle.sin()
        zero, one = torch.zeros_like(c), torch.ones_like(c)
        turn = torch.stack([one, zero, zero, zero, c, -s, zero, s, c], 1).view(-1, 3, 3)
        to_yiq, from_yiq = _yiq(mean.device)
        return F.pad(from_yiq @ turn @ to_yiq, (0, 1))


@dataclass(frozen=True)
class Gray(Colour):
    """Drop all colour now and then."""

    slug: ClassVar[str] = "gray"
    label: ClassVar[str] = "Grayscale"
    strength: float = knob(
        0.2,
        low=0.0,
        high=1.0,
        step=0.05,
        live=True,
        help="Probability that a view loses its colour.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"gray": coin(n, self.strength, g)}

    def colour(self, dice: Dice, mean: Tensor) -> Tensor:
        gray = dice["gray"].view(-1, 1, 1).float()
        eye = torch.eye(3, device=mean.device)
        return F.pad(gray * _luma(mean.device).expand(3, 3) + (1 - gray) * eye, (0, 1))


@dataclass(frozen=True)
class Blur(Augmentation):
    """Gaussian blur, half of the time, each row with its own width."""

    slug: ClassVar[str] = "blur"
    label: ClassVar[str] = "Blur"
    strength: float = knob(
        1.0,
        low=0.1,
        high=3.0,
        step=0.1,
        live=True,
        help="Largest standard deviation in pixels. Removes fine texture.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        sigma = uniform(n, 0.1, self.strength, g)
        return {"sigma": torch.where(coin(n, BLUR_CHANCE, g), sigma, 0.0)}

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        reach = min(math.ceil(2.5 * self.strength), x.shape[-1] - 1, x.shape[-2] - 1)
        at = torch.arange(-reach, reach + 1, device=x.device)
        sigma = (
            dice["sigma"].clamp(min=1e-3).view(-1, 1)
        )  # 1e-3: all weight in the middle
        weight = torch.softmax(-(at**2) / (2 * sigma**2), 1).to(x.dtype)
        for dim, pad in ((3, (reach, reach, 0, 0)), (2, (0, 0, reach, reach))):
            size = x.shape[dim]
            padded = F.pad(x, pad, mode="reflect")
            x = torch.zeros_like(x)
            for k in range(2 * reach + 1):
                x += padded.narrow(dim, k, size) * weight[:, k].view(-1, 1, 1, 1)
        return x


@dataclass(frozen=True)
class Solarize(Augmentation):
    """Invert every value above one half, now and then (BYOL, appendix B)."""

    slug: ClassVar[str] = "solarize"
    label: ClassVar[str] = "Solarize"
    strength: float = knob(
        0.2,
        low=0.0,
        high=1.0,
        step=0.05,
        live=True,
        help="Probability that bright values are inverted.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"solarized": coin(n, self.strength, g)}

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        chosen = dice["solarized"].view(-1, 1, 1, 1) & (x >= 0.5)
        return torch.where(chosen, 1 - x, x)


@dataclass(frozen=True)
class Cutout(Augmentation):
    """Cover a square with grey (DeVries & Taylor 2017)."""

    slug: ClassVar[str] = "cutout"
    label: ClassVar[str] = "Cutout"
    strength: float = knob(
        0.4,
        low=0.0,
        high=0.9,
        step=0.05,
        live=True,
        help="Side of the covered square, as a part of the picture's side.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"x": uniform(n, 0, 1, g), "y": uniform(n, 0, 1, g)}

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        height, width = x.shape[-2:]
        rows = (torch.arange(height, device=x.device) + 0.5) / height
        columns = (torch.arange(width, device=x.device) + 0.5) / width
        half = self.strength / 2
        tall = (rows - dice["y"].view(-1, 1)).abs() < half
        wide = (columns - dice["x"].view(-1, 1)).abs() < half
        covered = tall.view(-1, 1, height, 1) & wide.view(-1, 1, 1, width)
        return torch.where(covered, 0.5, x)


@dataclass(frozen=True)
class Noise(Augmentation):
    """Add Gaussian noise, its amount drawn per row."""

    slug: ClassVar[str] = "noise"
    label: ClassVar[str] = "Noise"
    strength: float = knob(
        0.1,
        low=0.0,
        high=0.5,
        step=0.01,
        live=True,
        help="Largest standard deviation, where the picture's values run from 0 to 1.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        seed = torch.randint(2**31, (n,), generator=g, device=g.device)
        return {"std": uniform(n, 0, self.strength, g), "seed": seed}

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        # The dice hold a seed per row, not a picture of noise: pixels come from a hash.
        u = _hashed(dice["seed"], 2 * x[0].numel())
        radius = (-2 * (1 - u[:, 0::2]).log()).sqrt()
        normal = (radius * (math.tau * u[:, 1::2]).cos()).view_as(x)
        return (x + dice["std"].view(-1, 1, 1, 1) * normal).clamp(0, 1)


def _hashed(seed: Tensor, count: int) -> Tensor:
    """``[n, count]`` floats in [0, 1) that depend on nothing but each row's seed.

    The mixing steps are those of MurmurHash3's finaliser, on 32 bits held in int64.
    """
    mask = 0xFFFFFFFF
    at = torch.arange(count, device=seed.device)
    h = (seed.view(-1, 1) + at * 0x9E3779B1) & mask
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & mask
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & mask
    h = h ^ (h >> 16)
    return (h >> 8).float() / 2**24
