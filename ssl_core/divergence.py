"""Divergence: telling that a run's numbers are no longer finite, and what to try then."""

from collections.abc import Iterable, Iterator
from typing import Literal

import torch
from torch import Tensor

from ssl_core.config import RunConfig
from ssl_core.knobs import knobs_of

# What is found not to be finite; the subject of the advice's first sentence.
Quantity = Literal[
    "loss", "network's weights or statistics", "optimiser's averages of the gradients"
]


def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether no floating-point tensor holds NaN or infinity.

    Reads each tensor once; on a GPU it waits for the result once.
    """
    floats = [t.detach() for t in tensors if t.is_floating_point()]
    if not floats:
        return True
    # NaN and infinity reach the sum, which is many times faster than asking each entry.
    sums = torch.stack([t.sum() for t in floats])
    # A sum of large finite numbers overflows too.
    return bool(sums.isfinite().all()) or all(bool(t.isfinite().all()) for t in floats)


def divergence_advice(config: RunConfig, step: int, quantity: Quantity = "loss") -> str:
    """Say when a run diverged, and which knobs to change.

    Named are the knobs that stand on the risky side of their defaults. If there are none,
    these are the learning rate, unless no step was taken with it, and the temperature.

    Args:
        config: the knobs in force when it diverged.
        step: the step at which it was noticed, counted from 1; 0 is before the first.
        quantity: what was not finite.

    Returns:
        Two sentences, such as "The loss stopped being finite at step 37. Try a smaller
        learning rate than 1, or a higher temperature than 0.001."
    """
    changes = list(_changes(config, step, risky=True)) or list(
        _changes(config, step, risky=False)
    )
    tried = f"Try {', or '.join(changes)}." if changes else "Start a new run."
    return f"The {quantity} stopped being finite at step {step}. {tried}"


def _changes(config: RunConfig, step: int, risky: bool) -> Iterator[str]:
    """What to change, the likeliest first.

    Args:
        risky: name only knobs that stand on the risky side of their defaults.
    """
    if step == 0:  # the run began like that
        return
    default_rate = knobs_of(config)["learning_rate"].default
    # The first step computes with weights that no learning rate has changed.
    if step > 1 and (not risky or config.learning_rate > default_rate):
        yield f"a smaller learning rate than {config.learning_rate:g}"
    values = vars(config.options)
    knobs = knobs_of(config.options)
    temperature = knobs.pop("temperature", None)
    if temperature and (not risky or values["temperature"] < temperature.default):
        yield f"a higher temperature than {values['temperature']:g}"
    for name, knob in knobs.items() if risky else ():
        if name.endswith("_weight") and values[name] > knob.default:
            yield f"a smaller {name.replace('_', ' ')} than {values[name]:g}"
        elif name == "l2_normalize" and knob.default and not values[name]:
            yield "L2 normalisation"
