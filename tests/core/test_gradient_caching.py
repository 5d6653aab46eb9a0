"""Gradient caching: a batch encoded in slices trains as one encoded at once."""

import pytest
import torch
from test_methods import SLUGS, make, views
from torch import Tensor, nn

from ssl_core.data import ImageSet
from ssl_core.encoders import make_encoder
from ssl_core.methods import METHODS, Method
from ssl_core.methods.slices import embedded
from ssl_core.train import Budget, RunConfig, Watch, fit


def without_batch_norm(slug: str) -> Method:
    torch.manual_seed(0)
    kind = METHODS[slug]
    config = kind.Config(hidden_dim=32, output_dim=16, head_norm="layer")
    return kind(make_encoder("tiny_group_norm"), config)


def gradients(method: Method, a: Tensor, b: Tensor) -> dict[str, Tensor]:
    method.zero_grad()
    outcome = method.compare(a, b, torch.arange(len(a)) % 3)
    outcome.loss.backward()
    found = {n: p.grad for n, p in method.named_parameters() if p.grad is not None}
    return found | {"loss": outcome.loss.detach()}


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("rows", [4, 7, 23, 24])
def test_gradients_equal_those_of_the_whole_batch(slug: str, rows: int) -> None:
    method, (a, b) = without_batch_norm(slug), views()
    whole = gradients(method, a, b)
    method.slice_rows = rows
    for name, value in gradients(method, a, b).items():
        torch.testing.assert_close(value, whole[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("slug", SLUGS)
def test_batch_norm_counts_each_slice_once(slug: str) -> None:
    method, (a, b) = make(slug), views()
    method.slice_rows = 8
    gradients(method, a, b)
    norms = [m for m in method.encoder.modules() if isinstance(m, nn.BatchNorm2d)]
    passes = 2 if slug == "moco" else 3  # MoCo's encoder sees one view: 12 rows, not 24
    assert norms and {int(n.num_batches_tracked) for n in norms} == {passes}
    once = make(slug)
    with torch.no_grad():
        x = a if slug == "moco" else torch.cat([a, b])
        for part in x.tensor_split(passes):
            once.projector(once.encoder(part))
    mine, theirs = method.encoder.state_dict(), once.encoder.state_dict()
    for name in mine:
        if name.endswith(("running_mean", "running_var")):
            torch.testing.assert_close(mine[name], theirs[name])


def test_no_slice_has_a_single_row() -> None:
    seen = []

    class Rows(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(len(x))
            return x

    for n in range(1, 60):
        for rows in range(4, 12):
            seen.clear()
            with torch.no_grad():
                assert torch.equal(
                    embedded(Rows(), torch.ones(n, 1), rows), torch.ones(n, 1)
                )
            assert sum(seen) == n and max(seen) <= rows and min(seen) >= min(n, 2)


def test_activations_are_kept_for_one_slice_only() -> None:
    encoder, x = make_encoder("tiny"), torch.rand(64, 3, 32, 32)

    def kept(rows: int) -> int:
        total = 0

        def count(tensor: Tensor) -> Tensor:
            nonlocal total
            total += tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(count, lambda t: t):
            embedded(encoder, x, rows)
        return total

    assert kept(16) < kept(0) / 5


def test_a_run_takes_a_batch_in_slices(small_shapes: ImageSet) -> None:
    known = {"batch_size": 64, "encoder": "tiny_group_norm", "head_norm": "layer"}
    watch, runs = Watch(bank=20, asked=10, mapped=10), []
    for size in (0, 32):
        config = RunConfig.of({**known, "slice_size": size, "precision": "float32"})
        *_, last = fit(config, data=small_shapes, budget=Budget(steps=3), watch=watch)
        runs.append(last.loss)
    assert runs[0] == pytest.approx(runs[1], rel=1e-4)


@pytest.mark.parametrize("size", [1, 3])
def test_a_slice_too_small_for_batch_norm_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"slice_size is {size}; allowed is 0"):
        RunConfig.of({"slice_size": size})
