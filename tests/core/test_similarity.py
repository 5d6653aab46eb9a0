"""The similarity matrix explains exactly the trained loss: autograd and nt_xent agree."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.methods.simclr import nt_xent
from ssl_core.similarity import SimilarityMatrix


def views(n: int, dim: int = 6, seed: int = 0) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    a = torch.randn(n, dim, generator=g, dtype=torch.float64)
    noise = torch.randn(n, dim, generator=g, dtype=torch.float64)
    return a, a + 0.7 * noise


def interleaved(a: Tensor, b: Tensor) -> Tensor:
    """Unit rows 1a, 1b, 2a, 2b, …"""
    return F.normalize(torch.stack([a, b], 1).flatten(0, 1), dim=1)


def matrix(n: int, tau: float, seed: int = 0) -> SimilarityMatrix:
    z = interleaved(*views(n, seed=seed))
    return SimilarityMatrix(z @ z.T, tau)


@pytest.mark.parametrize("tau", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("n", [2, 5, 32])
def test_the_mean_of_the_rows_is_nt_xent(n: int, tau: float) -> None:
    expected = nt_xent(*views(n), tau).item()
    assert matrix(n, tau).loss == pytest.approx(expected, abs=1e-6)


def test_float32_cosines_as_a_run_records_them_are_enough() -> None:
    a, b = views(32)
    z = interleaved(a, b).float()
    shown = SimilarityMatrix(z @ z.T, 0.1)
    assert shown.loss == pytest.approx(nt_xent(a, b, 0.1).item(), abs=1e-4)


def test_identical_embeddings_give_equal_weights() -> None:
    shown = SimilarityMatrix(torch.ones(10, 10), 0.2)
    assert shown.loss == pytest.approx(math.log(9), abs=1e-9)
    assert shown.cell(3, 7).weight == pytest.approx(1 / 9)
    assert shown.cell(3, 7).share == pytest.approx(1 / 8)


@pytest.mark.parametrize("tau", [0.05, 0.5])
def test_gradients_on_the_cosines_are_autograd_s(tau: float) -> None:
    """Every anchor's loss written out: its partner against all others."""
    cosines = matrix(4, tau).cosines.clone().requires_grad_()
    losses = []
    for i in range(8):
        others = [j for j in range(8) if j != i]
        total = sum(torch.exp(cosines[i, j] / tau) for j in others)
        losses.append(-torch.log(torch.exp(cosines[i, i ^ 1] / tau) / total))
    torch.stack(losses).sum().backward()
    shown = SimilarityMatrix(cosines.detach(), tau)
    assert torch.allclose(shown.losses, torch.stack(losses).detach(), atol=1e-9)
    assert cosines.grad is not None
    assert torch.allclose(shown.gradients, cosines.grad, atol=1e-9)


def test_a_cell_is_the_chain_from_dot_product_to_gradient() -> None:
    shown, tau = matrix(4, 0.2), 0.2
    for i in range(8):
        total = sum(math.exp(shown.cell(i, j).logit) for j in range(8) if j != i)
        assert shown.row_sum(i) == pytest.approx(total)
        for j in range(8):
            cell = shown.cell(i, j)
            assert cell.cosine == pytest.approx(shown.cosines[i, j].item())
            assert cell.logit == pytest.approx(cell.cosine / tau)
            assert cell.exp == pytest.approx(math.exp(cell.logit))
            if i == j:
                assert (cell.role, cell.weight, cell.share) == ("self", 0, 0)
                assert (cell.gradient, cell.turn) == (0, 0)
                continue
            assert cell.weight == pytest.approx(cell.exp / total)
            expected = (cell.weight - (j == i ^ 1)) / tau
            assert cell.gradient == pytest.approx(expected)
        partner = shown.cell(i, i ^ 1)
        assert partner.role == "positive"
        assert partner.loss == pytest.approx(-math.log(partner.weight))


def test_turn_is_the_norm_of_the_gradient_on_the_unit_sphere() -> None:
    """Autograd through the normalisation of one anchor, one term of its row at a time."""
    z = interleaved(*views(3)).clone()
    shown = SimilarityMatrix(z @ z.T, 0.3)
    for j in range(1, 6):
        anchor = z[0].clone().requires_grad_()
        term = shown.gradients[0, j] * (F.normalize(anchor, dim=0) @ z[j])
        (gradient,) = torch.autograd.grad(term, anchor)
        assert shown.cell(0, j).turn == pytest.approx(gradient.norm().item(), abs=1e-9)


def test_a_row_s_gradient_on_its_anchor_is_nt_xent_s() -> None:
    """All terms of row 0 against the anchor's loss, with fixed partners."""
    z = interleaved(*views(5))
    shown = SimilarityMatrix(z @ z.T, 0.2)
    anchor = z[0].clone().requires_grad_()
    others = F.normalize(anchor, dim=0) @ z[1:].T / 0.2
    (expected,) = torch.autograd.grad(torch.logsumexp(others, 0) - others[0], anchor)
    along = shown.gradients[0] @ z
    tangent = along - (along @ z[0]) * z[0]
    assert torch.allclose(tangent, expected, atol=1e-9)


def test_pull_and_push_balance_and_shares_sum_to_the_loss() -> None:
    shown = matrix(6, 0.1)
    assert torch.allclose(shown.gradients.sum(1), torch.zeros(12).double(), atol=1e-9)
    assert torch.allclose(shown.shares.sum(1), torch.ones(12).double())
    for i in range(12):
        cells = [shown.cell(i, j) for j in range(12)]
        pushed = sum(c.gradient for c in cells if c.role == "negative")
        for c in cells:
            if c.role == "negative":
                assert c.share == pytest.approx(c.gradient / pushed)
        # The terms that the split is made of: loss = log(1 + their sum).
        partner = cells[i ^ 1].cosine
        terms = sum(
            math.exp((c.cosine - partner) / 0.1) for c in cells if c.role == "negative"
        )
        assert cells[0].loss == pytest.approx(math.log1p(terms))


def test_positives_stand_beside_the_diagonal() -> None:
    shown = matrix(3, 0.2)
    assert shown.partner.tolist() == [1, 0, 3, 2, 5, 4]
    assert shown.is_partner.nonzero().tolist() == [
        [0, 1],
        [1, 0],
        [2, 3],
        [3, 2],
        [4, 5],
        [5, 4],
    ]
    assert int(shown.is_negative.sum()) == 6 * 4


def test_a_lower_temperature_sharpens_the_row() -> None:
    warm, cold = matrix(8, 0.5), matrix(8, 0.05)
    assert warm.hardest(0) == cold.hardest(0)
    assert cold.extremes()[0] > warm.extremes()[0]
    assert cold.extremes()[1] < warm.extremes()[1]
    hardest = cold.cell(0, cold.hardest(0))
    others = [cold.cell(0, j) for j in range(16)]
    negatives = [c for c in others if c.role == "negative"]
    assert hardest.cosine == max(c.cosine for c in negatives)
    assert hardest.share == max(c.share for c in negatives)


def test_adding_a_constant_to_a_row_changes_nothing() -> None:
    """As the page claims for a row of high cosines."""
    low = matrix(4, 0.2)
    moved = SimilarityMatrix(low.cosines * 0.5, 0.2)
    raised = SimilarityMatrix(low.cosines * 0.5 + 0.3, 0.2)
    assert torch.allclose(moved.losses, raised.losses)
    assert torch.allclose(moved.gradients, raised.gradients)


def test_false_negatives_are_other_images_of_the_same_class() -> None:
    same = matrix(4, 0.2).false_negatives(torch.tensor([3, 1, 3, 2]))
    assert same.sum(1).tolist() == [2, 2, 0, 0, 2, 2, 0, 0]
    assert same[0].nonzero().flatten().tolist() == [4, 5]
    assert torch.equal(same, same.T)


def test_a_tiny_temperature_stays_finite() -> None:
    shown = matrix(4, 0.001)
    assert math.isfinite(shown.loss)
    assert bool(shown.gradients.isfinite().all())
    assert shown.cell(0, shown.hardest(0)).share == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("shape", [(3, 3), (4, 6), (8,), (2, 2, 2), (2, 2), (0, 0)])
def test_an_invalid_matrix_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="allowed"):
        SimilarityMatrix(torch.zeros(shape), 0.2)


@pytest.mark.parametrize("value", [math.nan, math.inf, 1.2, -1.2])
def test_values_that_are_no_cosines_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        SimilarityMatrix(torch.full((4, 4), value), 0.2)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_temperature_must_be_positive(temperature: float) -> None:
    with pytest.raises(ValueError, match=r"temperature is .*more than 0"):
        SimilarityMatrix(torch.eye(4), temperature)


@pytest.mark.parametrize(("row", "column"), [(8, 0), (0, 8), (-1, 0), (0, -1)])
def test_a_cell_outside_is_refused_by_name(row: int, column: int) -> None:
    with pytest.raises(ValueError, match=r"(row|column) is (8|-1); .* 0 to 7"):
        matrix(4, 0.2).cell(row, column)


def test_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"3 labels; .* 4 images"):
        matrix(4, 0.2).false_negatives(torch.tensor([0, 1, 2]))
