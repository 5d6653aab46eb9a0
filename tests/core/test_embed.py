"""Maps: PCA, alignment of frames, nearest neighbours, UMAP."""

import numpy as np
import pytest
import torch
from torch import Tensor

from ssl_core.embed import aligned, nearest, pca, umap_layout


def features(n: int = 200, d: int = 20, seed: int = 0) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=g) * torch.linspace(4, 0.5, d) + 3


def turned(layout: np.ndarray, degrees: float, mirrored: bool = False) -> np.ndarray:
    a = np.deg2rad(degrees)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    if mirrored:
        turn = turn @ np.diag([-1.0, 1.0])
    return layout @ turn


def assert_normal(layout: np.ndarray, n: int) -> None:
    assert layout.shape == (n, 2)
    assert layout.dtype == np.float32
    assert np.abs(layout.mean(0)).max() < 1e-4
    assert np.sqrt((layout**2).sum(1).mean()) == pytest.approx(1, abs=1e-4)


def test_pca_spans_the_two_main_directions() -> None:
    x = features()
    layout = pca(x)
    assert_normal(layout, 200)
    centred = (x - x.mean(0)).double().numpy()
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    expected = u[:, :2] * s[:2]
    expected /= np.sqrt((expected**2).sum(1).mean())
    # An axis has no sign of its own; first the wider one.
    for axis in (0, 1):
        assert abs(np.corrcoef(layout[:, axis], expected[:, axis])[0, 1]) > 0.9999
    assert np.allclose(np.abs(layout), np.abs(expected), atol=1e-3)


def test_pca_repeats_itself_and_leaves_its_input_alone() -> None:
    x = features()
    kept = x.clone()
    assert np.array_equal(pca(x), pca(x))
    assert torch.equal(x, kept)


@pytest.mark.parametrize("degrees", [0, 30, 180, 271])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_rotated_or_mirrored_frame_is_aligned_with_the_last(
    degrees: float, mirrored: bool
) -> None:
    before = pca(features())
    moved = 40 * turned(before, degrees, mirrored) + np.array([7.0, -3.0])
    assert np.allclose(aligned(moved, before), before, atol=1e-4)


def test_alignment_is_a_rotation_or_reflection() -> None:
    before, after = pca(features()), pca(features(seed=1))
    turned_after = aligned(after, before)

    def distances(p: np.ndarray) -> np.ndarray:
        return np.linalg.norm(p[:, None] - p[None], axis=2)

    assert np.allclose(distances(turned_after), distances(after), atol=1e-4)
    gap = np.linalg.norm(turned_after - before)
    assert all(
        gap <= np.linalg.norm(turned(after, d, m) - before) + 1e-6
        for d in range(0, 360, 15)
        for m in (False, True)
    )


def test_a_small_change_of_features_moves_points_a_little() -> None:
    x = features()
    before = pca(x)
    flipped = x @ -torch.eye(20) + 0.01 * features(seed=1)  # a mirrored, shaken copy
    assert np.abs(pca(flipped, before) - before).max() < 0.1


def test_collapsed_features_give_a_finite_frame() -> None:
    point = torch.ones(50, 8)
    assert np.isfinite(pca(point)).all()
    assert np.isfinite(pca(point, pca(features(50, 8)))).all()
    recovered = pca(features(50, 8), pca(point))
    assert_normal(recovered, 50)


def test_nearest_is_by_cosine_in_feature_space() -> None:
    x = features(30, 6) - 3
    found = nearest(x, 4)
    assert found.shape == (30, 4)
    for i in range(30):
        cosines = {
            j: float(x[i] @ x[j]) / float(x[i].norm() * x[j].norm())
            for j in range(30)
            if j != i
        }
        assert found[i].tolist() == sorted(cosines, key=lambda j: -cosines[j])[:4]


def test_nearest_excludes_the_point_itself_and_works_for_few_points() -> None:
    found = nearest(torch.ones(5, 3), 6)
    assert found.shape == (5, 4)
    assert all(i not in row for i, row in enumerate(found.tolist()))


@pytest.mark.slow  # UMAP compiles for half a minute of processor time
def test_umap_keeps_clusters_together_and_starts_from_the_last_frame() -> None:
    g = torch.Generator().manual_seed(0)
    group = torch.arange(90) % 3
    x = 6 * torch.eye(8)[group] + 0.5 * torch.randn(90, 8, generator=g)
    first = umap_layout(x)
    assert_normal(first, 90)
    gaps = np.linalg.norm(first[:, None] - first[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    assert (group.numpy()[gaps.argmin(1)] == group.numpy()).mean() > 0.95
    second = umap_layout(x, first)
    assert_normal(second, 90)
    moved = np.linalg.norm(second - first, axis=1)
    assert np.median(moved) < 0.5, "points glide; the map's radius is 1"
