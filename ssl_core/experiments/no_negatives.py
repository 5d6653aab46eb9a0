"""Negatives are one way among several: seven methods at the same budget."""

from ssl_core.experiments.base import Expected, Experiment, Published, Quantity

METHODS = ("simclr", "moco", "byol", "simsiam", "barlow_twins", "vicreg", "dcl")
WITHOUT = ("byol", "simsiam", "barlow_twins", "vicreg")
TABLE = "Chen & He 2021, table 4 (100 epochs; the order changes with the schedule)"

EXPERIMENT = Experiment(
    slug="no_negatives",
    claim="Methods without negatives learn features too: BYOL, SimSiam, Barlow Twins, "
    "VICReg (no ranking is claimed: it changes with the budget).",
    arms={m: {"method": m} for m in METHODS},
    quantities={
        "knn": Quantity("kNN of the class"),
        "probe_class": Quantity("linear probe of the class"),
        "random_init": Quantity("kNN, untrained"),
        "effective_rank": Quantity("effective rank of z"),
        "feature_std": Quantity("spread of z x sqrt(d)"),
        "uniformity": Quantity("uniformity of z"),
    },
    expected=tuple(
        Expected(
            f"{m} exceeds an untrained encoder by 0.25",
            lambda v, m=m: v[m]["knn"] - v[m]["random_init"],  # type: ignore[misc]
            0.25,
        )
        for m in METHODS
    ),
    published=(
        Published("SimCLR, batch 4096", 66.5, TABLE, "simclr", "probe_class"),
        Published("MoCo v2, batch 256", 67.4, TABLE, "moco", "probe_class"),
        Published("BYOL, batch 4096", 66.5, TABLE, "byol", "probe_class"),
        Published("SimSiam, batch 256", 68.1, TABLE, "simsiam", "probe_class"),
    ),
    steps=600,
    quick_steps=150,
)
