"""Losses against loops written from the papers, closed forms, and lightly."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.methods.barlow_twins import barlow_twins_loss
from ssl_core.methods.byol import regression_loss
from ssl_core.methods.dcl import decoupled_nt_xent
from ssl_core.methods.moco import info_nce
from ssl_core.methods.simclr import nt_xent
from ssl_core.methods.simsiam import negative_cosine
from ssl_core.methods.supcon import sup_con
from ssl_core.methods.vicreg import vicreg_loss

TEMPERATURES = (0.01, 0.07, 0.5, 1.0, 5.0)
Rows = list[list[float]]


def own_labels_sup_con(z_a: Tensor, z_b: Tensor, temperature: float) -> Tensor:
    return sup_con(z_a, z_b, torch.arange(len(z_a)) // 2, temperature)


# Every loss that takes two views and a temperature, and obeys the same invariances.
CONTRASTIVE = {
    "nt_xent": nt_xent,
    "decoupled_nt_xent": decoupled_nt_xent,
    "sup_con": own_labels_sup_con,
}
COSINE = {"negative_cosine": negative_cosine, "regression_loss": regression_loss}
STATISTICAL = {"barlow_twins": barlow_twins_loss, "vicreg": vicreg_loss}
PAIRED = (
    COSINE
    | STATISTICAL
    | {n: lambda a, b, f=f: f(a, b, 0.3) for n, f in CONTRASTIVE.items()}
)


def pair(
    n: int, d: int, seed: int = 0, dtype: torch.dtype = torch.float32
) -> list[Tensor]:
    """Two views that are related, not equal, and not of unit length."""
    g = torch.Generator().manual_seed(seed)
    a = 3 * torch.randn(n, d, generator=g, dtype=torch.float64)
    b = a + torch.randn(n, d, generator=g, dtype=torch.float64)
    return [a.to(dtype), b.to(dtype)]


# ---- Oracles: plain Python, one line of the paper at a time, no shared code.


def cosine(u: list[float], v: list[float]) -> float:
    dot = sum(x * y for x, y in zip(u, v, strict=True))
    return dot / math.sqrt(sum(x * x for x in u)) / math.sqrt(sum(y * y for y in v))


def log_sum_exp(values: list[float]) -> float:
    top = max(values)
    return top + math.log(sum(math.exp(v - top) for v in values))


def interleaved(z_a: Tensor, z_b: Tensor) -> Rows:
    """SimCLR's order: views 2k-1 and 2k are one image's."""
    return [
        row for pair in zip(z_a.tolist(), z_b.tolist(), strict=True) for row in pair
    ]


def slow_nt_xent(z_a: Tensor, z_b: Tensor, temperature: float) -> float:
    """SimCLR, algorithm 1: the mean of l(2k-1, 2k) + l(2k, 2k-1) over 2N."""
    z = interleaved(z_a, z_b)
    total = 0.0
    for i in range(len(z)):
        j = i + 1 if i % 2 == 0 else i - 1
        others = [cosine(z[i], z[k]) / temperature for k in range(len(z)) if k != i]
        total += -cosine(z[i], z[j]) / temperature + log_sum_exp(others)
    return total / len(z)


def slow_dcl(z_a: Tensor, z_b: Tensor, temperature: float) -> float:
    """DCL, eq. 6: the sum runs over both views of every *other* image."""
    views = [z_a.tolist(), z_b.tolist()]
    total = 0.0
    for k in (0, 1):
        for i in range(len(z_a)):
            negatives = [
                cosine(views[k][i], views[view][j]) / temperature
                for view in (0, 1)
                for j in range(len(z_a))
                if j != i
            ]
            total += (
                log_sum_exp(negatives) - cosine(views[0][i], views[1][i]) / temperature
            )
    return total / (2 * len(z_a))


def slow_sup_con(z_a: Tensor, z_b: Tensor, labels: Tensor, temperature: float) -> float:
    """SupCon, eq. 2: -1/|P(i)| sum over positives, outside the log."""
    z = interleaved(z_a, z_b)
    y = [label for label in labels.tolist() for _ in range(2)]
    total = 0.0
    for i in range(len(z)):
        everyone = [a for a in range(len(z)) if a != i]
        bottom = log_sum_exp([cosine(z[i], z[a]) / temperature for a in everyone])
        positives = [p for p in everyone if y[p] == y[i]]
        inner = sum(cosine(z[i], z[p]) / temperature - bottom for p in positives)
        total += -inner / len(positives)
    return total / len(z)


def slow_info_nce(
    query: Tensor, key: Tensor, queue: Tensor, temperature: float
) -> float:
    """MoCo, eq. 1: one positive, K negatives."""
    total = 0.0
    for q, k in zip(query.tolist(), key.tolist(), strict=True):
        positive = cosine(q, k) / temperature
        negatives = [cosine(q, other) / temperature for other in queue.tolist()]
        total += log_sum_exp([positive, *negatives]) - positive
    return total / len(query)


def slow_barlow_twins(z_a: Tensor, z_b: Tensor, weight: float) -> float:
    """Barlow Twins, eqs. 1 and 2: cosines between columns, centred over the batch."""

    def columns(z: Tensor) -> Rows:
        centred = []
        for column in z.T.tolist():
            mean = sum(column) / len(column)
            centred.append([v - mean for v in column])
        return centred

    a, b = columns(z_a), columns(z_b)
    total = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            c = cosine(a[i], b[j])
            total += (1 - c) ** 2 if i == j else weight * c**2
    return total


def slow_vicreg(z_a: Tensor, z_b: Tensor, inv: float, var: float, cov: float) -> float:
    """VICReg, eqs. 1-6, in the normalisation of the authors' code."""
    n, d = z_a.shape

    def covariance(z: Tensor, i: int, j: int) -> float:
        x, y = z[:, i].tolist(), z[:, j].tolist()
        mx, my = sum(x) / n, sum(y) / n
        return sum((p - mx) * (q - my) for p, q in zip(x, y, strict=True)) / (n - 1)

    total = 0.0
    for i in range(n):
        for j in range(d):
            total += inv * float(z_a[i, j] - z_b[i, j]) ** 2 / (n * d)
    for z in (z_a, z_b):
        for i in range(d):
            spread = math.sqrt(covariance(z, i, i) + 1e-4)
            total += var / 2 * max(0.0, 1 - spread) / d
            for j in range(d):
                total += cov * covariance(z, i, j) ** 2 / d if i != j else 0.0
    return total


# ---- Against the loops.


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize(("n", "d"), [(2, 3), (5, 4), (9, 16)])
def test_contrastive_losses_match_the_papers_loops(
    n: int, d: int, temperature: float
) -> None:
    a, b = pair(n, d)
    labels = torch.arange(n) % 3
    queue = pair(7, d, seed=1)[0]
    close = {"rel": 2e-5, "abs": 2e-5}
    assert nt_xent(a, b, temperature).item() == pytest.approx(
        slow_nt_xent(a, b, temperature), **close
    )
    assert decoupled_nt_xent(a, b, temperature).item() == pytest.approx(
        slow_dcl(a, b, temperature), **close
    )
    assert sup_con(a, b, labels, temperature).item() == pytest.approx(
        slow_sup_con(a, b, labels, temperature), **close
    )
    assert info_nce(a, b, queue, temperature).item() == pytest.approx(
        slow_info_nce(a, b, queue, temperature), **close
    )


@pytest.mark.parametrize("seed", range(3))
def test_cosine_losses_match_the_papers_loops(seed: int) -> None:
    p, z = pair(6, 5, seed)
    cosines = [cosine(u, v) for u, v in zip(p.tolist(), z.tolist(), strict=True)]
    mean = sum(cosines) / len(cosines)
    assert negative_cosine(p, z).item() == pytest.approx(-mean, abs=1e-6)
    assert regression_loss(p, z).item() == pytest.approx(2 - 2 * mean, abs=1e-6)


@pytest.mark.parametrize("weight", [0.0, 5e-3, 1.0])
def test_barlow_twins_matches_the_papers_loop(weight: float) -> None:
    a, b = pair(12, 5)
    expected = slow_barlow_twins(a, b, weight)
    # Batch norm's epsilon of 1e-5 stands beside variances of about 9.
    assert barlow_twins_loss(a, b, weight).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("weights", [(25, 25, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)])
@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_vicreg_matches_the_papers_loop(
    weights: tuple[float, float, float], scale: float
) -> None:
    a, b = (scale * z for z in pair(10, 4))
    expected = slow_vicreg(a, b, *weights)
    assert vicreg_loss(a, b, *weights).item() == pytest.approx(expected, rel=1e-5)


# ---- Closed forms.


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("n", [2, 3, 64, 500])
def test_identical_embeddings_score_the_log_of_the_candidates(
    n: int, temperature: float
) -> None:
    z = torch.randn(1, 8, generator=torch.Generator().manual_seed(n)).expand(n, 8)
    labels = torch.arange(n) % 2
    expected = pytest.approx(math.log(2 * n - 1), abs=1e-5)
    assert nt_xent(z, z, temperature).item() == expected
    assert sup_con(z, z, labels, temperature).item() == expected
    negatives = math.log(2 * (n - 1))
    assert decoupled_nt_xent(z, z, temperature).item() == pytest.approx(
        negatives, abs=2e-5
    )
    queue = z[:1].expand(n, 8)
    assert info_nce(z, z, queue, temperature).item() == pytest.approx(
        math.log(n + 1), abs=1e-5
    )


def test_sup_con_of_two_classes_matches_a_calculation_by_hand() -> None:
    """N=2, orthogonal pairs, tau=.5: a positive at e^2 beside two negatives at e^0."""
    animals = torch.eye(2)
    expected = math.log(1 + 2 * math.exp(-2))
    assert expected == pytest.approx(0.23954, abs=5e-6)
    assert nt_xent(animals, animals, 0.5).item() == pytest.approx(expected, abs=1e-6)
    # Without the positive below the line: log 2 - 2.
    assert decoupled_nt_xent(animals, animals, 0.5).item() == pytest.approx(
        math.log(2) - 2, abs=1e-6
    )


def test_a_single_pair_has_no_negatives() -> None:
    a, b = pair(1, 4)
    assert nt_xent(a, b, 0.1).item() == pytest.approx(0, abs=1e-6)


def test_orthogonal_queue_closed_form() -> None:
    query, queue = torch.eye(4)[:1], torch.eye(4)[1:]
    expected = math.log(1 + 3 * math.exp(-1 / 0.2))
    assert info_nce(query, query, queue, 0.2).item() == pytest.approx(
        expected, abs=1e-6
    )


@pytest.mark.parametrize(
    ("target", "minus_cosine", "regression"), [(1, -1, 0), (0, 0, 2), (-1, 1, 4)]
)
def test_cosine_losses_at_agreement_orthogonality_and_opposition(
    target: int, minus_cosine: float, regression: float
) -> None:
    p = torch.tensor([[2.0, 0.0]]).repeat(3, 1)
    z = {1: p, 0: p.flip(1), -1: -p}[target] * 5
    assert negative_cosine(p, z).item() == pytest.approx(minus_cosine, abs=1e-6)
    assert regression_loss(p, z).item() == pytest.approx(regression, abs=1e-6)


def test_barlow_twins_is_zero_when_dimensions_agree_and_do_not_repeat() -> None:
    signs = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert barlow_twins_loss(signs, signs, 1.0).item() == pytest.approx(0, abs=1e-6)
    doubled = signs[:, :1].expand(4, 2)  # two dimensions that tell the same
    assert barlow_twins_loss(doubled, doubled, 0.5).item() == pytest.approx(
        1.0, abs=1e-4
    )
    opposite = barlow_twins_loss(signs, -signs, 1.0)
    assert opposite.item() == pytest.approx(2 * (1 + 1) ** 2, abs=1e-3)


def test_vicreg_of_a_single_point_is_the_variance_term() -> None:
    z = torch.ones(8, 5)
    assert vicreg_loss(z, z, 25, 25, 1).item() == pytest.approx(25 * 0.99, abs=1e-4)


def test_vicreg_is_zero_on_spread_decorrelated_agreeing_views() -> None:
    signs = 2 * torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert vicreg_loss(signs, signs).item() == 0


def test_sup_con_with_a_class_of_its_own_for_every_image_is_nt_xent() -> None:
    a, b = pair(7, 6)
    own = sup_con(a, b, torch.tensor([5, 9, 1, 0, 77, -3, 2]), 0.2)
    assert own.item() == pytest.approx(nt_xent(a, b, 0.2).item(), abs=1e-6)


# ---- Invariances.


@pytest.mark.parametrize("name", [*CONTRASTIVE, *COSINE])
def test_row_lengths_do_not_matter(name: str) -> None:
    a, b = pair(6, 5)
    lengths = torch.linspace(0.1, 40, 6).unsqueeze(1)
    scaled = PAIRED[name](a * lengths, b * lengths.flip(0))
    assert scaled.item() == pytest.approx(PAIRED[name](a, b).item(), abs=1e-5)


@pytest.mark.parametrize("name", sorted(set(PAIRED) - {"sup_con"}))
def test_order_of_pairs_and_of_views_does_not_matter(name: str) -> None:
    a, b = pair(6, 5)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    base = PAIRED[name](a, b).item()
    assert PAIRED[name](a[order], b[order]).item() == pytest.approx(base, rel=1e-5)
    assert PAIRED[name](b, a).item() == pytest.approx(base, rel=1e-5)
    unpaired = PAIRED[name](a, b[order]).item()
    assert unpaired > base + 1e-3, "breaking the pairs must cost"


@pytest.mark.parametrize("name", [*CONTRASTIVE, *COSINE])
def test_a_common_rotation_does_not_matter(name: str) -> None:
    a, b = pair(6, 5)
    turn = torch.linalg.qr(pair(5, 5, seed=3)[0]).Q
    rotated = PAIRED[name](a @ turn, b @ turn).item()
    assert rotated == pytest.approx(PAIRED[name](a, b).item(), abs=2e-5)


def test_queue_order_does_not_matter_and_more_negatives_cost_more() -> None:
    (q, k), queue = pair(4, 6), pair(10, 6, seed=2)[0]
    base = info_nce(q, k, queue, 0.2).item()
    assert info_nce(q, k, queue.flip(0), 0.2).item() == pytest.approx(base, abs=1e-6)
    assert info_nce(q, k, queue[:5], 0.2).item() < base


def test_barlow_twins_ignores_scale_and_offset_of_each_dimension() -> None:
    a, b = pair(20, 4)
    scale, offset = torch.tensor([1.0, 2, 5, 10]), torch.tensor([3.0, -1, 0, 7])
    moved = barlow_twins_loss(a * scale + offset, b * scale - offset, 0.1).item()
    assert moved == pytest.approx(barlow_twins_loss(a, b, 0.1).item(), rel=1e-3)


def test_switching_normalisation_off_compares_raw_dot_products() -> None:
    a, b = (F.normalize(z, dim=1) for z in pair(5, 4))
    assert nt_xent(a, b, 0.5, normalize=False).item() == pytest.approx(
        nt_xent(a, b, 0.5).item(), abs=1e-6
    )
    # Doubled vectors have dot products four times as large: a quarter of the tau.
    assert nt_xent(2 * a, 2 * b, 0.5, normalize=False).item() == pytest.approx(
        nt_xent(a, b, 0.125).item(), abs=1e-5
    )
    assert negative_cosine(2 * a, 3 * a, normalize=False).item() == pytest.approx(-6)
    assert regression_loss(2 * a, 3 * a, normalize=False).item() == pytest.approx(1)


# ---- Errors: one sentence, with the value and what is allowed.


@pytest.mark.parametrize("name", sorted(PAIRED))
@pytest.mark.parametrize(
    ("shape_a", "shape_b"),
    [
        ((4, 3), (5, 3)),
        ((4, 3), (4, 2)),
        ((4,), (4,)),
        ((2, 2, 2), (2, 2, 2)),
        ((0, 3), (0, 3)),
    ],
)
def test_views_that_do_not_pair_up_are_refused(
    name: str, shape_a: tuple[int, ...], shape_b: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="allowed") as refusal:
        PAIRED[name](torch.ones(shape_a), torch.ones(shape_b))
    assert str(shape_a) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["decoupled_nt_xent", "barlow_twins", "vicreg"])
def test_one_image_alone_is_refused_where_the_loss_needs_others(name: str) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        PAIRED[name](torch.ones(1, 3), torch.ones(1, 3))


@pytest.mark.parametrize("temperature", [0, 0.0, -0.5, math.nan])
def test_temperature_must_be_positive(temperature: float) -> None:
    a, b = pair(4, 3)
    for loss in CONTRASTIVE.values():
        with pytest.raises(ValueError, match=r"temperature is .*more than 0"):
            loss(a, b, temperature)
    with pytest.raises(ValueError, match=r"temperature is .*more than 0"):
        info_nce(a, b, a, temperature)


@pytest.mark.parametrize("shape", [(5, 4), (3,), (2, 5, 3)])
def test_a_queue_of_another_width_is_refused(shape: tuple[int, ...]) -> None:
    a, b = pair(4, 3)
    with pytest.raises(ValueError, match=r"queue has shape .*\[K, 3\]"):
        info_nce(a, b, torch.ones(shape), 0.2)


@pytest.mark.parametrize("labels", [torch.zeros(3), torch.zeros(5), torch.zeros(4, 1)])
def test_labels_that_do_not_fit_are_refused(labels: Tensor) -> None:
    with pytest.raises(ValueError, match="labels have shape"):
        sup_con(*pair(4, 3), labels, 0.2)


def test_negative_weights_are_refused_by_name() -> None:
    a, b = pair(4, 3)
    with pytest.raises(ValueError, match=r"redundancy_weight is -0\.1"):
        barlow_twins_loss(a, b, -0.1)
    for name in ("invariance_weight", "variance_weight", "covariance_weight"):
        with pytest.raises(ValueError, match=f"{name} is -1"):
            vicreg_loss(a, b, **{name: -1.0})


# ---- Numbers that overflow where exp comes before log.


@pytest.mark.parametrize("name", [*CONTRASTIVE, "info_nce"])
def test_a_tiny_temperature_stays_finite(name: str) -> None:
    # At 0.01 a positive's logit is 100, and exp(100) is beyond float32.
    a, b = pair(32, 8)
    leaf = a.clone().requires_grad_()
    loss = (
        info_nce(leaf, b, b.flip(0), 0.01)
        if name == "info_nce"
        else CONTRASTIVE[name](leaf, b, 0.01)
    )
    loss.backward()
    assert loss.isfinite()
    assert leaf.grad is not None
    assert leaf.grad.isfinite().all()


def test_huge_raw_dot_products_stay_finite() -> None:
    a, b = (100 * z for z in pair(8, 8))
    assert nt_xent(a, b, 0.01, normalize=False).isfinite()
    assert info_nce(a, b, a, 0.01, normalize=False).isfinite()
    assert decoupled_nt_xent(a, b, 0.01, normalize=False).isfinite()


def test_a_row_of_zeros_gives_a_number() -> None:
    a, b = pair(4, 3)
    a[0] = 0
    for name, loss in PAIRED.items():
        assert loss(a, b).isfinite(), name


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_a_collapsed_batch_has_finite_gradients(name: str) -> None:
    z = torch.ones(6, 4, requires_grad=True)
    loss = PAIRED[name](z, z * 1.0)
    loss.backward()
    assert loss.isfinite()
    assert z.grad is not None
    assert z.grad.isfinite().all()


def test_bfloat16_embeddings_are_compared_in_float32() -> None:
    a, b = pair(6, 5, dtype=torch.bfloat16)
    loss = nt_xent(a, b, 0.1)
    assert loss.dtype == torch.float32
    expected = slow_nt_xent(a.double(), b.double(), 0.1)
    assert loss.item() == pytest.approx(expected, abs=2e-5)


# ---- Gradients.


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_gradients_match_finite_differences(name: str) -> None:
    views = [z.requires_grad_() for z in pair(4, 3, dtype=torch.float64)]
    assert torch.autograd.gradcheck(PAIRED[name], views)


def test_info_nce_gradient_matches_finite_differences() -> None:
    query, key = pair(4, 3, dtype=torch.float64)
    queue = pair(5, 3, seed=1, dtype=torch.float64)[0]
    query.requires_grad_()
    assert torch.autograd.gradcheck(lambda q: info_nce(q, key, queue, 0.3), [query])


def test_no_gradient_reaches_keys_and_queue() -> None:
    q, k, queue = (torch.randn(4, 3, requires_grad=True) for _ in range(3))
    info_nce(q, k, queue, 0.2).backward()
    assert q.grad is not None
    assert k.grad is None
    assert queue.grad is None


def test_cosine_losses_leave_the_stop_gradient_to_the_caller() -> None:
    for loss in COSINE.values():
        p, z = (torch.randn(4, 3, requires_grad=True) for _ in range(2))
        loss(p, z).backward()
        assert z.grad is not None
        assert z.grad.abs().sum() > 0


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_a_loss_does_not_edit_its_arguments(name: str) -> None:
    a, b = pair(6, 4)
    kept = a.clone(), b.clone()
    PAIRED[name](a, b)
    assert torch.equal(a, kept[0])
    assert torch.equal(b, kept[1])


# ---- lightly: another independent implementation, as the users of the field know it.
# Slow for its installation: make test does without it.


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.07, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("n", [2, 16, 128])
def test_contrastive_losses_agree_with_lightly(n: int, temperature: float) -> None:
    from lightly.loss import DCLLoss, NTXentLoss

    a, b = pair(n, 32, seed=n)
    assert nt_xent(a, b, temperature).item() == pytest.approx(
        NTXentLoss(temperature=temperature)(a, b).item(), abs=1e-5
    )
    assert decoupled_nt_xent(a, b, temperature).item() == pytest.approx(
        DCLLoss(temperature=temperature)(a, b).item(), abs=1e-5
    )


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.07, 0.2, 1.0])
def test_info_nce_agrees_with_lightlys_memory_bank(temperature: float) -> None:
    from lightly.loss import NTXentLoss

    theirs = NTXentLoss(temperature=temperature, memory_bank_size=(50, 16))
    queue = theirs.memory_bank.bank.clone()
    assert queue.shape == (50, 16)
    query, key = pair(20, 16)
    assert info_nce(query, key, queue, temperature).item() == pytest.approx(
        theirs(query, key).item(), abs=1e-5
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_losses_without_negatives_agree_with_lightly(seed: int) -> None:
    from lightly.loss import BarlowTwinsLoss, NegativeCosineSimilarity, VICRegLoss

    a, b = pair(32, 16, seed)
    theirs = NegativeCosineSimilarity()(a, b).item()
    assert negative_cosine(a, b).item() == pytest.approx(theirs, abs=1e-5)
    assert regression_loss(a, b).item() == pytest.approx(2 + 2 * theirs, abs=1e-5)
    for weight in (5e-3, 0.1):
        assert barlow_twins_loss(a, b, weight).item() == pytest.approx(
            BarlowTwinsLoss(lambda_param=weight)(a, b).item(), abs=1e-5
        )
    for scale in (0.05, 1.0):
        assert vicreg_loss(scale * a, scale * b, 25, 25, 1).item() == pytest.approx(
            VICRegLoss()(scale * a, scale * b).item(), rel=1e-5
        )
