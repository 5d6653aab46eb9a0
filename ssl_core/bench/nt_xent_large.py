"""NT-Xent on a batch whose similarity matrix is a gigabyte: time and memory."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import psutil
import torch
from torch import Tensor

from ssl_core.bench.timing import Comparison, Setting, in_turns, peer
from ssl_core.methods.simclr import nt_xent

PAIRS, QUICK_PAIRS, WIDTH, TEMPERATURE, ROUNDS = 8192, 64, 128, 0.2, 5
ABOUT = (
    f"one forward and backward pass of NT-Xent on {PAIRS} pairs of {WIDTH} numbers, each "
    "in a fresh process, against lightly's NTXentLoss: seconds, and the process's peak "
    "memory beyond what it holds before the pass, inputs included"
)
Costs = tuple[float, float]  # seconds, MB
PAGE = 4096  # bytes: what so small a pass that it needs nothing new is said to cost


def seconds(setting: Setting) -> Comparison:
    """How long the pass takes.

    Raises:
        Skipped: without lightly.
    """
    return _part(setting, 0, "s", "at least 4 times")


def memory(setting: Setting) -> Comparison:
    """How much memory it takes at its peak, in the same processes.

    Raises:
        Skipped: without lightly.
    """
    return _part(setting, 1, "MB", "ours at most 200 MB")


PARTS = {"seconds": seconds, "memory": memory}


def _part(setting: Setting, which: int, unit: str, wanted: str) -> Comparison:
    name = peer("lightly")
    ours, theirs = _rounds(setting)
    costs = [tuple(c[which] for c in side) for side in (ours, theirs)]
    facts = {"pairs": _pairs(setting), "width": WIDTH, "temperature": TEMPERATURE}
    return Comparison(costs[0], costs[1], name, unit=unit, wanted=wanted, facts=facts)


def _pairs(setting: Setting) -> int:
    return QUICK_PAIRS if setting.quick else PAIRS


@cache
def _rounds(setting: Setting) -> tuple[tuple[Costs, ...], tuple[Costs, ...]]:
    pairs = _pairs(setting)
    return in_turns(
        lambda: _alone(_our_loss, pairs),
        lambda: _alone(_their_loss, pairs),
        setting.rounds(ROUNDS),
        warm_up=0,
    )


def _alone(loss: Callable[[], Callable[[Tensor, Tensor], Tensor]], pairs: int) -> Costs:
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        return fresh.submit(_pass, loss, pairs).result()


def _pass(loss: Callable[[], Callable[[Tensor, Tensor], Tensor]], pairs: int) -> Costs:
    """What one pass costs here, in a process that has done nothing else."""
    compute = loss()
    # A small pass first: what a library sets up once is not this pass's memory.
    for n in (QUICK_PAIRS, pairs):
        g = torch.Generator().manual_seed(0)
        z_a, z_b = (torch.randn(n, WIDTH, generator=g) for _ in range(2))
        z_a.requires_grad_(), z_b.requires_grad_()
        before, started = psutil.Process().memory_info().rss, time.perf_counter()
        compute(z_a, z_b).backward()
        took = time.perf_counter() - started
    return took, max(PAGE, _peak() - before) / 1e6


def _our_loss() -> Callable[[Tensor, Tensor], Tensor]:
    return lambda z_a, z_b: nt_xent(z_a, z_b, TEMPERATURE)


def _their_loss() -> Callable[[Tensor, Tensor], Tensor]:
    from lightly.loss import NTXentLoss

    loss: Callable[[Tensor, Tensor], Tensor] = NTXentLoss(temperature=TEMPERATURE)
    return loss


def _peak() -> float:
    """Most bytes of memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss: on Linux a child's begins with its parent's peak.
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * float(line.split()[1])
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else 1024 * most)
