"""Similarities of very many embeddings, a block of rows at a time.

A batch of N images has (2N)^2 similarities: 1 GB at N = 8192, and autograd keeps several
copies. Every one of them is a dot product that takes little time to make again, so the
backward pass makes them again, block by block, and no more than a block is ever held.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

ROWS_WHOLE = 2048  # of a similarity matrix that is still made whole: 16 MB in float32
CELLS = 2**21  # of a block: 8 MB, which caches hold


def logsumexp_of_others(z: Tensor, temperature: float, *, partner: bool) -> Tensor:
    """log sum_j exp(z_i . z_j / tau) over the views j that compete with view i.

    What stands below the line in NT-Xent and in DCL, in memory that grows with the number
    of views and not with its square.

    Args:
        z: ``[2N, D]`` float; rows i and N + i are the two views of image i.
        temperature: tau > 0.
        partner: whether a view's partner is one of them (NT-Xent) or not (DCL).

    Returns:
        ``[2N]``, as differentiable as the plain form; gradients of gradients take the
        plain form's memory.
    """
    # In z's own precision: autocast would round the similarities.
    with torch.autocast(z.device.type, enabled=False):
        return _LogSumExp.apply(z, temperature, partner)


class _LogSumExp(torch.autograd.Function):
    """See :func:`logsumexp_of_others`."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, temperature: float, partner: bool) -> Tensor:
        found = z.new_empty(len(z))
        for rows, block in _blocks(z, temperature, partner):
            found[rows] = block.logsumexp(1)
        ctx.save_for_backward(z, found)
        ctx.temperature, ctx.partner = temperature, partner
        return found

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        z, found = ctx.saved_tensors
        if torch.is_grad_enabled():  # somebody wants the gradient of this gradient
            plain = _whole(z, ctx.temperature, ctx.partner).logsumexp(1)
            (again,) = torch.autograd.grad(plain, z, gradient, create_graph=True)
            return again, None, None
        result = torch.empty_like(z)
        for rows, block in _blocks(z, ctx.temperature, ctx.partner):
            # Similarity is mutual: z_i is moved as an anchor, by its softmax p_ij, and
            # as a candidate of every other anchor j, by p_ji.
            as_anchor = (block - found[rows].unsqueeze(1)).exp_()
            as_anchor.mul_(gradient[rows].unsqueeze(1))
            as_candidate = block.sub_(found).exp_().mul_(gradient)
            torch.mm(as_anchor.add_(as_candidate), z, out=result[rows])
        return result.div_(ctx.temperature), None, None


def _whole(z: Tensor, temperature: float, partner: bool) -> Tensor:
    """``[2N, 2N]`` z z^T / tau, -inf where two views do not compete: the plain form."""
    image = torch.arange(len(z), device=z.device)
    image = image if partner else image % (len(z) // 2)
    return (z @ z.T / temperature).masked_fill(image.unsqueeze(1) == image, -torch.inf)


def _blocks(
    z: Tensor, temperature: float, partner: bool
) -> Iterator[tuple[slice, Tensor]]:
    """Some rows of :func:`_whole` after others, and which they are; no gradients."""
    size, half = max(1, CELLS // len(z)), len(z) // 2
    for start in range(0, len(z), size):
        rows = slice(start, min(start + size, len(z)))
        block = torch.mm(z[rows], z.T).div_(temperature)
        for other in (0,) if partner else (-half, 0, half):
            block.diagonal(start + other).fill_(-torch.inf)
        yield rows, block
