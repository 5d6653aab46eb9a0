"""Sentences about a run, made from its status and its ticks."""

from collections.abc import Mapping, Sequence
from typing import Any

_STATE_TEXTS = {
    "queued": "waiting for a free worker",
    "starting": "loading the data",
    "running": "training",
    "pausing": "pausing after this step",
    "paused": "paused",
    "preempting": "being saved",
    "stopping": "stopping",
    "stopped": "stopped",
    "finished": "finished",
    "interrupted": "interrupted; its last state is kept",
}


def status_line(status: Any, snapshot: Any) -> str:
    """One line of Markdown: state, step, seconds, speed, seed.

    Args:
        status: of the run, from the service.
        snapshot: the run's last one; None before the first.
    """
    if status.state in ("failed", "diverged"):
        return f":red[**{status.end_reason or 'The run ended unexpectedly.'}**]"
    state = _STATE_TEXTS.get(status.state, status.state)
    if status.state == "queued" and status.position:
        state += f", position {status.position}, about {duration(status.wait or 0.0)}"
    elif status.end_reason:
        state += f" ({status.end_reason})"
    if snapshot is None:
        return f"**{state[0].upper()}{state[1:]}**"
    tick = snapshot.scalars
    line = f"**{state[0].upper()}{state[1:]}** · step {tick['step']:,}"
    line += f" · {tick['seconds']:.1f} s"
    if tick["images_per_second"]:
        line += f" · {tick['images_per_second']:,.0f} {_things(status)}/s"
    return f"{line} · seed {status.config['seed']}"


def _things(status: Any) -> str:
    from ssl_core.data import things  # imports torch

    return things(str(status.config.get("data", "shapes")))


def duration(seconds: float) -> str:
    """A duration in round numbers: "5 seconds", "2 minutes", "3 hours"."""
    if seconds < 50:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    unit, size = ("hour", 3_600) if seconds >= 7_200 else ("minute", 60)
    count = max(1, round(seconds / size))
    return f"{count:,} {unit}{'s' if count > 1 else ''}"


def batch_counts(tick: Mapping[str, Any], things: str = "images") -> str:
    """64 images → 128 views → 126 negatives per anchor, in the roles' colours."""
    n, negatives = tick["batch_size"], tick["negatives"]
    start = f"{n:,} {things} → {2 * n:,} views → "
    if not negatives:
        return start + "**no** :red[negatives] for any :orange[anchor]"
    return start + f"**{negatives:,}** :red[negatives] per :orange[anchor]"


def collapse_warning(tick: Mapping[str, Any]) -> str:
    """The sentence of the collapse alarm."""
    return (
        f"Collapse: the projections use {tick['effective_rank']:.1f} directions and their "
        f"spread is {tick['feature_std']:.2f} of a healthy 1. Everything looks alike to the "
        "loss, whatever the loss says."
    )


def map_title(tick: Mapping[str, Any], count: int, things: str = "images") -> str:
    """The title of a map: number of points and kNN accuracy."""
    knn = (tick.get("scores") or {}).get("knn")
    start = f"{count:,} {things} this encoder never trained on"
    if knn is None:
        return start
    return f"{start}: kNN {knn['accuracy']:.2f}, untrained {knn['random_init']:.2f}"


def map_alt(tick: Mapping[str, Any], count: int, things: str = "images") -> str:
    """The alternative text of a map."""
    return (
        f"Scatter map of {count} held-out {things} in feature space at step "
        f"{tick['step']}. Effective rank {tick['effective_rank']:.1f}. "
        f"{map_title(tick, count, things)}."
    )


def pairs_caption() -> str:
    """The legend of the view pairs."""
    return (
        ":orange[Gold]: the anchor view. :green[Green]: its partner, the positive. Every "
        "other view in the batch is a :red[negative] for methods that use them."
    )


def pairs_alt(tick: Mapping[str, Any]) -> str:
    """The alternative text of the view pairs."""
    on = ", ".join(tick["config"]["augment"]) or "nothing: both views are the same"
    return f"Pairs of augmented views of the current batch. Switched on: {on}."


def measures_table(tick: Mapping[str, Any]) -> str:
    """A Markdown table of the tick's measures: name, value and meaning."""
    chance = 1 / (2 * tick["batch_size"] - 1)
    rows = [
        (
            "Contrastive top-1",
            f"{tick['contrastive_top1']:.2f}",
            f"how often the nearest view is the partner; chance {chance:.3f}",
        ),
        (
            "Alignment",
            f"{tick['alignment']:.2f}",
            "squared distance of partners; 0 is perfect",
        ),
        (
            "Uniformity",
            f"{tick['uniformity']:.2f}",
            "0 if all coincide, lower is more even",
        ),
        ("Spread × √d", f"{tick['feature_std']:.2f}", "1 is healthy, 0 is collapse"),
        ("Effective rank", f"{tick['effective_rank']:.1f}", "directions really used"),
    ]
    lines = ["| Measure | Now | Reads |", "|---|--:|---|"]
    return "\n".join([*lines, *(f"| {a} | {b} | {c} |" for a, b, c in rows)])


def run_description(config: Mapping[str, Any]) -> str:
    """A run in one line: method, batch size, seed and augmentations."""
    from ssl_core.methods import METHODS  # imports torch

    views = ", ".join(config["augment"]) or "no augmentation"
    label = METHODS[config["method"]].label
    return f"{label}, batch {config['batch_size']:,}, seed {config['seed']}; views: {views}."


def no_augmentation_note() -> str:
    """What a run without augmentations learns."""
    return (
        "All augmentations are off: both views are the same, partners agree from the first "
        "step, and there is nothing left to learn from. Allowed, and worth seeing once."
    )


def default_run_hint(data: str) -> str:
    """What the default run on this data reaches, and what to try next."""
    then = "press Reset, and see what it learns."
    if data == "voices":
        return (
            "`train simclr --data voices --seconds 30` on two CPU threads: kNN of what was "
            "said 0.92 (three seeds, 0.915 to 0.939; untrained 0.58 to 0.63). Switch "
            f"**Gain** off after a run, {then}"
        )
    if data == "shapes":
        return (
            "On two CPU cores the default run tells most of eight shapes apart within half "
            f"a minute. Then switch **Hue** and **Grayscale** off, {then}"
        )
    return f"After a run, switch one of the views off, {then}"


def two_pairs_task() -> str:
    """The task beside the circle of the welcome page."""
    return (
        "Two images, two views each. Every view in turn is the :orange[anchor] and must "
        "pick its :green[partner] among the three others; the two views of the other "
        "image are its :red[negatives]. Bring the partners together, then lower the "
        "temperature: when does the loss stop caring?"
    )


def loss_comparison_note() -> str:
    """Which losses cannot be compared."""
    return (
        "Losses of different batch sizes, temperatures or methods are not comparable, and "
        "a lower loss is not a better encoder: read the kNN below."
    )


def recording_origin(metadata: Mapping[str, Any]) -> str:
    """Date, seed and command of a recording.

    Args:
        metadata: ``Recording.about``.
    """
    day = metadata["date"].partition("T")[0]
    return (
        f"This is a recording, made on {day} with seed {metadata['config']['seed']} by the "
        f"code that your own run uses: `{metadata['command']}`"
    )


def recording_caption(tick: Mapping[str, Any], steps: int) -> str:
    """The caption of a recording's frame: step, loss, kNN accuracy, linear probes.

    Args:
        tick: of the frame.
        steps: of the whole recording.
    """
    parts = [f"Step {tick['step']:,} of {steps:,}", f"loss {tick['loss']:.2f}"]
    scores = tick.get("scores") or {}
    if knn := scores.get("knn"):
        parts.append(f"kNN {knn['accuracy']:.2f}, untrained {knn['random_init']:.2f}")
    if probes := scores.get("probes"):
        ranked = sorted(probes, key=lambda name: -probes[name]["accuracy"])
        best, worst = ranked[0], ranked[-1]
        parts.append(
            f"most readable: {format_factor(best)} {probes[best]['accuracy']:.2f}, "
            f"least: {format_factor(worst)} {probes[worst]['accuracy']:.2f}"
        )
    return " · ".join(parts)


def loss_text(tick: Mapping[str, Any]) -> str:
    """The loss and its reference value."""
    reference = tick["reference"]
    return (
        f"{tick['loss']:.2f} nats; {reference['meaning']} would be "
        f"{reference['value']:.2f}"
    )


def knn_text(scores: Mapping[str, Any], things: str = "images") -> str:
    """The kNN accuracy and that of an untrained encoder."""
    knn = scores["knn"]
    return (
        f"{knn['accuracy']:.2f}, untrained {knn['random_init']:.2f} "
        f"({scores['asked']:,} {things}, step {scores['step']:,})"
    )


def format_factor(factor: str) -> str:
    """Name of a factor in a sentence."""
    return factor.replace("_", " ")


def join_words(words: Sequence[str]) -> str:
    """Words as a list in a sentence: "crop, flip and hue"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
