"""Contrast, a queue, a moving average or a stop-gradient: each learns shapes."""

from ssl_core.experiments.base import Experiment

EXPERIMENT = Experiment(
    slug="four_methods",
    claim="SimCLR, MoCo, BYOL and SimSiam each learn features in which neighbours "
    "share a shape far more often than in an untrained encoder.",
    arms={name: {"method": name} for name in ("simclr", "moco", "byol", "simsiam")},
    quantities={
        "kNN": lambda r: r["knn"]["accuracy"],
        "kNN minus random init": lambda r: (
            r["knn"]["accuracy"] - r["knn"]["random_init"]
        ),
        "images/s": lambda r: r["images_per_second"],
    },
    seconds=60.0,
)
