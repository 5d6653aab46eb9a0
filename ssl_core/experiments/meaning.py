"""Augmentations define the meaning: what they change is forgotten, what they leave stays."""

from ssl_core.data import SHAPE_VIEWS
from ssl_core.experiments.base import Expected, Experiment, Published, Quantity, exceeds

COLOUR = ("brightness", "contrast", "saturation", "hue", "gray")
LOOC = "Xiao et al. 2021, table 1 (second-hand)"
FACTORS = (
    *("shape", "fill_hue", "background_hue", "texture"),
    *("x", "y", "scale", "rotation"),
)


def without(*names: str) -> dict[str, float]:
    """The default views of the shapes, some of them left out."""
    return {k: v for k, v in SHAPE_VIEWS.items() if k not in names}


EXPERIMENT = Experiment(
    slug="meaning",
    claim="The choice of augmentations decides which factor of an image the features keep "
    "(Xiao et al. 2021; von Kuegelgen et al. 2021).",
    arms={
        "all views": {"augment": without()},
        "no colour": {"augment": without(*COLOUR)},
        "no crop": {"augment": without("crop")},
        "no rotation or flip": {"augment": without("rotation", "flip")},
        "crop only": {"augment": {"crop": SHAPE_VIEWS["crop"]}},
        "colour only": {"augment": {n: SHAPE_VIEWS[n] for n in COLOUR}},
    },
    quantities={f"probe_{f}": Quantity(f.replace("_", " ")) for f in FACTORS}
    | {f"untrained_{f}": Quantity(f"{f.replace('_', ' ')}, untrained") for f in FACTORS}
    | {"knn": Quantity("kNN of the class")},
    expected=(
        exceeds(
            "probe_background_hue",
            "no colour",
            "all views",
            0.3,
            "adding colour changes costs 0.3 of the background hue's probe",
        ),
        exceeds(
            "probe_shape",
            "all views",
            "no colour",
            sentence="adding colour changes raises the probe of the shape",
        ),
        exceeds(
            "probe_rotation",
            "no rotation or flip",
            "all views",
            sentence="without rotation and flip the orientation is kept better",
        ),
        Expected(
            "without crops position is kept better",
            lambda v: (
                v["no crop"]["probe_x"]
                + v["no crop"]["probe_y"]
                - v["all views"]["probe_x"]
                - v["all views"]["probe_y"]
            ),
        ),
    ),
    published=(
        Published(
            "MoCo: probe of rotation",
            61.1,
            LOOC,
            "no rotation or flip",
            "probe_rotation",
            "%",
        ),
        Published(
            "with rotation added", 43.3, LOOC, "all views", "probe_rotation", "%"
        ),
    ),
    steps=500,
    quick=("all views", "no colour", "no crop", "no rotation or flip"),
    quick_steps=180,
    note="Disc and ring have no orientation and four other shapes repeat at some angles, "
    "which keeps the probe of rotation low whatever is learned.",
)
