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


def diverged(slug: str, rank: int) -> dict[str, object]:
    """How a run ends in which only this process has NaN in a weight from step 2 on."""
    known = {"method": slug, "batch_size": 16, "device": "cpu", "precision": "float32"}
    data = load("shapes", count=200, held_out=100)
    watch = Watch(tick_seconds=0, asked=50, mapped=20)
    fit = Fit(RunConfig.of(known), data, Budget(steps=6), watch)
    for tick in fit:
        if tick.step == 2 and processes.own_rows(processes.count()).start == rank:
            # The last weight is the predictor's, which embeds what all have gathered.
            with torch.no_grad():
                list(fit.method.parameters())[-1].fill_(torch.nan)
    return {"step": tick.step, "diverged": tick.diverged, "problem": tick.problem}


if __name__ == "__main__":
    torch.set_num_threads(1)
    processes.meet(torch.device("cpu"))
    found = {slug: both(slug) for slug in METHODS}
    found["diverged"] = [
        diverged(slug, rank) for slug in ("simclr", "simsiam") for rank in (0, 1)
    ]
    with open(
        f"{sys.argv[1]}.{processes.own_rows(processes.count()).start}", "w"
    ) as out:
        json.dump(found | {"processes": processes.count()}, out)
