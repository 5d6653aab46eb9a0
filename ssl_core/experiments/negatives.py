"""Batch size and negatives: the answer depends on what is held equal."""

import math
import time

from ssl_core.experiments.base import (
    Expected,
    Experiment,
    Published,
    Quantity,
    Values,
    exceeds,
)
from ssl_core.experiments.trials import (
    AT_BOTH_ENDS,
    Trained,
    Trial,
    measured,
    train_and_probe,
)
from ssl_core.train import Budget, Fit

SIZES = (8, 32, 128)
STEPS, EPOCHS, SECONDS = 400, 3.0, 8.0
BASE = 64  # the batch at which the default learning rate was chosen
RATE = 3e-3
TRAINING_ROWS = 10_000
TIMED_STEPS = 20
PAPER = "Chen et al. 2020, table B.1 (100 epochs)"
DCL = "a re-implementation of Yeh et al. 2022, CIFAR-10, ResNet-18, 100 epochs, linear"


def trial(given: Trial) -> Values:
    """Train for the arm's budget; the loss beside log(2N - 1), the negatives' number."""
    size = int(given.values["batch_size"])
    values = dict(
        _by_the_clock(given) if "seconds" in given.settings else train_and_probe(given)
    )
    loss = values["loss"]
    assert isinstance(loss, float)
    return values | {
        "negatives": 2.0 * (size - 1),
        "ceiling": math.log(2 * size - 1),
        "headroom": math.log(2 * size - 1) - loss,
    }


def _by_the_clock(given: Trial) -> Values:
    """As many steps as fit into the arm's seconds of one core, timed in this very run."""
    fit = Fit(given.config(), given.data(), Budget(steps=1), AT_BOTH_ENDS)
    for _ in range(
        TIMED_STEPS
    ):  # process time: a busy machine must not change the result
        fit._train_step(fit.batches.next(fit.config.batch_size, fit._policy))
    started = time.process_time()
    for _ in range(TIMED_STEPS):
        fit._train_step(fit.batches.next(fit.config.batch_size, fit._policy))
    a_step = (time.process_time() - started) / TIMED_STEPS
    steps = max(1, round(float(given.settings["seconds"]) / a_step))
    fit = Fit(given.config(), given.data(), given.budget(steps), AT_BOTH_ENDS)
    first = next(fit)
    *_, last = fit
    return measured(Trained(fit, first, last)) | {"steps_done": float(fit.step)}


def arms() -> dict[str, dict[str, object]]:
    """N x method x what is held equal, and the learning rate's share of the effect."""
    found: dict[str, dict[str, object]] = {}
    for size in SIZES:
        for method in ("simclr", "dcl"):
            name = f"{method}, N = {size}"
            one: dict[str, object] = {"method": method, "batch_size": size}
            epochs = round(EPOCHS * TRAINING_ROWS / size)
            found[f"equal steps: {name}"] = one | {"steps": STEPS}
            found[f"equal epochs: {name}"] = one | {"steps": epochs}
        clock = {"settings": {"seconds": SECONDS}, "steps": STEPS}
        found[f"equal seconds: simclr, N = {size}"] = {
            "method": "simclr",
            "batch_size": size,
        } | clock
    for size in (SIZES[0], SIZES[-1]):
        for rule, factor in (
            ("linear", size / BASE),
            ("square-root", (size / BASE) ** 0.5),
        ):
            found[f"equal epochs, {rule} learning rate: simclr, N = {size}"] = {
                "method": "simclr",
                "batch_size": size,
                "learning_rate": RATE * factor,
                "steps": round(EPOCHS * TRAINING_ROWS / size),
            }
    return found


def gap(equal: str, method: str, seeded: object) -> float:
    """How much better the largest batch is than the smallest."""
    small, large = (f"{equal}: {method}, N = {n}" for n in (SIZES[0], SIZES[-1]))
    return float(seeded[large]["knn"] - seeded[small]["knn"])  # type: ignore[index]


EXPERIMENT = Experiment(
    slug="negatives",
    claim="A larger batch is better; the textbook says because of its 2(N - 1) negatives "
    "(its reading of Chen et al. 2020, figure 9). What is held equal decides.",
    arms=arms(),
    quantities={
        "knn": Quantity("kNN of the class"),
        "negatives": Quantity("negatives per anchor"),
        "loss": Quantity("loss", "nats"),
        "ceiling": Quantity("log(2N-1)", "nats"),
        "headroom": Quantity("log(2N-1) minus loss", "nats"),
        "contrastive_top1": Quantity("partner found"),
        "effective_rank": Quantity("effective rank of z"),
        "steps_done": Quantity("steps in the time"),
    },
    expected=(
        Expected(
            "at equal steps, N = 128 beats N = 8",
            lambda v: gap("equal steps", "simclr", v),
        ),
        Expected(
            "at equal epochs, N = 128 beats N = 8",
            lambda v: gap("equal epochs", "simclr", v),
        ),
        Expected(
            "at equal seconds, N = 128 beats N = 8",
            lambda v: gap("equal seconds", "simclr", v),
        ),
        Expected(
            "at equal epochs, DCL narrows the gap between the batch sizes",
            lambda v: gap("equal epochs", "simclr", v) - gap("equal epochs", "dcl", v),
        ),
        exceeds(
            "knn",
            "equal steps: dcl, N = 8",
            "equal steps: simclr, N = 8",
            sentence="at N = 8 and equal steps, DCL beats SimCLR",
        ),
        Expected(
            "at equal epochs, square-root scaling of the learning rate narrows the gap",
            lambda v: (
                gap("equal epochs, linear learning rate", "simclr", v)
                - gap("equal epochs, square-root learning rate", "simclr", v)
            ),
        ),
    ),
    published=(
        Published("N = 256, linear scaling", 57.5, PAPER),
        Published("N = 256, square-root scaling", 62.8, PAPER),
        Published("N = 8192, either scaling", 64.8, PAPER),
        Published(
            "gap from N = 256 to 8192, linear scaling", 7.3, PAPER, unit="points"
        ),
        Published("the same gap, square-root scaling", 2.0, PAPER, unit="points"),
        Published("InfoNCE, N = 32", 78.3, DCL, unit="%"),
        Published("InfoNCE, N = 256", 83.26, DCL, unit="%"),
        Published("DCL, N = 32", 84.6, DCL, unit="%"),
        Published("DCL, N = 256", 85.36, DCL, unit="%"),
    ),
    trial=trial,
    quick=(
        *("equal steps: simclr, N = 8", "equal steps: simclr, N = 128"),
        *("equal steps: dcl, N = 8", "equal epochs: simclr, N = 128"),
    ),
    quick_steps=120,
    note="No arm isolates the negatives: N changes images a step, gradient noise and batch "
    "statistics as well. Equal seconds are those of one core, timed in each run.",
)
