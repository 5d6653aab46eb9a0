"""InfoNCE's bound on mutual information can never exceed log K."""

import math

import torch

from ssl_core.experiments.base import Expected, Experiment, Published, Quantity, Values
from ssl_core.experiments.trials import Trial

DIM = 20
TRUE = (1, 2, 4, 8, 16, 100)  # nats
ROWS = 16_384  # anchors behind each estimate
MCALLESTER = "McAllester & Stratos 2020 (second-hand): CPC at N = 128, true 106.29 nats"


def trial(given: Trial) -> Values:
    """log K - InfoNCE with the optimal critic, for Gaussians of known information."""
    g = torch.Generator().manual_seed(given.seed)
    k = int(given.settings["candidates"])
    return {"log_k": math.log(k)} | {f"true_{mi}": bound(mi, k, g) for mi in TRUE}


def bound(information: float, k: int, g: torch.Generator) -> float:
    """CPC's estimate of the information of two Gaussians (van den Oord 2018, eq. 5).

    Args:
        information: true mutual information in nats, shared equally by 20 dimensions.
        k: candidates, the positive among them.
        g: of the samples.

    Returns:
        log k - loss, nats.
    """
    rho2 = -math.expm1(-2 * information / DIM)
    total, batches = 0.0, max(1, ROWS // k)
    for _ in range(batches):
        x = torch.randn(k, DIM, generator=g, dtype=torch.float64)
        noise = torch.randn(k, DIM, generator=g, dtype=torch.float64)
        y = rho2**0.5 * x + (1 - rho2) ** 0.5 * noise
        # log p(y | x) / p(y) up to a constant: the optimal critic, so no training error.
        distance = torch.cdist(rho2**0.5 * x, y).square()
        critic = y.square().sum(1) / 2 - distance / (2 * (1 - rho2))
        loss = torch.nn.functional.cross_entropy(critic, torch.arange(k))
        total += math.log(k) - loss.item()
    return total / batches


EXPERIMENT = Experiment(
    slug="mutual_information",
    claim="InfoNCE bounds mutual information, but never above log K "
    "(van den Oord et al. 2018; McAllester & Stratos 2020).",
    arms={f"K = {k}": {"settings": {"candidates": k}} for k in (8, 128, 2048)},
    quantities={f"true_{mi}": Quantity(f"estimate of {mi}", "nats") for mi in TRUE}
    | {"log_k": Quantity("log K", "nats")},
    expected=(
        Expected(
            "with K = 128 the estimate of 100 nats stays at log 128",
            lambda v: -abs(v["K = 128"]["true_100"] - v["K = 128"]["log_k"]),
            -0.01,
        ),
        Expected(
            "with K = 128 an information of 1 nat is estimated within 0.1",
            lambda v: -abs(v["K = 128"]["true_1"] - 1),
            -0.1,
        ),
        Expected(
            "more candidates raise the ceiling: 8 nats at K = 2048 against K = 8",
            lambda v: v["K = 2048"]["true_8"] - v["K = 8"]["true_8"],
        ),
    ),
    published=(Published("estimate", 4.85, MCALLESTER, "K = 128", "true_100", "nats"),),
    steps=1,
    trial=trial,
)
