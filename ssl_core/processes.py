"""One run in several processes, each with a part of every batch.

``torchrun --nproc-per-node=4 -m ssl_core train …`` starts them. All of them draw the same
batch and the same dice as a single process would; each makes and embeds its own rows, then
the embeddings are gathered, and every process takes the loss of the whole batch. So a view
has all others as negatives, wherever they were made.
"""

import atexit
import os
from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def started_together() -> bool:
    """Whether this process is one of several that ``torchrun`` started."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_first() -> bool:
    """Whether this process speaks and writes for all."""
    return int(os.environ.get("RANK", "0")) == 0


def meet(device: torch.device) -> None:
    """Meet the processes that were started together, once, until this one ends.

    Args:
        device: CUDA gives each process a GPU of its own and NCCL; all else meets by Gloo.
    """
    if not started_together() or _met():
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    atexit.register(dist.destroy_process_group)


def count() -> int:
    """How many processes train this run."""
    return dist.get_world_size() if _met() else 1


def own_rows(n: int) -> slice:
    """This process's part of a batch of ``n``."""
    if not _met():
        return slice(0, n)
    each = n // dist.get_world_size()
    return slice(dist.get_rank() * each, (dist.get_rank() + 1) * each)


def gathered(z: Tensor) -> Tensor:
    """The embeddings of all processes, ``[N, D]`` in the batch's order, with gradients."""
    return _Gather.apply(z) if _met() else z


def average_gradients(module: nn.Module) -> None:
    """Give all processes the mean of their gradients."""
    if not _met():
        return
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for gradient, mean in zip(
        gradients, flat.split([g.numel() for g in gradients]), strict=True
    ):
        gradient.copy_(mean.view_as(gradient))


def agreed(values: Iterable[float], device: torch.device) -> list[float]:
    """The largest of each value among the processes: clocks differ, decisions may not."""
    if not _met():
        return list(values)
    ours = torch.tensor(list(values), dtype=torch.float64, device=device)
    dist.all_reduce(ours, dist.ReduceOp.MAX)
    return ours.tolist()


def share_batch_norm(module: nn.Module, device: torch.device) -> None:
    """Batch norm over the rows of all processes, where PyTorch has it: on GPUs."""
    if _met() and device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(module)  # in place


def _met() -> bool:
    return dist.is_available() and dist.is_initialized()


class _Gather(torch.autograd.Function):
    """All parts in one; each process's gradient flows back to its own part.

    Every process takes the same loss of the same rows, so that nothing need be sent on the
    way back. The factor undoes what :func:`average_gradients` divides by: a weight's
    gradient is the *sum* over the rows of all processes.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        parts = [torch.empty_like(z) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, z.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient[own_rows(len(gradient))] * dist.get_world_size()
