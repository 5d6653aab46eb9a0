"""Views of a picture or a sound, and the parameters that were drawn for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssl_core.augment import AUGMENTATIONS, Dice, Policy, as_float


@dataclass(frozen=True)
class Views:
    """A picture, its two views as ``[H, W, 3]`` uint8, and the dice behind each."""

    original: np.ndarray
    images: list[np.ndarray]
    dice: list[dict[str, Dice]]


@dataclass(frozen=True)
class Tile:
    """One augmentation applied alone."""

    label: str
    image: np.ndarray
    dice: str


def two_views(images: Tensor, policy: Policy, seed: int) -> Views:
    """Two views of the first of ``[n, C, H, W]`` by one policy, from one seed."""
    g = torch.Generator().manual_seed(seed)
    x = as_float(images)
    made, rolled = [], []
    for _ in range(2):
        dice = policy.draw(len(x), g)
        made.append(_as_array(policy.apply(x, dice)))
        rolled.append(
            {a.label: d for a, d in zip(policy.augmentations, dice, strict=True)}
        )
    return Views(_as_array(x), made, rolled)


def each_alone(images: Tensor, strengths: Mapping[str, float], seed: int) -> list[Tile]:
    """Every augmentation that has a strength, by itself, on the first of the images."""
    x, g = as_float(images), torch.Generator().manual_seed(seed)
    tiles = []
    for slug, strength in strengths.items():
        augmentation = AUGMENTATIONS[slug](strength=strength)
        dice = augmentation.draw(len(x), g)
        shown = _as_array(augmentation.apply(x, dice))
        label = augmentation.label
        tiles.append(Tile(label, shown, params_text({label: dice})))
    return tiles


def params_text(dice: Mapping[str, Dice]) -> str:
    """One view's dice as a line."""
    parts = [f"{name} {_value(v)}" for d in dice.values() for name, v in d.items()]
    return ", ".join(parts) or "nothing was changed"


def params_table(dice: list[dict[str, Dice]]) -> dict[str, list[Any]]:
    """Both views' dice, a row a die."""
    rows: dict[str, list[Any]] = {
        "augmentation": [],
        "die": [],
        "view": [],
        "partner": [],
    }
    for label in dice[0]:
        for name in dice[0][label]:
            rows["augmentation"].append(label)
            rows["die"].append(name)
            rows["view"].append(_value(dice[0][label][name]))
            rows["partner"].append(_value(dice[1][label][name]))
    return rows


def _value(die: Tensor) -> str:
    value = die[0].item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _as_array(x: Tensor) -> np.ndarray:
    shown = (x[0].clamp(0, 1) * 255).round().byte()
    return shown.expand(3, -1, -1).permute(1, 2, 0).numpy()
