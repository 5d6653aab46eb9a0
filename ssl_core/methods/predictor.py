"""The predictor of BYOL and SimSiam: trained, fixed at random, or none."""

from typing import Any

from torch import nn

from ssl_core.methods.base import mlp

PREDICTORS = ("trained", "fixed", "none")


def make_predictor(dim: int, hidden: int, config: Any) -> nn.Module:
    """h in p = h(z), a two-layer MLP.

    Args:
        dim: width of z, which is also the prediction's.
        hidden: hidden units; SimSiam's is a bottleneck, BYOL's is wide.
        config: has ``predictor``, one of :data:`PREDICTORS`, and ``head_norm``.
    """
    if config.predictor == "none":
        return nn.Identity()
    predictor = mlp((dim, hidden, dim), config.head_norm)
    return predictor.requires_grad_(config.predictor == "trained")
