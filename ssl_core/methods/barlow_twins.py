"""Barlow Twins: dimensions agree, none repeats (Zbontar 2021, arXiv 2103.03230)."""

from dataclasses import dataclass
from typing import ClassVar

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


def barlow_twins_loss(
    z_a: Tensor, z_b: Tensor, redundancy_weight: float = 5e-3
) -> Tensor:
    """Distance of the cross-correlation matrix from the identity (Barlow Twins, eq. 1).

    On the diagonal each dimension must agree between the views; off the diagonal no two
    dimensions may tell the same. Unrelated views score about D.

    Args:
        z_a, z_b: ``[N, D]`` float, N >= 2; row i of both shows one image. Each
            dimension is standardised over the batch here: scale does not matter.
        redundancy_weight: lambda >= 0 of the off-diagonal terms.

    Returns:
        Scalar >= 0, a sum over dimensions and no nats.

    Raises:
        ValueError: if the shapes differ, N is 1 or the weight is negative.
    """
    require_pairs(z_a, z_b, least=2)
    if not redundancy_weight >= 0:
        raise ValueError(
            f"redundancy_weight is {redundancy_weight:g}; allowed is at least 0"
        )
    # Batch norm without affine, as the authors' code: a dead dimension gives 0, no NaN.
    a = F.batch_norm(z_a, None, None, training=True)
    b = F.batch_norm(z_b, None, None, training=True)
    correlation = a.T @ b / len(a)  # [D, D], eq. 2
    agreement = correlation.diagonal()
    redundancy = correlation - torch.diag(agreement)
    invariance = (1 - agreement).square().sum()
    return invariance + redundancy_weight * redundancy.square().sum()


class BarlowTwins(Method):
    """Self-supervised learning via redundancy reduction.

    Deviations: a two-layer 256-64 head where the paper has three layers of 8192; with
    so few dimensions it loses what the paper gains from width (its figure 4).
    """

    slug: ClassVar[str] = "barlow_twins"
    label: ClassVar[str] = "Barlow Twins"
    paper: ClassVar[str] = "Zbontar et al. 2021, arXiv 2103.03230"

    @dataclass(frozen=True)
    class Config(MethodConfig):
        """Barlow Twins' switches."""

        redundancy_weight: float = knob(
            5e-3,
            low=0.0,
            high=1.0,
            step=1e-3,
            label="Redundancy weight",
            live=True,
            help="How strongly two dimensions are kept from telling the same (the "
            "paper's lambda). At 0 nothing does.",
        )
        l2_normalize: bool = knob(
            False,
            label="L2 normalisation",
            live=True,
            help="Whether rows are scaled to length 1 first. The paper does not: it "
            "standardises each dimension over the batch instead.",
        )

    def forward(self, view_a: Tensor, view_b: Tensor) -> Outcome:
        """Algorithm 1 of the paper."""
        z_a, z_b = self.embed_both(view_a, view_b)
        c = self.config
        a, b = unit(z_a, c.l2_normalize), unit(z_b, c.l2_normalize)
        return Outcome(barlow_twins_loss(a, b, c.redundancy_weight), z_a, z_b)

    def reference(self, batch_size: int) -> Reference:
        """D: the cross-correlation is 0, one view tells nothing of the other."""
        return Reference(
            float(self.projection_dim), "D: one view tells nothing of the other"
        )
