"""MoCo's queue: many negatives at a small batch, encoded by an encoder that moves slowly."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.experiments.base import (
    Expected,
    Experiment,
    Published,
    Quantity,
    Values,
    exceeds,
)
from ssl_core.experiments.trials import AT_BOTH_ENDS, Trained, Trial, measured
from ssl_core.methods.moco import MoCo
from ssl_core.train import Fit

BATCH = 32
QUEUES = (0, 64, 512, 4096)
DECAYS = (0.0, 0.9, 0.99, 0.999)
AGES = (1, 4, 16)  # steps since a key was encoded
FIGURE = "He et al. 2020, figure 3, read off the chart"
TABLE = "He et al. 2020, section 4.1 (K = 4096)"


def trial(given: Trial) -> Values:
    """Train, and compare keys with what the key encoder would say of the same views now."""
    fit = Fit(given.config(), given.data(), given.budget(), AT_BOTH_ENDS)
    first = next(fit)
    method = fit.method
    assert isinstance(method, MoCo)
    views: list[Tensor] = []
    keys: list[Tensor] = []
    forward = method.forward

    def remembering(view_a: Tensor, view_b: Tensor):  # type: ignore[no-untyped-def]
        outcome = forward(view_a, view_b)
        views.append(view_b)
        keys.append(F.normalize(outcome.z_b.detach().float(), dim=1))
        del views[: -max(AGES)], keys[: -max(AGES)]
        return outcome

    method.forward = remembering  # type: ignore[method-assign]
    *_, last = fit
    values = dict(measured(Trained(fit, first, last)))
    values["negatives"] = float(last.negatives)
    values["oldest_age"] = len(method.queue) / BATCH
    with torch.no_grad():
        for age in (a for a in AGES if a <= len(views)):
            now = F.normalize(method.key_encoder(views[-age]).float(), dim=1)
            values[f"drift_{age}"] = 1 - (now * keys[-age]).sum(1).mean().item()
    return values


def arms() -> dict[str, dict[str, object]]:
    """Queue lengths at one decay, decays at one queue length."""
    base = {"method": "moco", "batch_size": BATCH}
    found: dict[str, dict[str, object]] = {
        f"queue {k}": base | {"queue_length": k} for k in QUEUES
    }
    for m in DECAYS:
        if m != 0.99:  # that one is "queue 512"
            found[f"momentum {m:g}"] = base | {"queue_length": 512, "ema_decay": m}
    return found | {"SimCLR": {"method": "simclr", "batch_size": BATCH}}


def any_trial(given: Trial) -> Values:
    """SimCLR beside it has no keys to age."""
    if given.values["method"] == "moco":
        return trial(given)
    from ssl_core.experiments.trials import train_and_probe

    return train_and_probe(given) | {"negatives": 2.0 * (BATCH - 1)}


EXPERIMENT = Experiment(
    slug="moco_queue",
    claim="A queue gives a small batch many negatives, and a slowly moving key encoder "
    "keeps them consistent (He et al. 2020, figure 3 and section 4.1).",
    arms=arms(),
    quantities={
        "knn": Quantity("kNN of the class"),
        "negatives": Quantity("negatives per query"),
        "oldest_age": Quantity("age of the oldest key", "steps"),
        "drift_1": Quantity("drift of a key in 1 step", "1 - cosine"),
        "drift_4": Quantity("drift of a key in 4 steps", "1 - cosine"),
        "drift_16": Quantity("drift of a key in 16 steps", "1 - cosine"),
        "loss": Quantity("loss", "nats"),
        "effective_rank": Quantity("effective rank of z"),
    },
    expected=(
        exceeds(
            "knn",
            "queue 4096",
            "queue 64",
            sentence="at batch 32, a queue of 4096 beats one of 64",
        ),
        exceeds(
            "knn",
            "queue 512",
            "queue 0",
            sentence="at batch 32, a queue of 512 beats the batch's own keys",
        ),
        exceeds(
            "drift_16",
            "momentum 0",
            "momentum 0.999",
            sentence="keys age faster without momentum",
        ),
        Expected(
            "a decay of 0.99 beats no momentum at all",
            lambda v: v["queue 512"]["knn"] - v["momentum 0"]["knn"],
        ),
    ),
    published=(
        Published("K = 256", 54.7, FIGURE),
        Published("K = 4096", 59.0, FIGURE),
        Published("K = 65536", 60.6, FIGURE),
        Published("m = 0.9", 55.2, TABLE),
        Published("m = 0.99", 57.8, TABLE),
        Published("m = 0.999", 59.0, TABLE),
    ),
    steps=600,
    trial=any_trial,
    quick=("queue 0", "queue 512", "momentum 0", "momentum 0.999"),
    quick_steps=200,
    note="The paper's m = 0 fails to converge; its numbers are ImageNet linear accuracies. "
    "A queue of 4096 takes 128 steps of 32 keys to fill: until then it holds random vectors. "
    "Drift at m = 0 and 0.9 is that of collapsed keys.",
)
