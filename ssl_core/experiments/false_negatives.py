"""False negatives: images of the anchor's own class that it is pushed away from."""

import torch
import torch.nn.functional as F

from ssl_core.experiments.base import Expected, Experiment, Published, Quantity, Values
from ssl_core.experiments.trials import Trial, measured, train

BATCHES = 20  # counted
CHUANG = "Chuang et al. 2020, STL-10, ResNet-50 (its repository)"


def trial(given: Trial) -> Values:
    """Count same-class negatives in real batches; train where the arm has a method."""
    if given.settings.get("count"):
        return counted(given)
    run = train(given)
    fit = run.fit
    batch = fit.batches.next(fit.config.batch_size, fit._policy)
    with torch.no_grad():
        outcome = fit._forward(batch)
    assert batch.labels is not None
    z = F.normalize(torch.cat([outcome.z_a, outcome.z_b]).float(), dim=1)
    labels, n = batch.labels.repeat(2), len(batch.rows)
    itself = torch.eye(n, dtype=torch.bool).repeat(2, 2)
    weights = (z @ z.T / 0.2).masked_fill(itself, -torch.inf).softmax(1)
    same = (labels.unsqueeze(0) == labels.unsqueeze(1)) & ~itself
    return measured(run) | {
        "pushing": (weights * same).sum(1).mean().item(),
        "same_class_part": (same.sum(1) / (2 * (n - 1))).mean().item(),
    }


def counted(given: Trial) -> Values:
    """Negatives of the anchor's class, and how often there is one at all."""
    data, size = given.data(), int(given.values["batch_size"])
    g = torch.Generator().manual_seed(given.seed)
    labels, rows = data.labels, data.train_rows
    assert labels is not None
    found = []
    for _ in range(BATCHES):
        drawn = labels[rows[torch.randperm(len(rows), generator=g)[:size]]]
        others = (drawn.unsqueeze(0) == drawn.unsqueeze(1)).sum(1) - 1
        found.append(2.0 * others)  # both views of every other image of the class
    same = torch.cat(found)
    return {
        "same_class": same.mean().item(),
        "at_least_one": (same > 0).float().mean().item(),
        "same_class_part": same.mean().item() / (2 * (size - 1)),
    }


EXPERIMENT = Experiment(
    slug="false_negatives",
    claim="Among random negatives are images of the anchor's own class; labels, where one "
    "has them, can tell them apart (Chuang et al. 2020; Khosla et al. 2020).",
    arms={
        f"counted, N = {n}": {"batch_size": n, "settings": {"count": True}}
        for n in (8, 16, 64, 256)
    }
    | {
        "SimCLR": {"method": "simclr", "batch_size": 64},
        "SupCon, which sees labels": {"method": "supcon", "batch_size": 64},
    },
    quantities={
        "same_class": Quantity("negatives of the anchor's class"),
        "at_least_one": Quantity("anchors that meet one"),
        "same_class_part": Quantity("part of the negatives"),
        "pushing": Quantity("softmax weight on the own class, tau 0.2"),
        "knn": Quantity("kNN of the class"),
        "probe_class": Quantity("linear probe of the class"),
    },
    expected=(
        Expected(
            "at N = 64 an anchor meets about 2(N - 1)/8 = 15.75 of its own class",
            lambda v: -abs(v["counted, N = 64"]["same_class"] - 15.75),
            -1.0,
        ),
        Expected(
            "a trained SimCLR is pushed away from its own class more than at random",
            lambda v: v["SimCLR"]["pushing"] - v["SimCLR"]["same_class_part"],
        ),
        Expected(
            "SupCon, which turns them into positives, is the upper line",
            lambda v: v["SupCon, which sees labels"]["knn"] - v["SimCLR"]["knn"],
        ),
    ),
    published=(
        Published("SimCLR", 80.15, CHUANG, "SimCLR", "probe_class", "%"),
        Published("debiased, class prior 0.1", 84.26, CHUANG, None, None, "%"),
    ),
    trial=trial,
    steps=400,
    quick_steps=200,
    note="SimCLR is pushed away from what carries this weight; SupCon is pulled towards it.",
)
