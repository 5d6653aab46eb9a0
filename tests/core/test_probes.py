"""Probes on features with a known result, and against scikit-learn."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ssl_core.probes import chance, knn_accuracy, linear_probe, linear_probes

Split = tuple[Tensor, Tensor, Tensor, Tensor]


def blobs(
    apart: float, classes: int = 5, d: int = 12, n: int = 800, seed: int = 0
) -> Split:
    """Gaussian classes, their centres ``apart`` standard deviations from the origin."""
    g = torch.Generator().manual_seed(seed)
    centres = torch.randn(classes, d, generator=g)
    centres = apart * centres / centres.norm(dim=1, keepdim=True)
    labels = torch.randint(classes, (n,), generator=g)
    x = centres[labels] + torch.randn(n, d, generator=g)
    half = n // 2
    return x[:half], labels[:half], x[half:], labels[half:]


PROBES = [knn_accuracy, linear_probe]


@pytest.mark.parametrize("probe", PROBES)
def test_separate_clusters_are_classified(probe: object) -> None:
    assert probe(*blobs(12.0)) > 0.99  # type: ignore[operator]


@pytest.mark.parametrize("probe", PROBES)
def test_noise_is_classified_at_chance(probe: object) -> None:
    x, y, q, _ = blobs(0.0, n=3000)
    unrelated = torch.randint(5, (len(q),), generator=torch.Generator().manual_seed(9))
    assert probe(x, y, q, unrelated) == pytest.approx(0.2, abs=0.05)  # type: ignore[operator]


@pytest.mark.parametrize("probe", PROBES)
def test_order_of_the_training_rows_does_not_matter(probe: object) -> None:
    x, y, q, t = blobs(2.0)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    shuffled = probe(x[order], y[order], q, t)  # type: ignore[operator]
    assert shuffled == pytest.approx(probe(x, y, q, t), abs=0.01)  # type: ignore[operator]


@pytest.mark.parametrize("probe", PROBES)
def test_the_score_is_a_float_between_zero_and_one(probe: object) -> None:
    accuracy = probe(*blobs(1.0))  # type: ignore[operator]
    assert isinstance(accuracy, float)
    assert 0 <= accuracy <= 1


# ---- kNN.


def slow_knn(split: Split, k: int, temperature: float) -> float:
    """Wu et al. 2018, section 3.4, one test row at a time."""
    x, y, q, t = split
    right = 0
    for row, label in zip(q, t.tolist(), strict=True):
        cosines = [float(row @ other) / float(row.norm() * other.norm()) for other in x]
        nearest = sorted(range(len(x)), key=lambda i: -cosines[i])[:k]
        votes: dict[int, float] = {}
        for i in nearest:
            weight = math.exp(cosines[i] / temperature)
            votes[int(y[i])] = votes.get(int(y[i]), 0.0) + weight
        right += max(votes, key=lambda c: votes[c]) == label
    return right / len(t)


@pytest.mark.parametrize(
    ("k", "temperature"), [(1, 0.1), (5, 0.1), (20, 0.07), (20, 1.0)]
)
def test_knn_matches_the_papers_loop(k: int, temperature: float) -> None:
    split = blobs(1.5, n=160)
    expected = slow_knn(split, k, temperature)
    assert 0.3 < expected < 0.95
    assert knn_accuracy(*split, k=k, temperature=temperature) == pytest.approx(expected)


def test_knn_agrees_with_scikit_learn() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    x, y, q, t = blobs(2.0)
    theirs = KNeighborsClassifier(
        20, metric="cosine", weights=lambda distance: np.exp((1 - distance) / 0.1)
    )
    theirs.fit(x.numpy(), y.numpy())
    expected = theirs.score(q.numpy(), t.numpy())
    assert knn_accuracy(x, y, q, t) == pytest.approx(expected, abs=0.003)


def test_knn_in_chunks_covers_all_rows() -> None:
    x, y, q, t = blobs(2.0, n=5000)  # 2500 questions, in pieces of 1024
    parts = [
        knn_accuracy(x, y, a, b) * len(b)
        for a, b in zip(q.split(700), t.split(700), strict=True)
    ]
    assert knn_accuracy(x, y, q, t) == pytest.approx(sum(parts) / len(t))


def test_knn_ignores_lengths() -> None:
    x, y, q, t = blobs(2.0)
    lengths = torch.linspace(0.1, 10, len(x)).unsqueeze(1)
    assert knn_accuracy(x * lengths, y, q * 7, t) == knn_accuracy(x, y, q, t)


def test_knn_takes_fewer_rows_than_neighbours() -> None:
    x, y, q, t = blobs(12.0)
    assert 0 <= knn_accuracy(x[:3], y[:3], q, t, k=20) <= 1


# ---- Linear.


def test_linear_probe_agrees_with_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    x, y, q, t = blobs(2.0, n=1600)
    mean, std = x.mean(0), x.std(0)
    # Its C weighs a sum over rows against half the squared weights.
    theirs = LogisticRegression(C=1 / (2 * 1e-3 * len(x)), max_iter=1000)
    theirs.fit(((x - mean) / std).numpy(), y.numpy())
    expected = theirs.score(((q - mean) / std).numpy(), t.numpy())
    assert 0.5 < expected < 0.95
    assert linear_probe(x, y, q, t) == pytest.approx(expected, abs=0.01)


def test_linear_probe_ignores_scale_and_offset_of_each_feature() -> None:
    x, y, q, t = blobs(2.0)
    scale, offset = torch.logspace(-2, 2, 12), torch.linspace(-5, 5, 12)
    moved = linear_probe(x * scale + offset, y, q * scale + offset, t)
    assert moved == pytest.approx(linear_probe(x, y, q, t), abs=0.01)


def test_several_targets_at_once_are_each_on_its_own() -> None:
    x, y, q, t = blobs(2.0)
    targets = {
        "class": (y, t),
        "even": (y % 2, t % 2),
        "sign": ((x[:, 0] > 0).long(), (q[:, 0] > 0).long()),
    }
    together = linear_probes(x, q, targets)
    assert together.keys() == targets.keys()
    for name, (train, test) in targets.items():
        assert together[name] == pytest.approx(
            linear_probe(x, train, q, test), abs=0.03
        )
    assert together["sign"] > 0.95
    assert linear_probes(x, q, {}) == {}


def test_a_linear_probe_is_deterministic() -> None:
    split = blobs(1.0)
    assert linear_probe(*split) == linear_probe(*split)


def test_a_constant_feature_and_a_missing_class_are_handled() -> None:
    x, y, q, t = blobs(12.0)
    x[:, 3] = q[:, 3] = 1.0
    seen = y != 4  # the training rows know nothing of class 4
    accuracy = linear_probe(x[seen], y[seen], q, t)
    assert accuracy == pytest.approx((t != 4).float().mean().item(), abs=0.03)


@pytest.mark.parametrize("probe", PROBES)
def test_features_from_inference_mode_are_accepted_and_not_changed(
    probe: object,
) -> None:
    split = blobs(3.0)
    with torch.inference_mode():
        features = split[0] * 1.0, split[2] * 1.0
    kept = features[0].clone()
    accuracy = probe(features[0], split[1], features[1], split[3])  # type: ignore[operator]
    assert accuracy == pytest.approx(probe(*split))  # type: ignore[operator]
    assert torch.equal(features[0], kept)


# ---- Chance and errors.


def test_chance_is_the_most_frequent_class() -> None:
    assert chance(torch.tensor([0, 1, 1, 2])) == 0.5
    assert chance(torch.tensor([3, 3])) == 1


@pytest.mark.parametrize("probe", PROBES)
def test_rows_without_labels_are_refused(probe: object) -> None:
    x, y, q, t = blobs(1.0)
    with pytest.raises(ValueError, match=r"training features have shape .*allowed"):
        probe(x, y[:-1], q, t)  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"test features have shape .*allowed"):
        probe(x, y, q, t[:-1])  # type: ignore[operator]
    with pytest.raises(ValueError, match="training features"):
        probe(x[:0], y[:0], q, t)  # type: ignore[operator]
    with pytest.raises(ValueError, match="test features"):
        probe(x, y, q[:, 0], t)  # type: ignore[operator]


def test_knn_refuses_no_neighbours() -> None:
    with pytest.raises(ValueError, match="k is 0; allowed is at least 1"):
        knn_accuracy(*blobs(1.0), k=0)
