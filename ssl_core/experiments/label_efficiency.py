"""Label efficiency: what a few labels are worth on top of features learned without any."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core import probes
from ssl_core.augment import as_float, two_views
from ssl_core.encoders import make_encoder
from ssl_core.experiments.base import Expected, Experiment, Published, Quantity, Values
from ssl_core.experiments.trials import AT_BOTH_ENDS, Trial, train
from ssl_core.train import Fit
from ssl_core.watch import Observer

LABELS = (1, 5, 10, 50, 200)  # a class
SCRATCH_STEPS = 300
RATE, BATCH = 3e-3, 64
UVA = "UvA Deep Learning tutorial 17, STL-10, ResNet-18"


def trial(given: Trial) -> Values:
    """Accuracy on held-out rows for each number of labels, by the arm's way."""
    way = given.settings["way"]
    if way == "scratch":
        return {f"labels_{n}": from_scratch(given, n) for n in LABELS}
    if way == "probe":
        run = train(given)
        (bank, asked), look = run.h(), run.fit.observer
    else:
        fit = Fit(given.config(), given.data(), given.budget(), AT_BOTH_ENDS)
        look, encoder = fit.observer, fit.method.encoder
        bank, asked = (
            look.features(encoder, r) for r in (look.bank_rows, look.asked_rows)
        )
    return {f"labels_{n}": _probe(given, look, bank, asked, n) for n in LABELS}


def _probe(given: Trial, look: Observer, bank: Tensor, asked: Tensor, n: int) -> float:
    labels = given.data().labels
    assert labels is not None
    bank_labels = labels[look.bank_rows]
    few = chosen(bank_labels, n, given.seed)
    return probes.linear_probe(
        bank[few], bank_labels[few], asked, labels[look.asked_rows]
    )


def from_scratch(given: Trial, n: int) -> float:
    """The same encoder with a linear head, trained with labels and views from the start."""
    data, config = given.data(), given.config()
    labels = data.labels
    assert labels is not None and config.policy is not None
    torch.manual_seed(given.seed)
    g = torch.Generator().manual_seed(given.seed)
    look = Observer(data, AT_BOTH_ENDS, given.seed)
    rows = look.bank_rows[chosen(labels[look.bank_rows], n, given.seed)]
    encoder = make_encoder(config.encoder)
    head = torch.nn.Linear(encoder.dim, len(data.label_names))
    weights = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=config.weight_decay)
    steps = min(SCRATCH_STEPS, given.steps)
    for _ in range(steps):
        batch = rows[torch.randint(len(rows), (BATCH,), generator=g)]
        view, _ = two_views(as_float(data.images[batch]), config.policy, g)
        loss = F.cross_entropy(head(encoder(view)), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        guess = head(look.features(encoder, look.asked_rows)).argmax(1)
    return (guess == labels[look.asked_rows]).float().mean().item()


def chosen(labels: Tensor, n: int, seed: int) -> Tensor:
    """``n`` places of every class, at random."""
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=g)
    places = [order[labels[order] == c][:n] for c in labels.unique()]
    return torch.cat(places)


PROBE, SCRATCH, UNTRAINED = (
    "SimCLR + linear probe",
    "from scratch",
    "untrained + linear probe",
)
EXPERIMENT = Experiment(
    slug="label_efficiency",
    claim="With few labels, a linear probe on features learned without labels beats the "
    "same net trained from scratch (Chen et al. 2020, section 6; UvA tutorial 17).",
    arms={
        PROBE: {"settings": {"way": "probe"}},
        SCRATCH: {"settings": {"way": "scratch"}},
        "from scratch, without views": {
            "augment": "none",
            "settings": {"way": "scratch"},
        },
        UNTRAINED: {"settings": {"way": "untrained"}},
    },
    quantities={f"labels_{n}": Quantity(f"{n} labels a class") for n in LABELS},
    expected=(
        *(
            Expected(
                f"with {n} labels a class the probe beats training from scratch",
                lambda v, n=n: v[PROBE][f"labels_{n}"] - v[SCRATCH][f"labels_{n}"],  # type: ignore[misc]
            )
            for n in (1, 5, 10, 50)
        ),
        Expected(
            "with 10 labels a class the probe beats training from scratch without views",
            lambda v: (
                v[PROBE]["labels_10"] - v["from scratch, without views"]["labels_10"]
            ),
        ),
    ),
    published=(
        Published("probe, 10 labels a class", 62.79, UVA, PROBE, "labels_10", "%"),
        Published("probe, 50 labels a class", 74.44, UVA, PROBE, "labels_50", "%"),
        Published("probe, 500 labels a class", 81.33, UVA, None, None, "%"),
        Published("from scratch, 500 labels a class", 73.31, UVA, None, None, "%"),
    ),
    trial=trial,
    steps=500,
    quick_steps=100,
    note="Training from scratch takes 300 steps at a constant rate, with the same views as "
    "SimCLR's 500 steps unless said otherwise.",
)
