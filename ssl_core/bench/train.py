"""SimCLR end to end: ours as it is run, against lightly's example."""

from collections import deque
from functools import lru_cache, partial

import torch
from torch import Tensor

from ssl_core.batches import Batches
from ssl_core.bench.lightly_loop import WORKERS, LightlyLoop
from ssl_core.bench.timing import Comparison, Setting, clocked, in_turns, peer
from ssl_core.config import RunConfig
from ssl_core.data import PHOTO_VIEWS, ImageSet, load
from ssl_core.device import choose_precision
from ssl_core.report import LIVE
from ssl_core.train import Budget, fit

BATCH, STEPS, SETTLING, ROUNDS = 256, 33, 6, 5
ABOUT = (
    f"{STEPS} steps of SimCLR on {BATCH} pictures of 32 x 32 at equal encoder, "
    "augmentations and optimiser: ours as `train` runs it, its live looks included, "
    f"against lightly's example with {WORKERS} loader workers; tiny is the encoder of three "
    "layers, wide of four; and what our views alone take of our steps"
)


def against_lightly(
    encoder: str, precision: str, setting: Setting, compiled: bool = False
) -> Comparison:
    """Time as many steps of both.

    Args:
        encoder: slug of the encoder that both train.
        precision: of ours; theirs is float32.
        setting: which pictures.
        compiled: whether ours are; the compiling itself is not timed.

    Raises:
        Skipped: without lightly.
    """
    name, config = peer("lightly"), recipe(encoder, precision, setting)
    data, steps = _data(setting), _steps(setting)
    settling = 1 if setting.quick else SETTLING
    images = _repeated(data, (settling + steps) * config.batch_size)
    theirs = LightlyLoop(config, images, settling)
    costs = in_turns(
        partial(_our_seconds, config, data, steps, compiled),
        theirs.a_round,
        setting.rounds(ROUNDS),
        warm_up=0 if setting.quick and not compiled else 1,
    )
    return Comparison(
        *costs,
        name,
        items=steps * config.batch_size,
        item="images",
        wanted="at least 10 times" if (encoder, precision) == ("tiny", "auto") else "",
        facts=_facts(setting, config, data),
    )


def views_against_steps(setting: Setting) -> Comparison:
    """Time the making of views alone and whole steps of ours.

    Args:
        setting: which pictures.
    """
    config, data, steps = (
        recipe("tiny", "auto", setting),
        _data(setting),
        _steps(setting),
    )
    assert config.policy is not None
    batches, policy = Batches(data, config.seed), config.policy

    def views() -> None:
        for _ in range(steps):
            batches.next(config.batch_size, policy)

    costs = in_turns(
        clocked(views),
        partial(_our_seconds, config, data, steps),
        setting.rounds(),
        warm_up=0 if setting.quick else 1,
    )
    return Comparison(
        *costs,
        "our whole steps",
        items=steps * config.batch_size,
        item="images",
        wanted="at least 10 times: a tenth of a step",
        facts=_facts(setting, config, data),
    )


PARTS = {
    "tiny": partial(against_lightly, "tiny", "auto"),
    "tiny, compiled": partial(against_lightly, "tiny", "auto", compiled=True),
    "tiny in float32": partial(against_lightly, "tiny", "float32"),
    "wide": partial(against_lightly, "wide", "auto"),
    "tiny, its views alone": views_against_steps,
}


def recipe(encoder: str, precision: str, setting: Setting) -> RunConfig:
    """What both train: SimCLR with the views of photographs.

    Args:
        encoder: its slug.
        precision: of ours.
        setting: a quick one takes small batches.
    """
    return RunConfig.of(
        {
            "encoder": encoder,
            "precision": precision,
            "batch_size": 16 if setting.quick else BATCH,
            "device": "cpu",
            "augment": PHOTO_VIEWS,
        }
    )


@lru_cache(maxsize=1)
def _data(setting: Setting) -> ImageSet:
    if setting.photos:
        return load(setting.photos)
    return load("shapes", count=64, held_out=16) if setting.quick else load("shapes")


def _steps(setting: Setting) -> int:
    return 2 if setting.quick else STEPS


def _repeated(data: ImageSet, count: int) -> Tensor:
    rows = data.train_rows
    return data.images[rows[torch.arange(count) % len(rows)]]


def _our_seconds(
    config: RunConfig, data: ImageSet, steps: int, compiled: bool = False
) -> float:
    """Training and looking, as the command line counts it: not the first and last look."""
    budget = Budget(steps=steps)
    run = fit(config, data=data, budget=budget, watch=LIVE, compiled=compiled)
    deque(run, maxlen=0)
    return run.seconds


def _facts(setting: Setting, config: RunConfig, data: ImageSet) -> dict[str, object]:
    assert config.policy is not None
    return {
        "pictures": "photographs" if setting.photos else "shapes",
        "training_rows": len(data.train_rows),
        "steps": _steps(setting),
        "batch_size": config.batch_size,
        "encoder": config.encoder,
        "our_precision": choose_precision(config.precision, torch.device("cpu")),
        "strengths": config.policy.strengths,
    }
