"""BYOL: predict a slowly moving target, no negatives (Grill et al. 2020, arXiv 2006.07733)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ssl_core.knobs import knob
from ssl_core.methods.base import (
    Method,
    MethodConfig,
    MovingAverage,
    Outcome,
    Reference,
    projection_head,
    require_pairs,
    unit,
)
from ssl_core.methods.predictor import PREDICTORS, make_predictor


def regression_loss(p: Tensor, z: Tensor, *, normalize: bool = True) -> Tensor:
    """Mean squared error of normalised vectors, 2 - 2 cos(p, z) (BYOL, eq. 2).

    Args:
        p: prediction, ``[N, D]`` float.
        z: target projection, ``[N, D]`` float; whether gradients stop is the caller's choice.
        normalize: scale both to length 1 (the paper) or compare as they are.

    Returns:
        Scalar in [0, 4] when normalised: 0 is perfect prediction, 2 is orthogonality.

    Raises:
        ValueError: if the shapes differ.
    """
    require_pairs(p, z)
    return (unit(p, normalize) - unit(z, normalize)).square().sum(1).mean()


class BYOL(Method):
    """Bootstrap your own latent: an online network predicts a moving average of itself.

    Deviations: small heads (256-64); batch norm on the projector's output, as in SimSiam
    and MoCo v3, without which this small encoder stays below its random start for
    minutes; a constant decay of 0.99 instead of 0.996 rising to 1, because a run has
    hundreds of steps and not 300 epochs (at 0.97 one seed of five learned nothing in 600
    steps); the loss is the mean of both directions, not
    their sum, so that its range stays [0, 4].
    """

    slug: ClassVar[str] = "byol"
    label: ClassVar[str] = "BYOL"
    paper: ClassVar[str] = "Grill et al. 2020, arXiv 2006.07733"

    @dataclass(frozen=True)
    class Config(MethodConfig):
        """BYOL's switches."""

        predictor: str = knob(
            "trained",
            choices=PREDICTORS,
            label="Predictor",
            help="The extra head on the online branch: trained, fixed at random, or none.",
        )
        stop_gradient: bool = knob(
            True,
            label="Stop-gradient",
            help="Whether the target is out of the gradient's reach. Off: the target is the "
            "online network itself, trained along.",
        )
        ema_decay: float = knob(
            0.99,
            low=0.0,
            high=1.0,
            step=0.005,
            label="Target decay",
            live=True,
            help="How much of the old target is kept at each step. 0: the target is the "
            "online network; 1: a frozen random one.",
        )

    def __init__(self, encoder: nn.Module, config: Any) -> None:
        super().__init__(encoder, config)
        self.projector = projection_head(self.dim, config, norm_output=True)
        self.predictor = make_predictor(self.projection_dim, config.hidden_dim, config)
        self.target = MovingAverage(self.encoder, self.projector)

    def forward(self, view_a: Tensor, view_b: Tensor) -> Outcome:
        """Each view's prediction against the other view's target, both ways (eq. 2)."""
        z_a, z_b = self.embed_both(view_a, view_b)
        if self.config.stop_gradient:
            t_a, t_b = self.embed_both(view_a, view_b, self.target)
        else:
            t_a, t_b = z_a, z_b
        p_a, p_b = self.predictor(torch.cat([z_a, z_b])).chunk(2)
        normalize = self.config.l2_normalize
        loss = (
            regression_loss(p_a, t_b, normalize=normalize)
            + regression_loss(p_b, t_a, normalize=normalize)
        ) / 2
        return Outcome(loss, z_a, z_b)

    def after_step(self, outcome: Outcome, progress: float) -> None:
        """Move the target towards the online network (eq. 1)."""
        self.target.follow(self.config.ema_decay, self.encoder, self.projector)

    def reference(self, batch_size: int) -> Reference:
        """0: perfect prediction, which a collapsed network reaches too."""
        return Reference(0.0, "0: perfect prediction, also what collapse reaches")
