"""SimSiam: a predictor and a stop-gradient are enough (Chen & He 2021, arXiv 2011.10566)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ssl_core.knobs import knob
from ssl_core.methods.base import (
    Method,
    MethodConfig,
    Outcome,
    Reference,
    projection_head,
    require_pairs,
    unit,
)
from ssl_core.methods.predictor import PREDICTORS, make_predictor


def negative_cosine(p: Tensor, z: Tensor, *, normalize: bool = True) -> Tensor:
    """D(p, z) = -cos(p, z), averaged over rows (SimSiam, eq. 1).

    Gradients flow into both arguments: the stop-gradient is the caller's ``z.detach()``,
    as in the paper's algorithm 1, where a learner can switch it off.

    Args:
        p: prediction, ``[N, D]`` float.
        z: projection, ``[N, D]`` float.
        normalize: scale both to length 1 (the paper) or compare dot products.

    Returns:
        Scalar in [-1, 1] when normalised.

    Raises:
        ValueError: if the shapes differ.
    """
    require_pairs(p, z)
    return -(unit(p, normalize) * unit(z, normalize)).sum(1).mean()


class SimSiam(Method):
    """Exploring simple Siamese representation learning.

    Deviations: a two-layer 256-64 projector (the paper's CIFAR setting has two layers of
    2048), with the paper's non-affine batch norm on its output.
    """

    slug: ClassVar[str] = "simsiam"
    label: ClassVar[str] = "SimSiam"
    paper: ClassVar[str] = "Chen & He 2021, arXiv 2011.10566"

    @dataclass(frozen=True)
    class Config(MethodConfig):
        """SimSiam's switches."""

        predictor: str = knob(
            "trained",
            choices=PREDICTORS,
            label="Predictor",
            help="The extra head on one branch: trained, fixed at random, or none.",
        )
        stop_gradient: bool = knob(
            True,
            label="Stop-gradient",
            live=True,
            help="Whether the target branch is out of the gradient's reach. Off: watch it "
            "collapse.",
        )

    def __init__(self, encoder: nn.Module, config: Any) -> None:
        super().__init__(encoder, config)
        self.projector = projection_head(self.dim, config, norm_output=True)
        dim = self.projection_dim
        self.predictor = make_predictor(dim, max(dim // 2, 2), config)

    def forward(self, view_a: Tensor, view_b: Tensor) -> Outcome:
        """Algorithm 1 of the paper."""
        z_a, z_b = self.embed_both(view_a, view_b)
        p_a, p_b = self.predictor(torch.cat([z_a, z_b])).chunk(2)
        t_a, t_b = (
            (z_a.detach(), z_b.detach()) if self.config.stop_gradient else (z_a, z_b)
        )
        normalize = self.config.l2_normalize
        loss = (
            negative_cosine(p_a, t_b, normalize=normalize)
            + negative_cosine(p_b, t_a, normalize=normalize)
        ) / 2
        return Outcome(loss, z_a, z_b)

    def reference(self, batch_size: int) -> Reference:
        """-1: the lowest value, which a collapsed network reaches too."""
        return Reference(-1.0, "−1: perfect agreement, also what collapse reaches")
