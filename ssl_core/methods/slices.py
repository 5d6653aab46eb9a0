"""A batch too large for the encoder at once: embedded slice by slice, compared as a whole.

A contrastive loss needs all embeddings together, but an encoder's activations are only
needed for one slice at a time. GradCache (Gao et al. 2021, section 3, arXiv 2101.06983)
embeds every slice and drops its activations, takes the loss of all embeddings, and embeds
each slice once more on the way back: a third more work, gradients equal up to rounding,
and memory of one slice.

Batch norm is the exception: it normalises each slice by the slice's own statistics.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


def embedded(network: nn.Module, x: Tensor, rows: int) -> Tensor:
    """``network(x)``, this many rows at a time.

    Args:
        network: gives one row for each row; batch norm is its only memory.
        x: ``[N, ...]``.
        rows: of a slice at most; 0 takes all at once.

    Returns:
        ``[N, D]``.
    """
    if not rows or len(x) <= rows:
        return network(x)
    parts = x.tensor_split(-(-len(x) // rows))  # alike, so that none is a single row
    if not torch.is_grad_enabled():
        return torch.cat([network(part) for part in parts])

    def around() -> tuple[Any, Any]:  # the first and the second time
        return nullcontext(), _seen_before(network)

    return torch.cat(
        [
            checkpoint(network, part, use_reentrant=False, context_fn=around)
            for part in parts
        ]
    )


@contextmanager
def _seen_before(network: nn.Module) -> Iterator[None]:
    """Batch norm's running statistics do not count a slice twice."""
    norms = [
        m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)
    ]
    kept = [(n, n.momentum, n.num_batches_tracked) for n in norms]
    for norm in norms:
        norm.momentum = 0.0
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked = norm.num_batches_tracked.clone()
    try:
        yield
    finally:
        for norm, momentum, batches in kept:
            norm.momentum, norm.num_batches_tracked = momentum, batches
