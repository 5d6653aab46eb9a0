"""The inspected batch is the one that training would draw."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ssl_core import checkpoints
from ssl_core.augment import Policy
from ssl_core.data import ImageSet, load
from ssl_core.methods.simclr import nt_xent
from ssl_core.peek import peek, trained, untrained
from ssl_core.similarity import SimilarityMatrix
from ssl_core.train import Budget, RunConfig, Watch, fit

POLICY = Policy.of({"crop": 0.5, "hue": 0.5})
WATCH = Watch(bank=20, asked=10, mapped=10)


@pytest.fixture(scope="module")
def data() -> ImageSet:
    return load("shapes", count=60, held_out=10, seed=4)


def test_same_seed_same_batch_and_another_seed_another(data: ImageSet) -> None:
    first, again, other = (
        peek(untrained(RunConfig(seed=s)), data, 4, POLICY, s) for s in (1, 1, 2)
    )
    assert np.array_equal(first.similarity, again.similarity)
    assert np.array_equal(first.view_a, again.view_a)
    assert not np.array_equal(first.view_a, other.view_a)


def test_the_batch_is_described_row_by_row(data: ImageSet) -> None:
    view = peek(untrained(RunConfig()), data, 5, POLICY, 0)
    assert view.view_a.shape == view.view_b.shape == (5, 3, 32, 32)
    assert view.similarity.shape == (10, 10)
    assert np.allclose(np.diag(view.similarity), 1, atol=1e-5)
    assert data.labels is not None and view.labels is not None
    assert view.labels.tolist() == data.labels[view.rows].tolist()
    assert set(view.rows.tolist()) <= set(data.train_rows.tolist())


def test_an_untrained_batch_has_the_loss_of_a_first_step(data: ImageSet) -> None:
    """Compared with the first step of the training loop on the same batch."""
    config = RunConfig(
        batch_size=6, seed=3, device="cpu", precision="float32", policy=POLICY
    )
    first = list(fit(config, data=data, budget=Budget(steps=1), watch=WATCH))[-1]
    view = peek(untrained(config), data, 6, POLICY, 3)
    shown = SimilarityMatrix(torch.from_numpy(view.similarity), 0.2)
    assert shown.loss == pytest.approx(first.losses[0], abs=1e-4)


def test_inspecting_a_checkpoint_does_not_change_it(
    data: ImageSet, tmp_path: Path
) -> None:
    config = RunConfig(batch_size=16, seed=3, device="cpu", policy=POLICY)
    run = fit(config, data=data, budget=Budget(steps=3), watch=WATCH)
    list(run)
    saved = checkpoints.load(checkpoints.save(tmp_path / "run", run))
    kept = {k: v.clone() for k, v in saved.tensors.items()}
    view = peek(trained(saved), data, 6, POLICY, 0)
    assert all(torch.equal(kept[k], v) for k, v in saved.tensors.items())
    # The same batch through the run's own method.
    run.method.train()
    x = [torch.from_numpy(v).float() / 255 for v in (view.view_a, view.view_b)]
    with torch.no_grad():
        z_a, z_b = run.method.embed_both(*x)
    shown = SimilarityMatrix(torch.from_numpy(view.similarity), 0.2)
    # The views were rounded to bytes for showing.
    assert shown.loss == pytest.approx(nt_xent(z_a, z_b, 0.2).item(), abs=0.02)


def test_initialising_weights_does_not_use_the_global_generator() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    untrained(RunConfig(seed=9))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("pairs", [1, 0, 33])
def test_an_invalid_number_of_pairs_is_refused(data: ImageSet, pairs: int) -> None:
    with pytest.raises(ValueError, match=f"pairs is {pairs}; allowed are 2 to 32"):
        peek(untrained(RunConfig()), data, pairs, POLICY, 0)
