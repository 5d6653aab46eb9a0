"""Views of a picture or a sound, and the parameters that were drawn for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssl_core.augment import AUGMENTATIONS, Policy, as_float
from ssl_core.augment import Dice as Params

MIXUP_CLIPS = 15  # clips that mixup may mix into the chosen one


@dataclass(frozen=True)
class Views:
    """A picture, its two views, and the augmentation parameters of each view.

    Args:
        original: ``[H, W, 3]`` uint8.
        images: the two views, as ``original``.
        params: of each view: label of the augmentation -> its parameters.
    """

    original: np.ndarray
    images: list[np.ndarray]
    params: list[dict[str, Params]]


@dataclass(frozen=True)
class Tile:
    """One augmentation applied alone.

    Args:
        label: of the augmentation.
        image: ``[H, W, 3]`` uint8.
        params: its parameters as text.
    """

    label: str
    image: np.ndarray
    params: str


def two_views(images: Tensor, policy: Policy, seed: int) -> Views:
    """Two augmented views of the first image.

    Args:
        images: ``[n, C, H, W]`` uint8.
        policy: draws the parameters of both views.
        seed: of the random numbers.
    """
    generator = torch.Generator().manual_seed(seed)
    x = as_float(images)
    labels = [augmentation.label for augmentation in policy.augmentations]
    views, view_params = [], []
    for _ in range(2):
        params = policy.draw(len(x), generator)
        views.append(_first_image(policy.apply(x, params)))
        view_params.append(dict(zip(labels, params, strict=True)))
    return Views(_first_image(x), views, view_params)


def each_augmentation_alone(
    images: Tensor, strengths: Mapping[str, float], seed: int
) -> list[Tile]:
    """The first image under each augmentation alone.

    Args:
        images: ``[n, C, H, W]`` uint8.
        strengths: slug of an augmentation -> its strength.
        seed: of the random numbers.
    """
    x, generator = as_float(images), torch.Generator().manual_seed(seed)
    tiles = []
    for slug, strength in strengths.items():
        augmentation = AUGMENTATIONS[slug](strength=strength)
        params = augmentation.draw(len(x), generator)
        image = _first_image(augmentation.apply(x, params))
        label = augmentation.label
        tiles.append(Tile(label, image, params_text({label: params})))
    return tiles


def params_text(view_params: Mapping[str, Params]) -> str:
    """The parameters of one view as a line of text."""
    parts = [
        f"{name} {_format(values)}"
        for params in view_params.values()
        for name, values in params.items()
    ]
    return ", ".join(parts) or "nothing was changed"


def params_table(view_params: list[dict[str, Params]]) -> dict[str, list[Any]]:
    """The parameters of both views as columns of a table, one row per parameter."""
    view, partner = view_params
    columns: dict[str, list[Any]] = {
        "augmentation": [],
        "parameter": [],
        "view": [],
        "partner": [],
    }
    for label, params in view.items():
        for name in params:
            columns["augmentation"].append(label)
            columns["parameter"].append(name)
            columns["view"].append(_format(params[name]))
            columns["partner"].append(_format(partner[label][name]))
    return columns


def _format(values: Tensor) -> str:
    """The first image's value of a parameter ``[n]``."""
    value = values[0].item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _first_image(x: Tensor) -> np.ndarray:
    """The first of ``[n, C, H, W]`` in [0, 1] as ``[H, W, 3]`` uint8."""
    pixels = (x[0].clamp(0, 1) * 255).round().byte()
    return pixels.expand(3, -1, -1).permute(1, 2, 0).numpy()


def mixup_rows(row: int, count: int) -> list[int]:
    """The row of a clip, followed by those of the clips that mixup may mix into it.

    Args:
        row: of the clip.
        count: number of clips to choose from.
    """
    return [row, *[other for other in range(count) if other != row][:MIXUP_CLIPS]]
