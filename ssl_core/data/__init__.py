"""Sources of images: ``load("shapes")``, ``load("cifar10")``, ``load("my.zip")``."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ssl_core.data.base import HELD_OUT, TRAIN, Factor, ImageSet
from ssl_core.data.limits import LIMITS, Limits
from ssl_core.data.shapes import shapes
from ssl_core.data.torchvision import cifar10, fashion_mnist, stl10

SHAPE_VIEWS = {
    "crop": 0.5,
    "flip": 0.5,
    "rotation": 180.0,
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.5,
    "gray": 0.3,
}
PHOTO_VIEWS = {
    "crop": 0.8,
    "flip": 0.5,
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.1,
    "gray": 0.2,
}

# Grey pictures have no hue to change; a garment upside down is another picture.
GARMENT_VIEWS = {"crop": 0.6, "flip": 0.5, "brightness": 0.4, "contrast": 0.4}


@dataclass(frozen=True)
class Source:
    """A named source of images.

    Args:
        load: makes the set; its keyword arguments are the source's options.
        label: its name on screen.
        about: one sentence for a learner.
        views: default augmentation strengths.
        downloads: whether the first use needs a network.
    """

    load: Callable[..., ImageSet]
    label: str
    about: str
    views: Mapping[str, float]
    downloads: bool = False


SOURCES: dict[str, Source] = {
    "shapes": Source(
        shapes,
        "Shapes",
        "Drawn by this program: every factor of every picture is known.",
        SHAPE_VIEWS,
    ),
    "fashion_mnist": Source(
        fashion_mnist,
        "Fashion-MNIST",
        "60,000 grey pictures of ten kinds of clothing; a download of 31 MB.",
        GARMENT_VIEWS,
        downloads=True,
    ),
    "cifar10": Source(
        cifar10,
        "CIFAR-10",
        "50,000 small photographs of ten animals and vehicles; a download of 170 MB.",
        PHOTO_VIEWS,
        downloads=True,
    ),
    "stl10": Source(
        stl10,
        "STL-10",
        "5,000 photographs of ten animals and vehicles; a download of 2.6 GB.",
        PHOTO_VIEWS,
        downloads=True,
    ),
}


def load(slug_or_path: str, **options: Any) -> ImageSet:
    """Load a named source, or a folder or zip of images.

    Args:
        slug_or_path: a name in ``SOURCES``, else a path.
        **options: keyword arguments of that source's function.

    Raises:
        ValueError: naming what was asked for, and the known sources.
    """
    if slug_or_path in SOURCES:
        return SOURCES[slug_or_path].load(**options)
    if os.path.exists(os.path.expanduser(slug_or_path)):
        from ssl_core.data.folder import folder

        return folder(slug_or_path, **options)
    raise ValueError(
        f"data is {slug_or_path!r}; allowed are {', '.join(SOURCES)}, "
        "or the path of a folder or zip of images"
    )


def default_views(slug_or_path: str) -> Mapping[str, float]:
    """Default augmentation strengths of a source; photographs' if it is a path."""
    source = SOURCES.get(slug_or_path)
    return source.views if source else PHOTO_VIEWS


__all__ = [
    "HELD_OUT",
    "LIMITS",
    "SOURCES",
    "TRAIN",
    "Factor",
    "ImageSet",
    "Limits",
    "Source",
    "default_views",
    "load",
]
