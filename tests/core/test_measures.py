"""Measures against the formulas of their papers and on known spectra."""

import math

import pytest
import torch
from torch import Tensor

from ssl_core import measures
from ssl_core.measures import (
    alignment,
    collapsed,
    contrastive_top1,
    effective_rank,
    feature_std,
    hardest_weight,
    spectrum,
    tolerance,
    uniformity,
)


def normal(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def on_sphere(x: Tensor) -> Tensor:
    return x / x.norm(dim=1, keepdim=True)


def with_spectrum(values: list[float], n: int = 400, d: int = 16) -> Tensor:
    """A centred ``[n, d]`` matrix with exactly these singular values, the rest 0."""
    x = normal(n, len(values)).double()
    left = torch.linalg.qr(x - x.mean(0)).Q  # centred columns stay centred
    right = torch.linalg.qr(normal(d, len(values), 1).double()).Q
    return ((left * torch.tensor(values, dtype=torch.float64)) @ right.T).float()


# ---- Alignment.


def test_alignment_is_the_mean_squared_distance_of_pairs() -> None:
    a, b = normal(9, 4), normal(9, 4, 1)
    total = 0.0
    for u, v in zip(on_sphere(a).tolist(), on_sphere(b).tolist(), strict=True):
        total += sum((x - y) ** 2 for x, y in zip(u, v, strict=True))
    assert alignment(a, b) == pytest.approx(total / 9, abs=1e-6)
    # One argument: both views, one after the other.
    assert alignment(torch.cat([a, b])) == pytest.approx(total / 9, abs=1e-6)


def test_alignment_at_agreement_orthogonality_and_opposition() -> None:
    a = torch.tensor([[3.0, 0.0]])
    assert alignment(a, 5 * a) == pytest.approx(0, abs=1e-6)
    assert alignment(a, a.flip(1)) == pytest.approx(2, abs=1e-6)
    assert alignment(a, -a) == pytest.approx(4, abs=1e-6)


def test_alignment_refuses_views_that_do_not_pair_up() -> None:
    with pytest.raises(ValueError, match=r"\(4, 3\) and \(5, 3\)"):
        alignment(normal(4, 3), normal(5, 3))
    with pytest.raises(ValueError, match="5 rows"):
        alignment(normal(5, 3))
    with pytest.raises(ValueError, match="allowed"):
        alignment(torch.ones(4), torch.ones(4))


# ---- Uniformity.


@pytest.mark.parametrize("t", [0.5, 2.0])
def test_uniformity_is_the_log_of_the_mean_potential(t: float) -> None:
    x = normal(12, 5)
    z = on_sphere(x).tolist()
    potentials = [
        math.exp(-t * sum((p - q) ** 2 for p, q in zip(z[i], z[j], strict=True)))
        for i in range(12)
        for j in range(i)
    ]
    expected = math.log(sum(potentials) / len(potentials))
    assert uniformity(x, t) == pytest.approx(expected, abs=1e-5)


def test_uniformity_is_wang_and_isolas_line_of_code() -> None:
    x = on_sphere(normal(200, 16))
    theirs = torch.pdist(x, p=2).pow(2).mul(-2).exp().mean().log()
    assert uniformity(x) == pytest.approx(theirs.item(), abs=1e-6)


def test_uniformity_of_one_point_two_poles_and_a_wide_sphere() -> None:
    assert uniformity(torch.ones(6, 4)) == pytest.approx(0, abs=1e-5)
    poles = torch.tensor([[1.0, 0], [-1, 0]])
    assert uniformity(poles) == pytest.approx(-8, abs=1e-5)
    # Nearly orthogonal rows: exp(-2 * 2).
    assert uniformity(normal(500, 1024)) == pytest.approx(-4, abs=0.02)


def test_uniformity_ignores_lengths_and_order() -> None:
    x = normal(50, 6)
    moved = x.flip(0) * torch.linspace(0.1, 9, 50).unsqueeze(1)
    assert uniformity(moved) == pytest.approx(uniformity(x), abs=1e-5)


# ---- Spread.


def test_feature_std_is_the_mean_deviation_times_the_root_of_the_width() -> None:
    x = normal(7, 3)
    z = on_sphere(x)
    deviations = []
    for column in z.T.tolist():
        mean = sum(column) / 7
        deviations.append(math.sqrt(sum((v - mean) ** 2 for v in column) / 6))
    expected = sum(deviations) / 3 * math.sqrt(3)
    assert feature_std(x) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("d", [8, 64, 512])
def test_feature_std_of_gaussian_features_is_one(d: int) -> None:
    assert feature_std(normal(3000, d)) == pytest.approx(1, abs=0.02)


def test_feature_std_of_one_direction_is_zero() -> None:
    lengths = torch.linspace(1, 5, 10).unsqueeze(1)
    assert feature_std(lengths * torch.tensor([[1.0, 2, 3]])) == pytest.approx(
        0, abs=1e-6
    )


# ---- Effective rank.


@pytest.mark.parametrize("k", [1, 2, 5, 16])
def test_effective_rank_counts_equal_directions(k: int) -> None:
    assert effective_rank(with_spectrum([3.0] * k)) == pytest.approx(k, rel=0.02)


@pytest.mark.parametrize("values", [[4.0, 2.0, 1.0], [1.0, 0.5], [9.0, 1, 1, 1, 1]])
def test_effective_rank_is_roy_and_vetterlis(values: list[float]) -> None:
    p = [v / sum(values) for v in values]
    expected = math.exp(-sum(q * math.log(q) for q in p))
    assert effective_rank(with_spectrum(values)) == pytest.approx(expected, rel=0.02)


def test_effective_rank_ignores_scale_offset_and_rotation() -> None:
    x = with_spectrum([4.0, 2.0, 1.0, 0.5])
    base = effective_rank(x)
    turn = torch.linalg.qr(normal(16, 16, 3)).Q
    assert effective_rank(100 * x) == pytest.approx(base, rel=0.01)
    assert effective_rank(x + 0.5) == pytest.approx(base, rel=0.02)
    assert effective_rank(x @ turn) == pytest.approx(base, rel=0.01)


def test_effective_rank_of_one_point_is_zero_and_of_a_wide_line_about_one() -> None:
    assert effective_rank(torch.full((50, 8), 0.3)) == 0
    line = normal(400, 1) @ normal(1, 64, 1)
    assert effective_rank(line) == pytest.approx(1, abs=0.1)


def test_effective_rank_works_for_fewer_rows_than_dimensions() -> None:
    assert 7 < effective_rank(normal(10, 200)) <= 9.1  # centring takes one direction


# ---- Contrastive top-1.


def test_top1_counts_anchors_whose_nearest_other_is_their_partner() -> None:
    a = normal(15, 4)
    b = a + 0.8 * normal(15, 4, 1)
    z = on_sphere(torch.cat([a, b]))
    right = 0
    for i in range(30):
        others = [(float(z[i] @ z[j]), j) for j in range(30) if j != i]
        right += max(others)[1] == (i + 15) % 30
    assert 0 < right < 30
    assert contrastive_top1(a, b) == pytest.approx(right / 30)


def test_top1_of_perfect_and_of_unrelated_views() -> None:
    a = normal(100, 32)
    assert contrastive_top1(a, 3 * a) == 1
    assert contrastive_top1(a, normal(100, 32, 1)) < 0.06


def test_contrastive_top1_of_a_very_large_batch_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a = normal(100, 8)
    b = a + 0.7 * normal(100, 8, 1)
    whole = contrastive_top1(a, b)
    assert 0.2 < whole < 0.9
    for rows in (1, 7, 64, 200):
        monkeypatch.setattr(measures, "ROWS_AT_A_TIME", rows)
        assert contrastive_top1(a, b) == whole


# ---- The alarm.


def alarm(z: Tensor) -> bool:
    return collapsed(feature_std(z), effective_rank(z))


def test_collapse_is_not_reported_for_spread_features() -> None:
    assert not alarm(normal(500, 64))
    assert not alarm(normal(500, 16) @ normal(16, 64, 1))


@pytest.mark.parametrize("noise", [0.0, 1e-3, 1e-1])
def test_collapse_is_reported_when_all_rows_are_equal(noise: float) -> None:
    point = 5 * on_sphere(normal(1, 64)).expand(500, 64)
    assert alarm(point + noise * normal(500, 64, 1) / 8)


def test_collapse_is_reported_on_a_line_with_large_spread() -> None:
    line = normal(500, 1) @ normal(1, 64, 1)
    assert feature_std(line) > 0.35
    assert alarm(line)


def test_collapse_is_reported_for_a_narrow_set_of_few_directions() -> None:
    """Neither number alone says so: this one is wider than a point, and no line."""
    assert collapsed(0.3, 5) and not collapsed(0.3, 9) and not collapsed(0.9, 5)


def test_collapse_detection_requires_no_more_directions_than_exist() -> None:
    assert not collapsed(0.95, 1.9, dim=2)
    assert collapsed(0.05, 1.9, dim=2)


@pytest.mark.parametrize(
    "measure", [uniformity, feature_std, effective_rank], ids=lambda m: m.__name__
)
@pytest.mark.parametrize("shape", [(1, 4), (0, 4), (4,), (2, 3, 4)])
def test_measures_refuse_invalid_shapes(measure: object, shape: tuple) -> None:
    with pytest.raises(ValueError, match="allowed is") as refusal:
        measure(torch.ones(shape))  # type: ignore[operator]
    assert str(shape) in str(refusal.value)


@pytest.mark.parametrize(
    "measure", [uniformity, feature_std, effective_rank], ids=lambda m: m.__name__
)
def test_measures_take_half_precision_and_edit_nothing(measure: object) -> None:
    x = normal(60, 8)
    kept = x.clone()
    full = measure(x)  # type: ignore[operator]
    assert measure(x.bfloat16()) == pytest.approx(full, rel=0.03)  # type: ignore[operator]
    assert torch.equal(x, kept)


# ---- Spectrum, tolerance and the weight of the hardest negatives.


def test_the_spectrum_is_that_of_centred_rows() -> None:
    x = normal(50, 6) + 3.0
    expected = torch.linalg.svdvals(x - x.mean(0))
    assert torch.allclose(spectrum(x), expected, rtol=1e-3)


def test_tolerance_is_the_mean_cosine_within_classes() -> None:
    x, labels = normal(30, 5), torch.arange(30) % 3
    unit = x / x.norm(dim=1, keepdim=True)
    pairs = [
        (unit[i] @ unit[j]).item()
        for i in range(30)
        for j in range(30)
        if i != j and labels[i] == labels[j]
    ]
    assert tolerance(x, labels) == pytest.approx(sum(pairs) / len(pairs), abs=1e-5)


def test_negatives_weigh_equally_at_high_temperature_and_few_dominate_at_low() -> None:
    a, b = normal(32, 8), normal(32, 8)
    alike = hardest_weight(a, b, 1e4)
    assert alike == pytest.approx(6 / 62, abs=1e-3)  # the hardest tenth of 62 are six
    sharp = [hardest_weight(a, b, t) for t in (1.0, 0.2, 0.05, 0.01)]
    assert sharp == sorted(sharp) and sharp[-1] > 0.99
