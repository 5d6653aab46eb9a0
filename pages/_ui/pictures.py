"""Pictures for the augmentations page: chosen by the learner, changed by the core."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from pages._ui import cache, opened
from ssl_core.augment import AUGMENTATIONS, Dice, Policy, as_float
from ssl_core.data.shapes import shapes

SIDE = 128


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


def choose() -> Tensor:
    """Let the learner take a bundled picture, an upload or the camera.

    Returns:
        ``[1, 3, S, S]`` uint8.
    """
    return _chosen().unsqueeze(0)


def _chosen() -> Tensor:
    kinds = ["Shape", "Flower", "Temple", "Upload", "Camera"]
    kind = (
        st.segmented_control("Picture", kinds, default="Shape", key="picture")
        or "Shape"
    )
    if kind == "Shape":
        return _shape()
    if kind in ("Flower", "Temple"):
        return _photo(f"{'flower' if kind == 'Flower' else 'china'}.jpg")
    file = (
        st.file_uploader(
            "An image", type=["png", "jpg", "jpeg", "webp"], key="one_image"
        )
        if kind == "Upload"
        else st.camera_input("Your camera", key="camera")
    )
    quarantine = cache.service().quarantine
    if file is None:
        quarantine.warm_up()
        return _shape()
    try:
        pixels = opened.once(file, lambda data: quarantine.picture(data, SIDE))
        return torch.from_numpy(pixels)
    except ValueError as error:
        st.error(f"{file.name}: {error}", icon=":material/broken_image:")
        return _shape()


def two(images: Tensor, policy: Policy, seed: int) -> Views:
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


def alone(images: Tensor, strengths: Mapping[str, float], seed: int) -> list[Tile]:
    """Every augmentation that has a strength, by itself, on the first of the images."""
    x, g = as_float(images), torch.Generator().manual_seed(seed)
    tiles = []
    for slug, strength in strengths.items():
        augmentation = AUGMENTATIONS[slug](strength=strength)
        dice = augmentation.draw(len(x), g)
        shown = _as_array(augmentation.apply(x, dice))
        label = augmentation.label
        tiles.append(Tile(label, shown, dice_text({label: dice})))
    return tiles


def dice_text(dice: Mapping[str, Dice]) -> str:
    """One view's dice as a line."""
    parts = [f"{name} {_value(v)}" for d in dice.values() for name, v in d.items()]
    return ", ".join(parts) or "nothing was changed"


def dice_table(dice: list[dict[str, Dice]]) -> dict[str, list[Any]]:
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


@st.cache_data(max_entries=4, show_spinner=False)
def _shape_pixels() -> np.ndarray:
    drawn = shapes(count=64, held_out=8, size=SIDE, seed=3)
    stars = (drawn.factors["shape"].values == 3).nonzero()
    return drawn.images[stars[0, 0]].numpy()


def _shape() -> Tensor:
    return torch.from_numpy(_shape_pixels())


@st.cache_data(max_entries=4, show_spinner=False)
def _photo_pixels(name: str) -> np.ndarray:
    from sklearn.datasets import load_sample_image

    pixels = load_sample_image(name)  # ships with scikit-learn, CC BY
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = torch.from_numpy(pixels[top : top + side, left : left + side].copy())
    small = torch.nn.functional.interpolate(
        square.permute(2, 0, 1).unsqueeze(0).float(),
        SIDE,
        mode="bilinear",
        antialias=True,
    )
    return small[0].round().clamp(0, 255).byte().numpy()


def _photo(name: str) -> Tensor:
    return torch.from_numpy(_photo_pixels(name))
