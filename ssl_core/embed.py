"""Two-dimensional maps whose frames can be compared: PCA at once, UMAP in the background."""

import numpy as np
import torch
from torch import Tensor

Layout = np.ndarray  # [M, 2] float32


def pca(features: Tensor, before: Layout | None = None) -> Layout:
    """Project onto the two main directions, turned to match the last frame.

    Args:
        features: ``[M, D]`` float, M >= 2.
        before: the last frame ``[M, 2]``, or None for the first.

    Returns:
        ``[M, 2]`` float32, centred, with a root-mean-square radius of 1. The last frame,
        or all zeros if there was none, for features that hold NaN or infinity or whose
        squares overflow.
    """
    x = features.detach().float()
    x = x - x.mean(0)
    # The D x D covariance is small; its top eigenvectors are the principal axes.
    covariance = x.T @ x
    if not covariance.isfinite().all():
        return np.zeros((len(x), 2), np.float32) if before is None else before
    _, vectors = torch.linalg.eigh(covariance)
    return aligned((x @ vectors[:, -2:].flip(1)).cpu().numpy(), before)


def umap_layout(features: Tensor | np.ndarray, before: Layout | None = None) -> Layout:
    """UMAP on cosine distance, started from the last layout so that points glide.

    The first call in a process compiles for seconds: see :func:`warm_up`.

    Args:
        features: ``[M, D]`` float, M >= 10.
        before: the last frame ``[M, 2]``, or None to start from PCA.

    Returns:
        ``[M, 2]`` float32, centred, with a root-mean-square radius of 1. What :func:`pca`
        gives for features that hold NaN or infinity.
    """
    x = np.asarray(features, dtype=np.float32)
    start = pca(torch.from_numpy(x)) if before is None else before
    if not np.isfinite(x).all():
        return start
    from umap import UMAP

    # UMAP expects a spread of about 10; more epochs on a first layout than on a refresh.
    reducer = UMAP(
        metric="cosine",
        n_neighbors=15,
        min_dist=0.2,
        init=start * 5,
        n_epochs=200 if before is None else 100,
        random_state=0,
        n_jobs=1,
    )
    return aligned(reducer.fit_transform(x), before)


def warm_up() -> None:
    """Import and compile UMAP on a few points, so that no learner waits for it."""
    rows = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    umap_layout(rows, umap_layout(rows))


def aligned(layout: np.ndarray, before: Layout | None) -> Layout:
    """Centre and scale a layout, then turn it onto the last frame (orthogonal Procrustes).

    Axes of a map have no meaning and flip from fit to fit: without this a mirrored axis
    would look like learning.
    """
    layout = np.nan_to_num(np.asarray(layout, np.float64), posinf=0.0, neginf=0.0)
    layout = layout - layout.mean(0)
    radius = np.sqrt((layout**2).sum(1).mean())
    layout = layout / max(radius, 1e-9)
    if before is not None:
        u, _, vt = np.linalg.svd(layout.T @ before)
        layout = layout @ (u @ vt)
    return layout.astype(np.float32)


def nearest(features: Tensor, k: int = 6) -> np.ndarray:
    """Each row's k nearest others by cosine, in feature space and not on the map.

    Returns:
        ``[M, k]`` uint16 row indices, nearest first; k is at most M - 1. Rows that hold
        NaN or infinity are near to all others, in any order.
    """
    x = torch.nn.functional.normalize(features.detach().float(), dim=1)
    similarity = x @ x.T
    similarity.fill_diagonal_(-torch.inf)
    k = min(k, len(x) - 1)
    return similarity.topk(k, dim=1).indices.cpu().numpy().astype(np.uint16)
