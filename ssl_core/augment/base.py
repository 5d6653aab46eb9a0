"""The draw/apply contract: all randomness in the dice, none in the picture.

``draw`` owns every random number, one row of dice per image; ``apply`` is deterministic and
never edits its input. A page can therefore show the dice that made a view.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.knobs import Knob, check, knobs_of

Dice = Mapping[str, Tensor]
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601; torchvision rounds red to 0.2989


@dataclass(frozen=True)
class Augmentation:
    """One random change of an image, with a strength that the learner sets.

    A subclass names itself (``slug``, ``label``), declares ``strength`` as a knob and
    implements ``draw`` and ``apply``.
    """

    slug: ClassVar[str]
    label: ClassVar[str]

    strength: float

    def __post_init__(self) -> None:
        check(self)

    @classmethod
    def strength_knob(cls) -> Knob:
        """Range, default and help of this augmentation's strength."""
        return knobs_of(cls)["strength"]

    def draw(self, n: int, g: torch.Generator) -> Dice:
        """Roll the dice for ``n`` images: named tensors of length n on ``g``'s device."""
        raise NotImplementedError

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        """The augmented copy of ``x``, ``[n, C, H, W]`` float in [0, 1]."""
        raise NotImplementedError


@dataclass(frozen=True)
class Geometric(Augmentation):
    """An affine map of the pixel grid: where each output pixel looks in the input."""

    def matrix(self, dice: Dice) -> Tensor:
        """Output-to-input map ``[n, 3, 3]`` in grid coordinates from -1 to 1."""
        raise NotImplementedError

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        return warp(x, self.matrix(dice))


@dataclass(frozen=True)
class Colour(Augmentation):
    """An affine map of each pixel's colour."""

    def colour(self, dice: Dice, mean: Tensor) -> Tensor:
        """Colour map ``[n, 3, 4]``; ``mean [n, 3]`` is the input's mean colour."""
        raise NotImplementedError

    def apply(self, x: Tensor, dice: Dice) -> Tensor:
        return recolour(x, self.colour(dice, x.mean((2, 3))))


def warp(x: Tensor, matrix: Tensor) -> Tensor:
    """Resample ``x [n, C, H, W]`` once, bilinearly, through ``matrix [n, 3, 3]``.

    Pixels from outside are reflected in, so that no black corner betrays a rotation.
    """
    return F.grid_sample(
        x,
        _grid(matrix, *x.shape[2:]),
        mode="bilinear",
        padding_mode="reflection",
        align_corners=False,
    )


def _grid(matrix: Tensor, height: int, width: int) -> Tensor:
    """``F.affine_grid``'s values, ``[n, height, width, 2]``, as a sum of two lines.

    An affine map is one part that depends on the column and one that depends on the row,
    so that each place costs an addition; a batched product per place took as long as the
    resampling itself.
    """
    across, down = _centres(width, matrix.device), _centres(height, matrix.device)
    of_column = (matrix[:, :2, :1] * across).mT.unsqueeze(1)
    of_row = (matrix[:, :2, 1:2] * down).mT.unsqueeze(2)
    return of_column + of_row + matrix[:, None, None, :2, 2]


def _centres(size: int, device: torch.device) -> Tensor:
    """Where the centres of a side's pixels lie, its two ends being -1 and 1."""
    return torch.linspace(-1, 1, size, device=device) * (size - 1) / size


def recolour(x: Tensor, colour: Tensor) -> Tensor:
    """Map the colours of ``x [n, 3, H, W]`` by ``[n, 3, 4]``, clamped to [0, 1]."""
    flat = torch.baddbmm(colour[:, :, 3:], colour[:, :, :3], x.flatten(2))
    return flat.clamp_(0, 1).view_as(x)


def then(first: Tensor, second: Tensor) -> Tensor:
    """The colour map ``[n, 3, 4]`` that applies ``first`` and then ``second``."""
    product = second[:, :, :3] @ first
    return torch.cat([product[:, :, :3], product[:, :, 3:] + second[:, :, 3:]], 2)


def uniform(n: int, low: float, high: float, g: torch.Generator) -> Tensor:
    """``[n]`` floats in [low, high) on the generator's device."""
    return low + (high - low) * torch.rand(n, generator=g, device=g.device)


def coin(n: int, chance: float, g: torch.Generator) -> Tensor:
    """``[n]`` booleans, each true with probability ``chance``."""
    return torch.rand(n, generator=g, device=g.device) < chance
