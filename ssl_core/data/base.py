"""What every source of images yields: one tensor, and what is known about each row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor

TRAIN, HELD_OUT = 0, 1


@dataclass(frozen=True)
class Factor:
    """One thing that is known about every image: its shape, its hue, where it sits.

    Args:
        values: ``[N]``, int64 class indices if ``kind`` is "class", else float32.
        kind: "class" (named values), "number" (a line) or "angle" (a circle of 1.0 turn).
        names: the class names, for ``kind == "class"``.
    """

    values: Tensor
    kind: Literal["class", "number", "angle"] = "number"
    names: tuple[str, ...] = ()

    def classes(self, bins: int = 8) -> tuple[Tensor, int]:
        """The factor as a classification target, ``[N]`` int64, and its class count.

        A number is cut at its quantiles and an angle into equal arcs, so that chance is
        about ``1 / bins`` and one kind of probe serves every factor.
        """
        if self.kind == "class":
            return self.values, len(self.names)
        if self.kind == "angle":
            return (self.values.remainder(1.0) * bins).long().clamp(0, bins - 1), bins
        inner = torch.linspace(0, 1, bins + 1)[1:-1]
        edges = torch.quantile(self.values.float(), inner.to(self.values.device))
        return torch.bucketize(self.values.float(), edges), bins


@dataclass(frozen=True)
class ImageSet:
    """Images as one tensor, with every factor that is known about them.

    Args:
        name: what the learner calls it.
        images: ``[N, C, H, W]`` uint8.
        factors: name -> :class:`Factor` of length N; the class label is among them.
        label: the factor that stands for "the class", or None if nothing is known.
        split: ``[N]`` int64, 0 for training rows and 1 for held-out rows.
        skipped: files that could not be used, as (name, reason).
    """

    name: str
    images: Tensor
    factors: Mapping[str, Factor] = field(default_factory=dict)
    label: str | None = None
    split: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.long))
    skipped: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.dim() != 4:
            raise ValueError(
                f"images are {self.images.dtype} of shape {tuple(self.images.shape)}; "
                "an ImageSet holds uint8 [N, C, H, W]"
            )
        if len(self.split) != len(self.images):
            raise ValueError(
                f"split has {len(self.split)} rows for {len(self.images)} images"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labels(self) -> Tensor | None:
        """Class index of every row, ``[N]`` int64, or None if there are no classes."""
        return self.factors[self.label].values if self.label else None

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes, empty if there are none."""
        return self.factors[self.label].names if self.label else ()

    @property
    def train_rows(self) -> Tensor:
        """Indices of the training rows, int64."""
        return (self.split == TRAIN).nonzero().squeeze(1)

    @property
    def held_out_rows(self) -> Tensor:
        """Indices of the rows that no training step sees, int64."""
        return (self.split == HELD_OUT).nonzero().squeeze(1)

    def to(self, device: torch.device | str) -> "ImageSet":
        """The same set with its images on ``device``; factors and split stay put."""
        return replace(self, images=self.images.to(device))


def held_out_split(count: int, held_out: int, seed: int) -> Tensor:
    """Choose ``held_out`` of ``count`` rows at random to keep away from training."""
    split = torch.zeros(count, dtype=torch.long)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    split[order[:held_out]] = HELD_OUT
    return split
