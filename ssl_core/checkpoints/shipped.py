"""What ships with the app: each small encoder and how it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ssl_core.augment import as_float
from ssl_core.checkpoints.reading import Checkpoint
from ssl_core.config import RunConfig
from ssl_core.data import SOURCES, ImageSet, load
from ssl_core.data.base import held_out_split
from ssl_core.methods import METHODS

PHOTOGRAPHS = "photographs"
CLASSES, PER_CLASS, HELD_OUT = 10, 1_200, 2_000
COLOUR = ("brightness", "contrast", "saturation", "hue", "gray")
# Where nothing of a machine's speed or instructions but rounding can change a result.
EVERYWHERE = {"device": "cpu", "precision": "float32"}
TERMS = {
    "shapes": "Drawn by this program; nobody else's picture is in it.",
    "voices": "Spoken by this program; nobody's voice is in it.",
    PHOTOGRAPHS: "CIFAR-10's training images (Krizhevsky 2009, Learning Multiple Layers "
    "of Features from Tiny Images) as JPEG files in one folder a class: the first "
    f"{PER_CLASS:,} of each, {HELD_OUT:,} of them held out. Its authors ask to be cited "
    "and state no licence. Weights only: no image is contained.",
}


@dataclass(frozen=True)
class Recipe:
    """How one shipped encoder is made, but for the seed.

    Args:
        slug: its folder.
        method: by slug.
        data: "shapes", "photographs" or "voices".
        steps: of training; seconds would make it depend on the machine.
        views: what is special about its augmentations, for a label.
        augment: slug -> strength; None takes the data's default.
        about: what it is good for, one sentence.
    """

    slug: str
    method: str
    data: str = "shapes"
    steps: int = 600
    views: str = "default views"
    augment: Mapping[str, float] | None = None
    about: str = "Trained on shapes with the default views."

    @property
    def label(self) -> str:
        """Its name on screen."""
        return f"{METHODS[self.method].label} · {self.data} · {self.views}"

    def config(self, seed: int) -> RunConfig:
        """What is run with this seed."""
        values: dict[str, Any] = {"method": self.method, "data": self.data}
        if self.augment is not None:
            values["augment"] = dict(self.augment)
        return RunConfig.of(values | EVERYWHERE | {"seed": seed})

    def command(self, seed: int) -> str:
        """The same run at the command line."""
        data = "DIR" if self.data == PHOTOGRAPHS else self.data
        words = [f"python -m ssl_core train {self.method} --data {data}"]
        if self.augment is not None:
            listed = ",".join(f"{k}:{v:g}" for k, v in self.augment.items())
            words.append(f"--augment {listed or 'none'}")
        words += [f"--{name} {value}" for name, value in EVERYWHERE.items()]
        return " ".join([*words, f"--steps {self.steps} --seed {seed}"])

    def made(self, checkpoint: Checkpoint) -> bool:
        """Whether a checkpoint is what this recipe makes with some seed.

        A knob that did not exist when it was made has its default there.
        """
        same = checkpoint.config == self.config(checkpoint.config.seed)
        return same and checkpoint.counters["step"] == self.steps


def _without(*slugs: str) -> dict[str, float]:
    views = SOURCES["shapes"].views
    return {slug: views[slug] for slug in views if slug not in slugs}


ON_SHAPES = ("simclr", "moco", "byol", "simsiam", "dcl", "barlow_twins", "vicreg")
RECIPES: dict[str, Recipe] = {
    r.slug: r
    for r in (
        *(Recipe(f"shapes-{m.replace('_', '-')}", m) for m in ON_SHAPES),
        Recipe(
            "shapes-simclr-crop-only",
            "simclr",
            views="crop only",
            augment={"crop": SOURCES["shapes"].views["crop"]},
            about="The background's hue is enough to find the partner: shape is lost.",
        ),
        Recipe(
            "shapes-simclr-no-colour",
            "simclr",
            views="no colour change",
            augment=_without(*COLOUR),
            about="Crop, flip and rotation, but every colour stays as it was.",
        ),
        Recipe(
            "shapes-simclr-no-rotation",
            "simclr",
            views="no rotation",
            augment=_without("rotation"),
            about="Nothing asks the encoder to forget how a shape is turned.",
        ),
        Recipe(
            "photographs-simclr",
            "simclr",
            PHOTOGRAPHS,
            steps=2_000,
            about="Trained on small photographs with the default views.",
        ),
        Recipe(
            "shapes-supcon",
            "supcon",
            about="Learned with the labels that the others never see: a line to compare.",
        ),
        Recipe(
            "voices-simclr",
            "simclr",
            "voices",
            steps=1_200,
            about="Trained on spoken syllables: what was said, more than who said it.",
        ),
    )
}


def images_of(data: str, photos: str | Path | None = None) -> ImageSet:
    """The images of a recipe.

    Args:
        data: "shapes" or "photographs".
        photos: CIFAR-10's training images as JPEG files, one folder a class.

    Raises:
        ValueError: if the folder holds something else.
    """
    if data != PHOTOGRAPHS:
        return load(data)
    found = load(str(photos))
    classes = len(found.label_names)
    if classes != CLASSES:
        raise ValueError(
            f"it holds {len(found)} pictures in {classes} class folders; allowed are "
            f"CIFAR-10's {CLASSES} classes with at least {PER_CLASS:,} pictures each"
        )
    return first_of_each(found, PER_CLASS, HELD_OUT)


def first_of_each(found: ImageSet, per_class: int, held_out: int) -> ImageSet:
    """The first images of every class, in their order, split anew.

    So the folder of all images and a folder of only these give one and the same set.

    Raises:
        ValueError: naming a class with fewer images.
    """
    labels, name = found.labels, found.label
    assert labels is not None and name is not None
    parts = []
    for index, shown in enumerate(found.label_names):
        rows = (labels == index).nonzero().squeeze(1)
        if len(rows) < per_class:
            raise ValueError(
                f"its class {shown!r} holds {len(rows)} pictures; allowed are at least "
                f"{per_class:,}"
            )
        parts.append(rows[:per_class])
    rows = torch.cat(parts).sort().values
    label = replace(found.factors[name], values=labels[rows])
    split = held_out_split(len(rows), held_out, seed=0)
    return ImageSet(PHOTOGRAPHS, found.images[rows], {name: label}, name, split)


def fingerprint(data: ImageSet, count: int = 16) -> list[float]:
    """Mean brightness of the first held-out pictures, in [0, 1]: tells one set from
    another and overlooks what decoders disagree about."""
    pictures = as_float(data.images[data.held_out_rows[:count]])
    return [round(value, 4) for value in pictures.mean((1, 2, 3)).tolist()]
