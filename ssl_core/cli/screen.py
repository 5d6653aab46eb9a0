"""What a terminal shows: one line while a run trains, a table when it ends."""

import sys
import time
from collections.abc import Iterable
from typing import Any, TextIO

from ssl_core.data import medium_of, things
from ssl_core.train import Tick

QUIET_SECONDS = 5.0  # between lines where no terminal can overwrite the last one
FILES_NAMED = 5


class Progress:
    """The progress line: updated in place on a terminal, now and then in a log."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.last = -QUIET_SECONDS

    def show(self, tick: Tick) -> None:
        """Show where the run is."""
        now = time.monotonic()
        if self.live:
            end = "\n" if tick.done else ""
            print(
                f"\r\x1b[2K{progress_line(tick)}", end=end, file=self.stream, flush=True
            )
        elif tick.done or now - self.last >= QUIET_SECONDS:
            print(progress_line(tick), file=self.stream, flush=True)
            self.last = now


def progress_line(tick: Tick) -> str:
    """Step, time, speed, loss beside its reference, and the last kNN accuracy."""
    knn = tick.scores.knn if tick.scores else None
    parts = [
        f"step {tick.step}",
        f"{tick.seconds:.1f} s",
        f"{tick.images_per_second:,.0f} {things(tick.config.data)}/s",
        f"loss {tick.loss:.3f} ({tick.reference.value:.3f})",
    ]
    if knn:
        parts.append(f"kNN {knn.accuracy:.3f}")
    if tick.collapsed:
        parts.append("COLLAPSED")
    if tick.diverged:
        parts.append("DIVERGED")
    return "  ".join(parts)


def result_table(result: dict[str, Any], meaning: str) -> str:
    """A finished run: kNN beside its baselines, the probes, the measures.

    Args:
        result: of :meth:`ssl_core.report.Report.result`.
        meaning: of the loss's reference value.
    """
    names = ("accuracy", "chance", "raw_input", "random_init")
    sound = medium_of(result["config"]["data"]) == "sound"
    raw = "raw spectrogram" if sound else "raw pixels"
    rows = [["", "accuracy", "chance", raw, "random init"]]
    scored = {f"probe {n}": s for n, s in result["probes"].items()}
    if result["knn"]["accuracy"] is not None:
        scored = {"kNN": result["knn"]} | scored
    for label, score in scored.items():
        rows.append([label, *(_number(score.get(n)) for n in names)])
    config = result["config"]
    head = (
        f"{config['method']} on {config['data']}: {result['steps']} steps, "
        f"{result['seconds']:.1f} s, {result['images_per_second']:,.0f} "
        f"{things(config['data'])}/s "
        f"({result['device']})"
    )
    table = columns(rows) if scored else "nothing is known of this data: no probes"
    return "\n".join([head, "", table, "", *_measures(result, meaning)])


def columns(rows: Iterable[list[str]]) -> str:
    """Rows of text with their columns aligned: the first left, the others right."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if i else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def skipped_files(skipped: Iterable[tuple[str, str]]) -> list[str]:
    """The first files that could not be used, and how many there are."""
    skipped = list(skipped)
    lines = [f"skipped {name}: {reason}" for name, reason in skipped[:FILES_NAMED]]
    if len(skipped) > FILES_NAMED:
        lines.append(f"skipped {len(skipped)} files in all")
    return lines


def _measures(result: dict[str, Any], meaning: str) -> list[str]:
    rank, std = _number(result["effective_rank"]), _number(result["feature_std"])
    alarm = "COLLAPSED" if result["collapsed"] else "no collapse"
    lines = [
        f"loss {_number(result['loss'])} (reference {meaning}: "
        f"{_number(result['loss_reference'])}), {result['negatives']} negatives",
        f"contrastive top-1 {_number(result['contrastive_top1'])}, "
        f"alignment {_number(result['alignment'])}, "
        f"uniformity {_number(result['uniformity'])}",
        f"feature std x sqrt(d) {std}, effective rank {rank}: {alarm}",
    ]
    if result["diverged"]:
        lines.append(
            f"DIVERGED at step {result['steps']}: all else was measured before that step"
        )
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
