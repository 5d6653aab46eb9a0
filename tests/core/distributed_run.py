"""Run by each process of ``test_distributed``: a few steps of every method."""

import json
import sys

import torch

from ssl_core import processes
from ssl_core.data import load
from ssl_core.methods import METHODS
from ssl_core.train import Budget, Fit, RunConfig, Watch


def both(slug: str) -> dict[str, object]:
    """Gradients of the first step, and losses and weights after four."""
    return run(slug, 4) | {"gradients": run(slug, 1)["gradients"]}


def run(slug: str, steps: int) -> dict[str, object]:
    """Losses, queues, weights and gradients after some steps."""
    known = {"method": slug, "batch_size": 16, "device": "cpu", "precision": "float32"}
    apart = {"encoder": "tiny_group_norm", "head_norm": "layer"}  # rows know no others
    config = RunConfig.of(known | apart)
    data = load("shapes", count=200, held_out=100)
    fit = Fit(config, data, Budget(steps=steps), Watch(asked=50, mapped=20))
    losses = [loss for tick in fit for loss in tick.losses]
    method = fit.method
    return {
        "losses": losses,
        "gradients": [
            p.grad.abs().sum().item() for p in method.parameters() if p.grad is not None
        ],
        "state": [v.double().abs().sum().item() for v in method.state_dict().values()],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    processes.meet(torch.device("cpu"))
    found = {slug: both(slug) for slug in METHODS}
    with open(
        f"{sys.argv[1]}.{processes.own_rows(processes.count()).start}", "w"
    ) as out:
        json.dump(found | {"processes": processes.count()}, out)
