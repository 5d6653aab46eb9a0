"""SupCon: the positives are the images of one class (Khosla et al. 2020, 2004.11362).

Only the loss: labels are no part of the training contract, which is about learning
without them. It is here to be compared with: labels decide what counts as "the same".
"""

import torch
from torch import Tensor

from ssl_core.methods.base import require_pairs, require_temperature, unit


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
