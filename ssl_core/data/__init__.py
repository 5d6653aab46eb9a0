"""Sources of images and sound: ``load("shapes")``, ``load("voices")``, ``load("my.zip")``."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ssl_core.data.base import HELD_OUT, TRAIN, Factor, ImageSet
from ssl_core.data.limits import LIMITS, Limits
from ssl_core.data.shapes import shapes
from ssl_core.data.sound import SoundSet
from ssl_core.data.torchvision import cifar10, fashion_mnist, stl10
from ssl_core.data.voices import voices

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

# Of spectrograms: the crop of BYOL-A, the masks of SpecAugment, and what tells one
# recording from another whatever is said in it: its level and its noise.
SOUND_VIEWS = {
    "time_frequency_crop": 0.4,
    "gain": 0.25,
    "hiss": 0.2,
    "time_mask": 0.3,
    "frequency_mask": 0.3,
}
# A little of BYOL-A's mixup besides. After 600 steps it makes no difference that five seeds
# show (evidence of "sound"); after twice as many the neighbours of three were better for it.
VOICE_VIEWS = SOUND_VIEWS | {"mixup": 0.1}


@dataclass(frozen=True)
class Source:
    """A named source of images or sound.

    Args:
        load: makes the set; its keyword arguments are the source's options.
        label: its name on screen.
        about: one sentence for a learner.
        views: default augmentation strengths.
        downloads: whether the first use needs a network.
        medium: "pictures" or "sound", which decides the augmentations offered.
    """

    load: Callable[..., ImageSet]
    label: str
    about: str
    views: Mapping[str, float]
    downloads: bool = False
    medium: str = "pictures"


SOURCES: dict[str, Source] = {
    "shapes": Source(
        shapes,
        "Shapes",
        "Drawn by this program: every factor of every picture is known.",
        SHAPE_VIEWS,
    ),
    "voices": Source(
        voices,
        "Voices",
        "Nine syllables spoken by this program in eight voices: all of it is known.",
        VOICE_VIEWS,
        medium="sound",
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
    """Load a named source, or a folder or zip of images or recordings.

    Args:
        slug_or_path: a name in ``SOURCES``, else a path, of which :func:`medium_of`
            says what it holds.
        **options: keyword arguments of that source's function; for a path of
            ``folder.folder`` or ``clips.clips``.

    Raises:
        ValueError: naming what was asked for, and the known sources.
    """
    if slug_or_path in SOURCES:
        return SOURCES[slug_or_path].load(**options)
    if os.path.exists(os.path.expanduser(slug_or_path)):
        if medium_of(slug_or_path) == "sound":
            from ssl_core.data.clips import clips

            return clips(slug_or_path, **options)
        from ssl_core.data.folder import folder

        return folder(slug_or_path, **options)
    raise ValueError(
        f"data is {slug_or_path!r}; allowed are {', '.join(SOURCES)}, "
        "or the path of a folder or zip of images or recordings"
    )


def default_views(slug_or_path: str) -> Mapping[str, float]:
    """Default augmentation strengths of a source, or of a path by its medium."""
    source = SOURCES.get(slug_or_path)
    if source:
        return source.views
    return SOUND_VIEWS if medium_of(slug_or_path) == "sound" else PHOTO_VIEWS


def medium_of(slug_or_path: str) -> str:
    """ "pictures" or "sound": of a source, or what most files of a folder or zip are.

    What cannot be found or read counts as pictures; :func:`load` says what is wrong.
    """
    source = SOURCES.get(slug_or_path)
    if source:
        return source.medium
    path = os.path.expanduser(slug_or_path)
    if not os.path.exists(path):
        return "pictures"
    from ssl_core.data.medium import medium_of_files

    try:
        return medium_of_files(Path(path))
    except ValueError:
        return "pictures"


@lru_cache(maxsize=256)
def things(slug_or_path: str) -> str:
    """What a source or path holds, in a word for a sentence: "images" or "clips"."""
    return "clips" if medium_of(slug_or_path) == "sound" else "images"


__all__ = [
    "HELD_OUT",
    "LIMITS",
    "SOUND_VIEWS",
    "SOURCES",
    "TRAIN",
    "Factor",
    "ImageSet",
    "Limits",
    "SoundSet",
    "Source",
    "default_views",
    "load",
    "medium_of",
    "things",
]
