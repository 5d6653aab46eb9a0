"""SupCon: the positives are the images of one class (Khosla et al. 2020, 2004.11362).

Not self-supervised: it reads the labels. It is here to be compared with, as the upper
line: labels, not augmentations, decide what counts as "the same".
"""

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


def sup_con(
    z_a: Tensor,
    z_b: Tensor,
    labels: Tensor,
    temperature: float,
    *,
    normalize: bool = True,
) -> Tensor:
    """Supervised contrastive loss, positives averaged outside the log (SupCon, eq. 2).

    Each of the 2N views must pick the views of its own class among the 2N - 1 others.
    With N different labels this is NT-Xent; identical embeddings give log(2N - 1)
    whatever the labels. Not scaled by temperature / base temperature, as the authors'
    code is: at their default that factor is 1.

    Args:
        z_a, z_b: ``[N, D]`` float, N >= 1; row i of both shows one image. They need
            not be unit length.
        labels: ``[N]``, the class of every image; only equality is used.
        temperature: tau > 0.
        normalize: compare cosines (the paper) or raw dot products.

    Returns:
        Scalar in nats, the mean over the 2N anchors.

    Raises:
        ValueError: if the shapes do not fit or the temperature is not above 0.
    """
    require_pairs(z_a, z_b)
    require_temperature(temperature)
    if labels.shape != z_a.shape[:1]:
        raise ValueError(
            f"labels have shape {tuple(labels.shape)}; allowed is [{len(z_a)}], "
            "one for each image"
        )
    z = unit(torch.cat([z_a, z_b]), normalize)  # [2N, D]
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    similarity = (z @ z.T / temperature).masked_fill(itself, -torch.inf)
    log_likelihood = similarity - similarity.logsumexp(1, keepdim=True)  # [2N, 2N]
    classes = labels.to(z.device).repeat(2)
    positive = (
        classes.unsqueeze(0) == classes.unsqueeze(1)
    ) & ~itself  # P(i), never empty
    # masked_fill, not a product with the mask: 0 times the diagonal's -inf is NaN.
    summed = log_likelihood.masked_fill(~positive, 0.0).sum(1)
    return -(summed / positive.sum(1)).mean()


class SupCon(Method):
    """Supervised contrastive learning.

    Deviations: our SimCLR's head and temperature (the paper's is 0.1), so that the two
    differ in nothing but who counts as a positive.
    """

    slug: ClassVar[str] = "supcon"
    label: ClassVar[str] = "SupCon (sees labels)"
    paper: ClassVar[str] = "Khosla et al. 2020, arXiv 2004.11362"
    uses_labels: ClassVar[bool] = True

    @dataclass(frozen=True)
    class Config(MethodConfig):
        """SupCon's switches."""

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

    def forward(
        self, view_a: Tensor, view_b: Tensor, labels: Tensor | None = None
    ) -> Outcome:
        """Two views in one pass; without labels every image is its own class: NT-Xent."""
        z_a, z_b = self.embed_both(view_a, view_b)
        if labels is None:
            labels = torch.arange(len(z_a), device=z_a.device)
        c = self.config
        loss = sup_con(z_a, z_b, labels, c.temperature, normalize=c.l2_normalize)
        return Outcome(loss, z_a, z_b)

    def compare(self, view_a: Tensor, view_b: Tensor, labels: Tensor | None) -> Outcome:
        return self(view_a, view_b, labels)

    def negatives(self, batch_size: int) -> int:
        """2(N - 1) at most: views of the anchor's own class are positives instead."""
        return 2 * (batch_size - 1)

    def reference(self, batch_size: int) -> Reference:
        """log(2N - 1): what an encoder that tells nothing apart scores."""
        value = math.log(2 * batch_size - 1)
        return Reference(value, "log(2N−1): all views look alike")
