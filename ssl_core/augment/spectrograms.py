"""The augmentations of sound, on log-mel spectrograms ``[n, 1, F, T]`` in [0, 1].

A value is a level: 0 stands for 80 dB below full scale and 1 for full scale, so that
sounds add up in ``exp(NEPER * value)``, which is power. Time runs along the last axis.
SpecAugment (Park et al. 2019, section 2, arXiv 1904.08779) gives the masks, BYOL-A
(Niizumi et al. 2021, section III, arXiv 2103.06695) the mixing and the crop. Both
normalise spectrograms to mean 0 and fill with 0: here, with the clip's own mean level.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.augment.base import Augmentation, Dice, uniform
from ssl_core.augment.images import _hashed
from ssl_core.knobs import knob

RANGE_DB = 80.0
NEPER = RANGE_DB / 10 * math.log(10)  # natural log of the power that a step of 1 is
WIDER = 1.25  # BYOL-A: a crop leaves 0.4 of the clip out, or takes 0.5 more than it


@dataclass(frozen=True)
class Spectral(Augmentation):
    """A random change of a spectrogram."""

    medium: ClassVar[str] = "sound"


@dataclass(frozen=True)
class Mixup(Spectral):
    """Let another clip of the batch sound in the background (BYOL-A's log-mixup-exp).

    ``log((1 - share) exp(x) + share exp(x'))``, with ``share ~ U(0, strength)``. BYOL-A
    draws x' from the last 2,048 clips and counts in standard deviations; here it is any
    other clip of the batch, and the powers of both are added.
    """

    slug: ClassVar[str] = "mixup"
    label: ClassVar[str] = "Mixup"
    strength: float = knob(
        0.4,
        low=0.0,
        high=1.0,
        step=0.05,
        live=True,
        help="Largest share of another clip in the mix: at 0.5 it may be as loud as the "
        "clip itself (BYOL-A: 0.4). Removes what sounds in the background.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        further = torch.randint(max(n - 1, 1), (n,), generator=g, device=g.device)
        other = (torch.arange(n, device=g.device) + 1 + further) % n
        return {"share": uniform(n, 0, self.strength, g), "other": other}

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        share = dice["share"].view(-1, 1, 1, 1)
        other = x[dice["other"] % len(x)]
        return _added(x, (-share).log1p(), NEPER * other + share.log())


@dataclass(frozen=True)
class TimeFrequencyCrop(Spectral):
    """Cut out some time and some frequencies and stretch them to the full frame.

    BYOL-A's random resize crop, at strength 0.4 with its own sizes: height and width are
    U(0.6, 1.5) of the clip's, the height at most 1, within a frame 1.5 clips long that
    has the clip in its middle. Linear instead of cubic, and not cut to whole bins.
    """

    slug: ClassVar[str] = "time_frequency_crop"
    label: ClassVar[str] = "Crop"
    strength: float = knob(
        0.4,
        low=0.0,
        high=0.8,
        step=0.05,
        live=True,
        help="How much of the time and of the frequencies may be cut away; a view may "
        "also begin before the clip and end after it (BYOL-A: 0.4). Removes pitch, "
        "tempo and when it happens.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        least, most = 1 - self.strength, 1 + WIDER * self.strength
        width = uniform(n, least, most, g)
        height = uniform(n, least, most, g).clamp(max=1)
        return {
            "width": width,
            "height": height,
            "x": uniform(n, -1, 1, g) * (most - width),
            "y": uniform(n, -1, 1, g) * (1 - height),
        }

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        bands, frames = x.shape[2:]
        # Where each output column and row looks, in units that run from -1 to 1.
        across = _places(dice["x"], dice["width"], frames).view(-1, 1, frames)
        up = _places(dice["y"], dice["height"], bands).view(-1, bands, 1)
        grid = torch.stack([across.expand(-1, bands, -1), up.expand(-1, -1, frames)], 3)
        found = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
        # A rounding error past the edge is not outside.
        outside = (across.abs() > 1 + 1e-5).unsqueeze(1)
        return torch.where(outside, _mean_level(x), found)


@dataclass(frozen=True)
class TimeShift(Spectral):
    """Move the clip in time; what leaves at one end comes in at the other."""

    slug: ClassVar[str] = "time_shift"
    label: ClassVar[str] = "Time shift"
    strength: float = knob(
        0.2,
        low=0.0,
        high=0.5,
        step=0.05,
        live=True,
        help="Largest shift, as a part of the clip, either way: 0.5 is anywhere. "
        "Removes when it happens.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"later": uniform(n, -self.strength, self.strength, g)}

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        frames = x.shape[3]
        moved = (dice["later"] * frames).round().long().view(-1, 1, 1, 1)
        source = (torch.arange(frames, device=x.device) - moved) % frames
        return x.gather(3, source.expand_as(x))


@dataclass(frozen=True)
class Gain(Spectral):
    """Make the whole clip louder or quieter."""

    slug: ClassVar[str] = "gain"
    label: ClassVar[str] = "Gain"
    strength: float = knob(
        0.1,
        low=0.0,
        high=0.5,
        step=0.05,
        live=True,
        help="Largest change of level, either way, as a part of 80 dB: 0.1 is 8 dB. "
        "Removes loudness.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return {"louder": uniform(n, -self.strength, self.strength, g)}

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        return (x + dice["louder"].view(-1, 1, 1, 1)).clamp(0, 1)


@dataclass(frozen=True)
class Hiss(Spectral):
    """Add noise that is equally loud in every band, its level drawn per row."""

    slug: ClassVar[str] = "hiss"
    label: ClassVar[str] = "Hiss"
    strength: float = knob(
        0.4,
        low=0.0,
        high=1.0,
        step=0.05,
        live=True,
        help="Level up to which noise may fill the silence: 0.5 is 40 dB below full "
        "scale. Removes what is quiet.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        seed = torch.randint(2**31, (n,), generator=g, device=g.device)
        return {"level": uniform(n, 0, self.strength, g), "seed": seed}

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        # The power of Gaussian noise in one bin is exponentially distributed. Level 0
        # already stands for a power, so that much less is added: none at level 0.
        power = -(1 - _hashed(dice["seed"], x[0].numel())).log().view_as(x)
        mean = (NEPER * dice["level"]).expm1().view(-1, 1, 1, 1)
        return _added(x, torch.zeros_like(mean), (mean * power).log())


@dataclass(frozen=True)
class TimeMask(Spectral):
    """Replace a stretch of time by the mean level (SpecAugment)."""

    slug: ClassVar[str] = "time_mask"
    label: ClassVar[str] = "Time mask"
    strength: float = knob(
        0.3,
        low=0.0,
        high=0.9,
        step=0.05,
        live=True,
        help="Longest stretch that may be hidden, as a part of the clip. Asks for "
        "features that any part of a sound can give.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return _stretch(n, self.strength, g)

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        return torch.where(_covered(x.shape[3], dice), _mean_level(x), x)


@dataclass(frozen=True)
class FrequencyMask(Spectral):
    """Replace a band of frequencies by the mean level (SpecAugment)."""

    slug: ClassVar[str] = "frequency_mask"
    label: ClassVar[str] = "Freq. mask"
    strength: float = knob(
        0.3,
        low=0.0,
        high=0.9,
        step=0.05,
        live=True,
        help="Widest band that may be hidden, as a part of all frequencies. Asks for "
        "features that do not hang on one band.",
    )

    def draw(self, n: int, g: torch.Generator) -> Dice:
        return _stretch(n, self.strength, g)

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        covered = _covered(x.shape[2], dice).transpose(2, 3)
        return torch.where(covered, _mean_level(x), x)


# In the order in which they are applied: what sounds, where the microphone stands, what
# it adds, what is hidden.
ALL = (Mixup, TimeFrequencyCrop, TimeShift, Gain, Hiss, TimeMask, FrequencyMask)


def _places(centre: Tensor, part: Tensor, size: int) -> Tensor:
    """The middles of ``size`` equal steps through ``centre`` -+ ``part``, ``[n, size]``."""
    at = (torch.arange(size, device=centre.device) + 0.5) / size * 2 - 1
    return centre.view(-1, 1) + part.view(-1, 1) * at


def _added(x: Tensor, quieter: Tensor, other: Tensor) -> Tensor:
    """``x``, its log power changed by ``quieter``, and log power ``other`` on top."""
    own = NEPER * x + quieter
    # torch.logaddexp written out, which is five times as fast on a CPU.
    both = torch.maximum(own, other) + ((own - other).abs().neg().exp() + 1).log()
    return (both / NEPER).clamp(0, 1)


def _mean_level(x: Tensor) -> Tensor:
    return x.mean((1, 2, 3), keepdim=True)


def _stretch(n: int, widest: float, g: torch.Generator) -> Dice:
    """SpecAugment's ``t ~ U(0, T)`` and ``t0 ~ U(0, tau - t)``, as parts of the axis."""
    width = uniform(n, 0, widest, g)
    return {"width": width, "start": uniform(n, 0, 1, g) * (1 - width)}


def _covered(size: int, dice: Dice) -> Tensor:
    """Which of ``size`` steps lie in the stretch, ``[n, 1, 1, size]`` bool."""
    start = dice["start"].view(-1, 1, 1, 1)
    at = (torch.arange(size, device=start.device) + 0.5) / size
    return (at >= start) & (at < start + dice["width"].view(-1, 1, 1, 1))
