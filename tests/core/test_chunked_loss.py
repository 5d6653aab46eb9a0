"""The chunked loss of a large batch equals the full one and needs less memory."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ssl_core.methods import blocks, dcl, simclr
from ssl_core.methods.dcl import decoupled_nt_xent
from ssl_core.methods.simclr import nt_xent

LOSSES = (nt_xent, decoupled_nt_xent)
Loss = Callable[..., Tensor]


def pairs(n: int, width: int = 12, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    g = torch.Generator().manual_seed(n)
    made = (torch.randn(n, width, generator=g, dtype=dtype) for _ in range(2))
    return [z.requires_grad_() for z in made]


@pytest.fixture
def chunked(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has every batch computed in chunks of this many similarities."""

    def set_to(cells: int) -> None:
        for method in (simclr, dcl):
            monkeypatch.setattr(method, "ROWS_WHOLE", 0)
        monkeypatch.setattr(blocks, "CELLS", cells)

    return set_to


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cells", [1, 500, 10_000, 10**9])
@pytest.mark.parametrize("temperature", [0.01, 0.2, 5.0])
@pytest.mark.parametrize("normalize", [True, False])
def test_values_and_gradients_equal_those_of_the_full_matrix(
    loss: Loss, cells: int, temperature: float, normalize: bool, chunked
) -> None:
    a, b = pairs(51)
    plain = loss(a, b, temperature, normalize=normalize)
    gradients = torch.autograd.grad(plain, (a, b))
    chunked(cells)
    again = loss(a, b, temperature, normalize=normalize)
    torch.testing.assert_close(again, plain, rtol=1e-5, atol=1e-5)
    for one, other in zip(torch.autograd.grad(again, (a, b)), gradients, strict=True):
        largest = float(other.abs().max())
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5 * max(1, largest))


@pytest.mark.parametrize("loss", LOSSES)
def test_first_and_second_gradients_match_finite_differences(
    loss: Loss, chunked
) -> None:
    chunked(30)
    z = pairs(5, 3, torch.float64)
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, 0.3), z)
    assert torch.autograd.gradgradcheck(lambda a, b: loss(a, b, 0.3), z)


@pytest.mark.parametrize("loss", LOSSES)
def test_each_anchor_counts_by_its_own_weight(loss: Loss, chunked) -> None:
    """With an incoming gradient that differs between anchors."""
    z = torch.cat(pairs(9, 4, torch.float64)).detach().requires_grad_()
    chunked(40)
    partner = loss is nt_xent
    weights = torch.rand(18, dtype=torch.float64)
    found = blocks.logsumexp_of_others(z, 0.5, partner=partner)
    similarity = z @ z.T / 0.5
    image = torch.arange(18) if partner else torch.arange(18) % 9
    wanted = similarity.masked_fill(image[:, None] == image, -torch.inf).logsumexp(1)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(
        torch.autograd.grad(found @ weights, z),
        torch.autograd.grad(wanted @ weights, z),
    )


def test_autocast_does_not_round_the_similarities(chunked) -> None:
    a, b = pairs(20)
    plain = nt_xent(a, b, 0.05)
    chunked(100)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(nt_xent(a, b, 0.05), plain, rtol=1e-6, atol=1e-6)


def test_small_batches_use_the_full_matrix() -> None:
    """So that a lesson shows the code that runs."""
    a, b = pairs(blocks.ROWS_WHOLE // 2)
    assert "LogSumExp" not in _steps(nt_xent(a, b, 0.2))
    a, b = pairs(blocks.ROWS_WHOLE // 2 + 1)
    assert "LogSumExp" in _steps(nt_xent(a, b, 0.2))


def _steps(loss: Tensor) -> str:
    """Names of a result's backward steps."""
    seen, pending = set(), [loss.grad_fn]
    while pending:
        step = pending.pop()
        if step is not None and step not in seen:
            seen.add(step)
            pending += [before for before, _ in step.next_functions]
    return " ".join(step.name() for step in seen)


@pytest.mark.slow
def test_memory_does_not_grow_quadratically() -> None:
    n = 6000  # whose similarities alone are 550 MB
    code = f"""
import resource, torch
from ssl_core.methods.simclr import nt_xent
def step(n):
    a, b = (torch.randn(n, 16).requires_grad_() for _ in range(2))
    nt_xent(a, b, 0.2).backward()
step(1100)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
step({n})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    kilobytes = int(done.stdout)
    if sys.platform == "darwin":
        kilobytes //= 1024
    assert kilobytes < 150_000
