"""SimCLR: find your partner among 2N - 1 candidates (Chen et al. 2020, arXiv 2002.05709)."""

import math
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
    require_temperature,
    unit,
)
from ssl_core.methods.blocks import ROWS_WHOLE, logsumexp_of_others


def nt_xent(
    z_a: Tensor, z_b: Tensor, temperature: float, *, normalize: bool = True
) -> Tensor:
    """Normalised temperature-scaled cross entropy (SimCLR, eq. 1), over all 2N anchors.

    Each of the 2N views must pick its partner among the 2N - 1 other views of the batch:
    one positive and 2(N - 1) negatives. Identical embeddings give exactly log(2N - 1).

    Args:
        z_a, z_b: ``[N, D]`` float, N >= 1; row i of one is the positive of row i of the
            other. They need not be unit length.
        temperature: tau > 0; smaller weighs the hardest negatives more.
        normalize: compare cosines (the paper) or raw dot products.

    Returns:
        Scalar in nats, the mean over the 2N anchors.

    Raises:
        ValueError: if the shapes differ or the temperature is not above 0.
    """
    require_pairs(z_a, z_b)
    require_temperature(temperature)
    z = unit(torch.cat([z_a, z_b]), normalize)  # [2N, D]
    if len(z) > ROWS_WHOLE:  # the same, without ever holding all [2N, 2N]
        positive = (z * z.roll(len(z_a), 0)).sum(1) / temperature  # [2N]
        competing = logsumexp_of_others(z, temperature, partner=True)
        return (competing - positive).mean()
    similarity = z @ z.T / temperature  # [2N, 2N]
    similarity = similarity.masked_fill(
        torch.eye(len(z), dtype=torch.bool, device=z.device), -torch.inf
    )
    partner = torch.arange(len(z), device=z.device).roll(len(z_a))
    return F.cross_entropy(similarity, partner)


class SimCLR(Method):
    """A simple framework for contrastive learning of visual representations.

    Deviations: a 256-64 head where the paper has 2048-128, because our images are 32 px
    and our encoder is small; no LARS, because our batches are below 1024.
    """

    slug: ClassVar[str] = "simclr"
    label: ClassVar[str] = "SimCLR"
    paper: ClassVar[str] = "Chen et al. 2020, arXiv 2002.05709"

    @dataclass(frozen=True)
    class Config(MethodConfig):
        """SimCLR's switches."""

        temperature: float = knob(
            0.2,
            low=0.0,
            above=True,
            high=10.0,
            shown=(0.05, 1.0),
            step=0.05,
            label="Temperature",
            live=True,
            help="How sharply similarities are compared. Low: only the hardest negatives "
            "count; high: all count alike.",
        )

    def forward(self, view_a: Tensor, view_b: Tensor) -> Outcome:
        """Algorithm 1 of the paper."""
        z_a, z_b = self.embed_both(view_a, view_b)
        c = self.config
        loss = nt_xent(z_a, z_b, c.temperature, normalize=c.l2_normalize)
        return Outcome(loss, z_a, z_b)

    def negatives(self, batch_size: int) -> int:
        """2(N - 1): both views of every other image (section 2.1)."""
        return 2 * (batch_size - 1)

    def reference(self, batch_size: int) -> Reference:
        """log(2N - 1): what an encoder that tells nothing apart scores."""
        value = math.log(2 * batch_size - 1)
        return Reference(value, "log(2N−1): all views look alike")
