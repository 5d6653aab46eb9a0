"""DCL: NT-Xent, positive out of the denominator (Yeh et al. 2022, arXiv 2110.06848)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ssl_core.knobs import knob
from ssl_core.methods.base import (
    Method,
    MethodConfig,
    Outcome,
    Reference,
    require_pairs,
    require_temperature,
    unit,
)
from ssl_core.methods.blocks import ROWS_WHOLE, logsumexp_of_others


def decoupled_nt_xent(
    z_a: Tensor, z_b: Tensor, temperature: float, *, normalize: bool = True
) -> Tensor:
    """Decoupled contrastive loss (DCL, eq. 6), over all 2N anchors.

    NT-Xent's gradient carries a factor that vanishes when the positive is easy and the
    batch is small (eq. 3); leaving the positive out of the denominator removes it.
    Identical embeddings give exactly log(2(N - 1)).

    Args:
        z_a, z_b: ``[N, D]`` float, N >= 2: one image alone has no negatives. Row i of
            one is the positive of row i of the other. They need not be unit length.
        temperature: tau > 0.
        normalize: compare cosines (the paper) or raw dot products.

    Returns:
        Scalar in nats, the mean over the 2N anchors; it can be negative.

    Raises:
        ValueError: if the shapes differ, N is 1 or the temperature is not above 0.
    """
    require_pairs(z_a, z_b, least=2)
    require_temperature(temperature)
    z = unit(torch.cat([z_a, z_b]), normalize)  # [2N, D]
    if len(z) > ROWS_WHOLE:  # the same, without ever holding all [2N, 2N]
        positive = (z * z.roll(len(z_a), 0)).sum(1) / temperature  # [2N]
        competing = logsumexp_of_others(z, temperature, partner=False)
        return (competing - positive).mean()
    similarity = z @ z.T / temperature  # [2N, 2N]
    positive = similarity.diagonal(len(z_a)).repeat(2)  # [2N]
    # The anchor and its partner both stay out of the sum: this is the decoupling.
    same_image = torch.eye(len(z_a), dtype=torch.bool, device=z.device).repeat(2, 2)
    negatives = similarity.masked_fill(same_image, -torch.inf)
    return (negatives.logsumexp(1) - positive).mean()


class DCL(Method):
    """Decoupled contrastive learning.

    Deviations: the unweighted loss (the paper's DCLW weighs positives by a von
    Mises-Fisher density); our SimCLR's head and temperature, so that the two methods
    differ in nothing but the denominator.
    """

    slug: ClassVar[str] = "dcl"
    label: ClassVar[str] = "DCL"
    paper: ClassVar[str] = "Yeh et al. 2022, arXiv 2110.06848"

    @dataclass(frozen=True)
    class Config(MethodConfig):
        """DCL's switches."""

        temperature: float = knob(
            0.2,
            low=0.0,
            above=True,
            high=10.0,
            shown=(0.05, 1.0),
            step=0.05,
            label="Temperature",
            live=True,
            help="How sharply similarities are compared. Low: only the hardest "
            "negatives count; high: all count alike.",
        )

    def forward(self, view_a: Tensor, view_b: Tensor) -> Outcome:
        """SimCLR's two views in one pass, compared by eq. 6."""
        z_a, z_b = self.embed_both(view_a, view_b)
        c = self.config
        loss = decoupled_nt_xent(z_a, z_b, c.temperature, normalize=c.l2_normalize)
        return Outcome(loss, z_a, z_b)

    def negatives(self, batch_size: int) -> int:
        """2(N - 1): both views of every other image."""
        return 2 * (batch_size - 1)

    def reference(self, batch_size: int) -> Reference:
        """log(2(N - 1)): what an encoder that tells nothing apart scores."""
        value = math.log(2 * (batch_size - 1))
        return Reference(value, "log(2(N−1)): all views look alike")
