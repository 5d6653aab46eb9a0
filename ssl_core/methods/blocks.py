"""Similarities of very many embeddings, a block of rows at a time.

A batch of N images has (2N)^2 similarities: 1 GB at N = 8192, and autograd keeps several
copies. Every one of them is a dot product that takes little time to make again, so the
backward pass makes them again, block by block, and no more than a block is ever held.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

ROWS_WHOLE = 2048  # of a similarity matrix that is still made whole: 16 MB
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
    """See :func:`logsumexp_of_others`.

    Similarity is mutual, z_i . z_j = z_j . z_i: what stands below the diagonal blocks is
    read off what stands above.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, temperature: float, partner: bool) -> Tensor:
        found = z.new_full((len(z),), -torch.inf)
        for rows, after, block in _blocks(z, temperature, partner):
            mirrored = block[:, rows.stop - rows.start :].logsumexp(0)
            found[after] = found[after].logaddexp(mirrored)
            found[rows] = found[rows].logaddexp(block.logsumexp(1))
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
        result = torch.zeros_like(z)
        for rows, after, block in _blocks(z, ctx.temperature, ctx.partner):
            # z_i is moved as an anchor, by its softmax p_ij = exp(s_ij - found_i), and as
            # a candidate of every other anchor j, by p_ji.
            onwards = slice(rows.start, None)
            moved = (block - found[rows].unsqueeze(1)).exp_()
            moved.mul_(gradient[rows].unsqueeze(1))
            moved.addcmul_(block.sub_(found[onwards]).exp_(), gradient[onwards])
            result[rows].addmm_(moved, z[onwards])
            result[after].addmm_(moved[:, rows.stop - rows.start :].T, z[rows])
        return result.div_(ctx.temperature), None, None


def _whole(z: Tensor, temperature: float, partner: bool) -> Tensor:
    """``[2N, 2N]`` z z^T / tau, -inf where two views do not compete: the plain form."""
    image = torch.arange(len(z), device=z.device)
    image = image if partner else image % (len(z) // 2)
    return (z @ z.T / temperature).masked_fill(image.unsqueeze(1) == image, -torch.inf)


def _blocks(
    z: Tensor, temperature: float, partner: bool
) -> Iterator[tuple[slice, slice, Tensor]]:
    """Some rows of :func:`_whole` after others, from their first row's column on.

    Yields:
        Which rows they are, which come after them, and the block. It lies where the one
        before lay, and may be changed.
    """
    held, start = z.new_empty(max(CELLS, len(z))), 0
    while start < len(z):
        width = len(z) - start
        rows = slice(start, min(len(z), start + max(1, CELLS // width)))
        block = held[: (rows.stop - start) * width].view(-1, width)
        torch.mm(z[rows], z[start:].T, out=block).div_(temperature)
        half = len(z) // 2
        for other in (0,) if partner else (-half, 0, half):
            block.diagonal(other).fill_(-torch.inf)
        yield rows, slice(rows.stop, None), block
        start = rows.stop
