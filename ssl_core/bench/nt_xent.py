"""Forward and backward of our NT-Xent against lightly's."""

from collections.abc import Callable

import torch
from torch import Tensor

from ssl_core.bench.timing import (
    Comparison,
    Setting,
    Skipped,
    clocked,
    in_turns,
    peer,
)
from ssl_core.methods.simclr import nt_xent

BATCH, WIDTH, TEMPERATURE, REPEATS = 256, 128, 0.2, 20
ABOUT = (
    f"{REPEATS} forward and backward passes of NT-Xent on {BATCH} pairs of {WIDTH} "
    "numbers, against lightly's NTXentLoss"
)


def against_lightly(setting: Setting) -> Comparison:
    """Time both on the same embeddings, on the CPU.

    Raises:
        Skipped: without lightly, or if the two losses are not the same number.
    """
    name = peer("lightly")
    from lightly.loss import NTXentLoss

    g = torch.Generator().manual_seed(0)
    z_a, z_b = (torch.randn(BATCH, WIDTH, generator=g) for _ in range(2))
    their_loss = NTXentLoss(temperature=TEMPERATURE)

    def ours(a: Tensor, b: Tensor) -> Tensor:
        return nt_xent(a, b, TEMPERATURE)

    difference = abs(ours(z_a, z_b).item() - their_loss(z_a, z_b).item())
    if difference > 1e-5:
        raise Skipped(
            f"the two losses differ by {difference:g}, so it is no comparison"
        )
    costs = in_turns(
        _passes(ours, z_a, z_b), _passes(their_loss, z_a, z_b), setting.rounds()
    )
    facts = {"pairs": BATCH, "width": WIDTH, "temperature": TEMPERATURE}
    return Comparison(*costs, name, items=REPEATS, item="passes", facts=facts)


PARTS = {"seconds": against_lightly}


def _passes(
    loss: Callable[[Tensor, Tensor], Tensor], z_a: Tensor, z_b: Tensor
) -> Callable[[], float]:
    a, b = z_a.clone().requires_grad_(), z_b.clone().requires_grad_()

    def run() -> None:
        for _ in range(REPEATS):
            a.grad = b.grad = None
            loss(a, b).backward()

    return clocked(run)
