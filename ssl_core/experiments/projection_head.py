"""The projection head: the loss may throw away in z what h keeps."""

from ssl_core import probes
from ssl_core.experiments.base import Expected, Experiment, Published, Quantity, Values
from ssl_core.experiments.trials import Trial, knn_class, measured, probe_class, train

JING = "Jing et al. 2022, table 1"
SIMCLR = "Chen et al. 2020, table 3 (probe of which rotation was applied)"
FORGOTTEN = ("background_hue", "rotation", "texture")


def trial(given: Trial) -> Values:
    """Train; probe the class and what augmentations change, on h and on z."""
    run = train(given)
    (h_bank, h_asked), (z_bank, z_asked) = run.h(), run.z()
    values = dict(measured(run))
    for name, bank, asked in (("h", h_bank, h_asked), ("z", z_bank, z_asked)):
        values[f"class_{name}"] = probe_class(run, bank, asked)
        values[f"knn_{name}"] = knn_class(run, bank, asked)
        look, targets = run.fit.observer, {}
        for factor in FORGOTTEN:
            labels, _ = run.fit.data.factors[factor].classes()
            targets[factor] = (labels[look.bank_rows], labels[look.asked_rows])
        for factor, accuracy in probes.linear_probes(bank, asked, targets).items():
            values[f"{factor}_{name}"] = accuracy
    return values


EXPERIMENT = Experiment(
    slug="projection_head",
    claim="A nonlinear head improves the layer before it, because the loss throws "
    "information away behind it (Chen et al. 2020, section 4.2).",
    arms={
        "MLP head": {"projection_head": "mlp"},
        "linear head": {"projection_head": "linear"},
        "no head": {"projection_head": "none"},
    },
    quantities={
        f"{what}_{where}": Quantity(f"{label}, {where}")
        for what, label in (
            ("class", "probe of the class"),
            ("knn", "kNN of the class"),
            ("background_hue", "probe of background hue"),
            ("rotation", "probe of rotation"),
            ("texture", "probe of texture"),
        )
        for where in ("h", "z")
    },
    expected=(
        Expected(
            "with an MLP head, h tells the background hue better than z",
            lambda v: (
                v["MLP head"]["background_hue_h"] - v["MLP head"]["background_hue_z"]
            ),
        ),
        Expected(
            "with an MLP head, h tells the class better than z (linear probe)",
            lambda v: v["MLP head"]["class_h"] - v["MLP head"]["class_z"],
        ),
        Expected(
            "h of the MLP head tells the class better than h of a linear head",
            lambda v: v["MLP head"]["class_h"] - v["linear head"]["class_h"],
        ),
        Expected(
            "h of the MLP head tells the class better than h without a head",
            lambda v: v["MLP head"]["class_h"] - v["no head"]["class_h"],
        ),
    ),
    published=(
        Published("two-layer head", 66.5, JING, "MLP head", "class_h"),
        Published("linear head", 61.1, JING, "linear head", "class_h"),
        Published("no head", 51.5, JING, "no head", "class_h"),
        Published("rotation from h", 67.6, SIMCLR, "MLP head", "rotation_h", "%"),
        Published("rotation from z", 25.6, SIMCLR, "MLP head", "rotation_z", "%"),
    ),
    trial=trial,
    steps=500,
    quick_steps=150,
)
