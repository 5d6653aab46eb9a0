"""Without colour changes, colour alone solves the task, and shape is not learned."""

from ssl_core.experiments.base import Experiment

EXPERIMENT = Experiment(
    slug="colour_shortcut",
    claim="Two crops of one picture share their colours: unless augmentation changes "
    "them, the encoder tells pictures apart by colour (Chen et al. 2020, section 3.1).",
    arms={
        "default views": {"method": "simclr", "augment": "default"},
        "crop only": {"method": "simclr", "augment": "crop"},
    },
    quantities={
        "kNN shape": lambda r: r["knn"]["accuracy"],
        "background hue probe": lambda r: r["probes"]["background_hue"]["accuracy"],
        "untrained hue probe": lambda r: r["probes"]["background_hue"]["random_init"],
    },
)
