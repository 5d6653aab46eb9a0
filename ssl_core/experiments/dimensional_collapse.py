"""Dimensional collapse: negatives do not stop a linear net from using few directions."""

import torch
from torch import Tensor

from ssl_core import measures
from ssl_core.experiments.base import Expected, Experiment, Published, Quantity, Values
from ssl_core.experiments.trials import Trial

DIM, NOISY = 16, 8  # of 16 input directions, augmentation disturbs 8
BATCH, RATE = 256, 0.03
JING = "Jing et al. 2022, theorem 1 and figures 3, 6"


def trial(given: Trial) -> Values:
    """Train a linear net with InfoNCE on Gaussian inputs; the spectrum of its product.

    Settings: ``noise`` (the augmentation's variance k on the noisy directions) and
    ``layers``.
    """
    g = torch.Generator().manual_seed(given.seed)
    depth, k = int(given.settings["layers"]), float(given.settings["noise"])
    weights = [
        (torch.randn(DIM, DIM, generator=g) / DIM**0.5).requires_grad_()
        for _ in range(depth)
    ]
    before = _singular_values(weights)
    optimizer = torch.optim.SGD(weights, lr=RATE)
    for _ in range(given.steps):
        x = torch.randn(BATCH, DIM, generator=g)
        a, b = (_disturbed(x, k, g) for _ in range(2))
        loss = squared_info_nce(_through(a, weights), _through(b, weights))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    s = _singular_values(weights)
    return {
        "effective_rank": _rank(s),
        "rank_before": _rank(before),
        "ninth": float(s[NOISY] / s[0]),
        "last": float(s[-1] / s[0]),
        "spectrum": [float(v) for v in s / s[0]],
    }


def squared_info_nce(a: Tensor, b: Tensor) -> Tensor:
    """InfoNCE on squared distances, as the paper's analysis has it (section 4, eq. 1).

    Args:
        a, b: ``[N, D]``; row i pairs up.

    Returns:
        Scalar in nats.
    """
    logits = -torch.cdist(a, b).square() / 2
    return torch.nn.functional.cross_entropy(logits, torch.arange(len(a)))


def _disturbed(x: Tensor, k: float, g: torch.Generator) -> Tensor:
    noise = torch.zeros_like(x)
    noise[:, :NOISY] = torch.randn(len(x), NOISY, generator=g) * k**0.5
    return x + noise


def _through(x: Tensor, weights: list[Tensor]) -> Tensor:
    for weight in weights:
        x = x @ weight.T
    return x


@torch.no_grad()
def _singular_values(weights: list[Tensor]) -> Tensor:
    return torch.linalg.svdvals(_through(torch.eye(DIM), weights))


def _rank(s: Tensor) -> float:
    return measures.effective_rank(torch.cat([torch.diag(s), -torch.diag(s)]))


def arms() -> dict[str, dict[str, object]]:
    """Augmentation strength at one layer, depth at weak augmentation."""
    found: dict[str, dict[str, object]] = {
        f"1 layer, noise {k:g}": {"settings": {"layers": 1, "noise": k}}
        for k in (0.0, 0.1, 1.0, 4.0, 16.0)
    }
    for depth in (2, 3, 4):
        name = f"{depth} layers, noise 0.1"
        found[name] = {"settings": {"layers": depth, "noise": 0.1}}
    return found


EXPERIMENT = Experiment(
    slug="dimensional_collapse",
    claim="Contrastive learning collapses too, in some dimensions: by strong augmentation, "
    "or by depth alone (Jing et al. 2022).",
    arms=arms(),
    quantities={
        "effective_rank": Quantity("effective rank of the net, of 16"),
        "rank_before": Quantity("effective rank before training"),
        "ninth": Quantity("9th singular value / 1st"),
        "last": Quantity("16th singular value / 1st"),
        "spectrum": Quantity("singular values", series=True),
    },
    expected=(
        Expected(
            "strong noise on 8 of 16 directions costs more than 5 of those used without",
            lambda v: (
                v["1 layer, noise 0"]["effective_rank"]
                - v["1 layer, noise 16"]["effective_rank"]
            ),
            5.0,
        ),
        Expected(
            "without noise more directions are used than with noise 1",
            lambda v: (
                v["1 layer, noise 0"]["effective_rank"]
                - v["1 layer, noise 1"]["effective_rank"]
            ),
        ),
        Expected(
            "training four layers wins fewer directions over the random start than one",
            lambda v: (
                (
                    v["1 layer, noise 0.1"]["effective_rank"]
                    - v["1 layer, noise 0.1"]["rank_before"]
                )
                - (
                    v["4 layers, noise 0.1"]["effective_rank"]
                    - v["4 layers, noise 0.1"]["rank_before"]
                )
            ),
        ),
        Expected(
            "training lowers the rank of four layers below that of their random start",
            lambda v: (
                -(
                    v["4 layers, noise 0.1"]["effective_rank"]
                    - v["4 layers, noise 0.1"]["rank_before"]
                )
            ),
        ),
    ),
    published=(
        Published(
            "directions that survive at strong augmentation (theorem 1)",
            8.0,
            JING,
            "1 layer, noise 16",
            "effective_rank",
            "directions",
        ),
    ),
    trial=trial,
    steps=3000,
    quick_steps=1500,
    note="A product of random matrices has a low rank before any training: compare with "
    "the rank before, not with 16.",
)
