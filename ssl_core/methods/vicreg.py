"""VICReg: three terms instead of negatives (Bardes et al. 2022, arXiv 2105.04906)."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.knobs import knob
from ssl_core.methods.base import (
    Method,
    MethodConfig,
    Outcome,
    Reference,
    require_pairs,
    unit,
)

VARIANCE_EPSILON = 1e-4  # eq. 2: keeps the root's gradient finite at collapse


def vicreg_loss(
    z_a: Tensor,
    z_b: Tensor,
    invariance_weight: float = 25.0,
    variance_weight: float = 25.0,
    covariance_weight: float = 1.0,
) -> Tensor:
    """Weighted sum of invariance, variance and covariance terms (VICReg, eq. 6).

    Pull pairs together, keep each dimension's standard deviation above 1, decorrelate
    dimensions. As in the authors' code, and unlike eqs. 5 and 6, the invariance is a
    mean over dimensions too and the variance is the mean of both views, not their sum:
    the paper's weights 25, 25, 1 belong to that form.

    Args:
        z_a, z_b: ``[N, D]`` float, N >= 2; row i of both shows one image. Their scale
            matters.
        invariance_weight, variance_weight, covariance_weight: lambda, mu, nu >= 0.

    Returns:
        Scalar >= 0; embeddings that are all one point give 0.99 * variance_weight.

    Raises:
        ValueError: if the shapes differ, N is 1 or a weight is negative.
    """
    require_pairs(z_a, z_b, least=2)
    weights = {
        "invariance_weight": invariance_weight,
        "variance_weight": variance_weight,
        "covariance_weight": covariance_weight,
    }
    for name, value in weights.items():
        if not value >= 0:
            raise ValueError(f"{name} is {value:g}; allowed is at least 0")
    invariance = F.mse_loss(z_a, z_b)
    variance = (_variance(z_a) + _variance(z_b)) / 2
    covariance = _covariance(z_a) + _covariance(z_b)
    return (
        invariance_weight * invariance
        + variance_weight * variance
        + covariance_weight * covariance
    )


def _variance(z: Tensor) -> Tensor:
    """How far the dimensions' standard deviations fall short of 1 (eq. 1)."""
    return F.relu(1 - (z.var(0) + VARIANCE_EPSILON).sqrt()).mean()


def _covariance(z: Tensor) -> Tensor:
    """Squared off-diagonal covariances over D (eqs. 3 and 4)."""
    z = z - z.mean(0)
    covariance = z.T @ z / (len(z) - 1)  # [D, D]
    shared = covariance - torch.diag(covariance.diagonal())
    return shared.square().sum() / z.shape[1]


def _weight(default: float, label: str, about: str) -> Any:
    return knob(
        default, low=0.0, high=100.0, step=1.0, label=label, live=True, help=about
    )


class VICReg(Method):
    """Variance-invariance-covariance regularisation.

    Deviation: a two-layer 256-64 head where the paper has three layers of 8192.
    """

    slug: ClassVar[str] = "vicreg"
    label: ClassVar[str] = "VICReg"
    paper: ClassVar[str] = "Bardes et al. 2022, arXiv 2105.04906"

    @dataclass(frozen=True)
    class Config(MethodConfig):
        """VICReg's switches."""

        invariance_weight: float = _weight(
            25.0, "Invariance weight", "How strongly the two views are pulled together."
        )
        variance_weight: float = _weight(
            25.0,
            "Variance weight",
            "What keeps every dimension spread. At 0 all collapses.",
        )
        covariance_weight: float = _weight(
            1.0, "Covariance weight", "What keeps two dimensions from telling the same."
        )
        l2_normalize: bool = knob(
            False,
            label="L2 normalisation",
            live=True,
            help="Whether rows are scaled to length 1 first. The paper does not; with "
            "it no dimension can reach the spread that the variance term asks for.",
        )

    def forward(self, view_a: Tensor, view_b: Tensor) -> Outcome:
        """Algorithm 1 of the paper."""
        z_a, z_b = self.embed_both(view_a, view_b)
        c = self.config
        loss = vicreg_loss(
            unit(z_a, c.l2_normalize),
            unit(z_b, c.l2_normalize),
            c.invariance_weight,
            c.variance_weight,
            c.covariance_weight,
        )
        return Outcome(loss, z_a, z_b)

    def reference(self, batch_size: int) -> Reference:
        """The variance term alone: what a collapsed network scores."""
        value = self.config.variance_weight * (1 - math.sqrt(VARIANCE_EPSILON))
        return Reference(value, "0.99 x variance weight: all views are one point")
