"""What a batch of embeddings tells without a label: agreement, spread, rank, collapse.

Every measure is nan for embeddings that hold NaN or infinity; none raises on them.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# (spread, rank) below which projections have collapsed: to a point, to a line, or to
# something narrow on its way there. Healthy MoCo runs pass (0.3, 8) in their first steps.
COLLAPSED = ((0.1, math.inf), (math.inf, 3.0), (0.35, 7.0))
ROWS_AT_A_TIME = 2048  # of similarities: those of a very large batch fill gigabytes


def _matrix(features: Tensor, least: int = 2) -> Tensor:
    if features.dim() != 2 or len(features) < least:
        raise ValueError(
            f"features have shape {tuple(features.shape)}; allowed is [N, D] with N at "
            f"least {least}"
        )
    return features.float()


def alignment(z_a: Tensor, z_b: Tensor | None = None) -> float:
    """Mean squared distance of positive pairs on the unit sphere (Wang & Isola 2020).

    Args:
        z_a: ``[N, D]`` float, N >= 1; need not be unit length.
        z_b: the partners, row by row; left out, ``z_a`` holds both views one after the
            other, ``[2N, D]``.

    Returns:
        In [0, 4]: 0 is perfect agreement, 2 orthogonality.

    Raises:
        ValueError: if the shapes do not pair up.
    """
    if z_b is None:
        if len(z_a) % 2:
            raise ValueError(
                f"features have {len(z_a)} rows; two views need an even number"
            )
        z_a, z_b = z_a.chunk(2)
    if z_a.shape != z_b.shape:
        raise ValueError(
            f"views have shapes {tuple(z_a.shape)} and {tuple(z_b.shape)}; they must match"
        )
    a, b = F.normalize(_matrix(z_a, 1), dim=1), F.normalize(_matrix(z_b, 1), dim=1)
    return (a - b).square().sum(1).mean().item()


def uniformity(features: Tensor, t: float = 2.0) -> float:
    """Log mean Gaussian potential of all pairs on the unit sphere (Wang & Isola 2020).

    Args:
        features: ``[N, D]`` float, N >= 2; need not be unit length.
        t: the paper's t.

    Returns:
        0 when all rows coincide; about -4 when they spread evenly in many dimensions.
    """
    z = F.normalize(_matrix(features), dim=1)
    return torch.pdist(z).square().mul(-t).exp().mean().log().item()


def feature_std(features: Tensor) -> float:
    """Spread of unit-length features times sqrt(d) (SimSiam, section 4.1).

    Returns:
        About 1 when directions are spread evenly, 0 when all rows point the same way.
    """
    z = F.normalize(_matrix(features), dim=1)
    return (z.std(0).mean() * math.sqrt(z.shape[1])).item()


def effective_rank(features: Tensor) -> float:
    """exp of the entropy of the normalised singular values (Roy & Vetterli 2007).

    Computed on centred rows, so that one shared offset is not counted as a dimension.

    Returns:
        Between 1 and D: how many directions the features really use; 0 if all rows are
        one; nan where :func:`spectrum` is.
    """
    s = spectrum(features)
    if s.sum() <= 1e-6 * math.sqrt(len(features)):
        return 0.0
    p = s / s.sum()
    return torch.exp(-(p * p.clamp(min=1e-12).log()).sum()).item()


def spectrum(features: Tensor) -> Tensor:
    """Singular values of centred features, largest first (Jing et al. 2022, fig. 2).

    Args:
        features: ``[N, D]`` float, N >= 2.

    Returns:
        ``[D]`` float32, not negative; a tail at zero is dimensional collapse. All nan if
        the features hold NaN or infinity, or are so large that their squares overflow.
    """
    x = _matrix(features)
    x = x - x.mean(0)
    # Eigenvalues of the D x D covariance are the squared singular values, and far cheaper.
    covariance = x.T @ x
    if not covariance.isfinite().all():
        return torch.full_like(covariance[0], torch.nan)
    return torch.linalg.eigvalsh(covariance).clamp(min=0).sqrt().flip(0)


def tolerance(features: Tensor, labels: Tensor) -> float:
    """Mean cosine of rows of one class (Wang & Liu 2021, eq. 11).

    Args:
        features: ``[N, D]`` float; need not be unit length.
        labels: ``[N]`` int64 classes, at least one of them with two rows.

    Returns:
        In [-1, 1]: high where the loss let different images of one class stay close.

    Raises:
        ValueError: if no class has two rows.
    """
    z = F.normalize(_matrix(features), dim=1)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    same.fill_diagonal_(False)
    if not same.any():
        raise ValueError("labels name every class once; allowed is a class of two rows")
    return (z @ z.T)[same].mean().item()


def hardest_weight(z_a: Tensor, z_b: Tensor, temperature: float) -> float:
    """The part of the repulsion that the hardest tenth of the negatives exerts.

    A negative pushes with its softmax weight among the negatives (Wang & Liu 2021,
    eq. 5); low temperatures leave the pushing to the few that are nearest.

    Args:
        z_a, z_b: ``[N, D]`` float; row i pairs up.
        temperature: tau > 0.

    Returns:
        In (0, 1], the mean over all 2N anchors; 0.1 if all negatives push alike.
    """
    z = F.normalize(torch.cat([_matrix(z_a), _matrix(z_b)]), dim=1)
    same_image = torch.eye(len(z_a), dtype=torch.bool, device=z.device).repeat(2, 2)
    logits = (z @ z.T / temperature).masked_fill(same_image, -torch.inf)
    weights = logits.softmax(1).sort(1, descending=True).values
    hardest = max(1, round(0.1 * 2 * (len(z_a) - 1)))
    return weights[:, :hardest].sum(1).mean().item()


def contrastive_top1(z_a: Tensor, z_b: Tensor) -> float:
    """How often a view's nearest neighbour among the 2N - 1 others is its partner.

    Measured alike for every method, also those that never see a negative.

    Returns:
        In [0, 1]; chance is 1 / (2N - 1).
    """
    z = F.normalize(torch.cat([_matrix(z_a, 1), _matrix(z_b, 1)]), dim=1)
    if not z.isfinite().all():
        return math.nan
    nearest = []
    for start in range(0, len(z), ROWS_AT_A_TIME):
        similarity = z[start : start + ROWS_AT_A_TIME] @ z.T
        similarity.diagonal(start).fill_(-torch.inf)
        nearest.append(similarity.argmax(1))
    partner = torch.arange(len(z), device=z.device).roll(len(z_a))
    return (torch.cat(nearest) == partner).float().mean().item()


def collapsed(std: float, rank: float, dim: int = 64) -> bool:
    """Whether the projections have collapsed: to a point, to a line, or nearly.

    Spread alone misses a collapse onto few directions (std * sqrt(d) reads healthy at rank
    4 of 64), rank alone misses a shrinking cone, whose noise still has many directions.

    Args:
        std: :func:`feature_std`, healthy near 1.
        rank: :func:`effective_rank`.
        dim: width of the projections; few dimensions cannot have a high rank.

    A measure that is nan counts as no sign of collapse.
    """
    return any(
        std < narrow and (few == math.inf or rank < min(few, dim / 2))
        for narrow, few in COLLAPSED
    )
