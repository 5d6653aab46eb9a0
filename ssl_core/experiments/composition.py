"""No single augmentation suffices: composed, they leave only what a class is made of."""

from itertools import combinations

from ssl_core.experiments.base import Expected, Experiment, Published, Quantity, Seeded

# What SimCLR's figure 5 composes (its Sobel filter apart), at strengths that suit each set.
SHAPES = {
    "crop": {"crop": 0.5},
    "cutout": {"cutout": 0.4},
    "colour": {
        **{"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.5},
        "gray": 0.3,
    },
    "noise": {"noise": 0.1},
    "blur": {"blur": 1.0},
    "rotation": {"rotation": 180.0},
}
PHOTOS = {
    "crop": {"crop": 0.8},
    "colour": {
        **{"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1},
        "gray": 0.2,
    },
    "noise": {"noise": 0.1},
    "blur": {"blur": 1.0},
    "rotation": {"rotation": 45.0},
}
LONGER = "shapes, 500 steps"
SOURCE = "Chen et al. 2020, section 3.1"
BYOL = "Grill et al. 2020, table 17 (SimCLR reproduced, ResNet-50, 300 epochs)"


def arms() -> dict[str, dict[str, object]]:
    """Each augmentation alone, each pair, all default views; singles and all for longer."""
    found: dict[str, dict[str, object]] = {}
    for source, parts in (("shapes", SHAPES), ("photos", PHOTOS)):
        for names in (*((n,) for n in parts), *combinations(parts, 2)):
            views = {k: v for n in names for k, v in parts[n].items()}
            arm = f"{source}: {' + '.join(names)}"
            found[arm] = {"data": source, "augment": views}
        found[f"{source}: all"] = {"data": source, "augment": "default"}
    longer: dict[str, object] = {**SHAPES, "all": "default"}
    for name, chosen in longer.items():
        found[f"{LONGER}: {name}"] = {"augment": chosen, "steps": 500}
    return found


def over_singles(source: str, quantity: str, seeded: Seeded) -> float:
    """How far all views together exceed the best single augmentation."""
    singles = [seeded[a][quantity] for n in SHAPES if (a := f"{source}: {n}") in seeded]
    return float(seeded[f"{source}: all"][quantity] - max(singles))


EXPERIMENT = Experiment(
    slug="composition",
    claim="No single augmentation suffices to learn good features; composed ones do "
    f"({SOURCE}).",
    arms=arms(),
    quantities={
        "probe_class": Quantity("linear probe of the class"),
        "knn": Quantity("kNN of the class"),
        "loss": Quantity("loss", "nats"),
        "contrastive_top1": Quantity("partner found"),
    },
    expected=(
        Expected(
            "shapes: all views together beat the best single augmentation by 0.15 (probe)",
            lambda v: over_singles("shapes", "probe_class", v),
            0.15,
        ),
        Expected(
            "the same with 500 steps instead of 300",
            lambda v: over_singles(LONGER, "probe_class", v),
            0.15,
        ),
        Expected(
            "photographs: all views together beat the best single augmentation (probe)",
            lambda v: over_singles("photos", "probe_class", v),
        ),
    ),
    published=(
        Published("crop alone", 40.3, BYOL, "photos: crop", "probe_class"),
        Published("crop + colour", 64.2, BYOL, "photos: crop + colour", "probe_class"),
        Published("all views", 67.9, BYOL, "photos: all", "probe_class"),
    ),
    steps=300,
    note="All: the source's default views, which have flip and lack cutout, noise and blur. "
    "In the paper's figure one branch is augmented, and cropped first in any case.",
    quick=("shapes: crop", "shapes: rotation", "shapes: colour", "shapes: all"),
)
