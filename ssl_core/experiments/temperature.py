"""Temperature: how much of the pushing the hardest negatives do."""

import torch

from ssl_core import measures
from ssl_core.experiments.base import (
    Expected,
    Experiment,
    Published,
    Quantity,
    Values,
    exceeds,
)
from ssl_core.experiments.trials import Trial, measured, train

TAUS = (0.05, 0.1, 0.2, 0.5, 1.0)
WANG = "Wang & Liu 2021, CIFAR-10, ResNet-18 (second-hand)"
SIMCLR = "Chen et al. 2020, table 5"


def trial(given: Trial) -> Values:
    """Train, then weigh negatives and measure uniformity against tolerance on h."""
    run = train(given)
    tau = run.fit.config.options.temperature  # type: ignore[union-attr]
    _, asked = run.h()
    batch = run.fit.batches.next(run.fit.config.batch_size, run.fit._policy)
    with torch.no_grad():
        outcome = run.fit._forward(batch)
    _, z = run.z()
    return measured(run) | {
        "hardest_weight": measures.hardest_weight(
            outcome.z_a.float(), outcome.z_b.float(), tau
        ),
        "tolerance": measures.tolerance(z, run.asked_labels),
        "tolerance_h": measures.tolerance(asked, run.asked_labels),
    }


EXPERIMENT = Experiment(
    slug="temperature",
    claim="A low temperature leaves the pushing to the hardest negatives and spreads "
    "features evenly; a high one tolerates likeness (Wang & Liu 2021).",
    arms={f"tau = {t:g}": {"temperature": t} for t in TAUS},
    quantities={
        "knn": Quantity("kNN of the class"),
        "probe_class": Quantity("linear probe of the class"),
        "hardest_weight": Quantity("pushing done by the hardest tenth"),
        "uniformity": Quantity("uniformity of z"),
        "tolerance": Quantity("cosine within a class, z"),
        "loss": Quantity("loss", "nats"),
        "contrastive_top1": Quantity("partner found"),
        "effective_rank": Quantity("effective rank of z"),
    },
    expected=(
        exceeds(
            "hardest_weight",
            "tau = 0.05",
            "tau = 1",
            sentence="the hardest tenth pushes more at 0.05 than at 1",
        ),
        exceeds(
            "uniformity",
            "tau = 1",
            "tau = 0.05",
            sentence="features are spread more evenly at 0.05 than at 1",
        ),
        exceeds(
            "tolerance",
            "tau = 1",
            "tau = 0.05",
            sentence="images of one class stay closer at 1 than at 0.05",
        ),
        Expected(
            "the best of the five temperatures is neither the lowest nor the highest",
            lambda v: (
                max(v[f"tau = {t:g}"]["knn"] for t in TAUS[1:-1])
                - max(v[f"tau = {t:g}"]["knn"] for t in (TAUS[0], TAUS[-1]))
            ),
        ),
    ),
    published=(
        Published("tau = 0.07", 79.75, WANG, unit="%"),
        Published("tau = 0.3", 83.27, WANG, unit="%"),
        Published("tau = 1", 82.21, WANG, unit="%"),
        Published("tau = 0.05", 59.7, SIMCLR, "tau = 0.05", "probe_class"),
        Published("tau = 0.1", 64.4, SIMCLR, "tau = 0.1", "probe_class"),
        Published("tau = 0.5", 60.7, SIMCLR, "tau = 0.5", "probe_class"),
        Published("tau = 1, SimCLR", 58.0, SIMCLR, "tau = 1", "probe_class"),
    ),
    trial=trial,
    quick_steps=120,
    quick=("tau = 0.05", "tau = 0.2", "tau = 0.5", "tau = 1"),
)
