"""Curves of a lab's arms while they train."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.widgets.evidence_plots import with_lab_layout
from pages.widgets.palette import ARM_COLOURS, ARM_DASHES
from pages.widgets.plots import Plot

_NAMES = {
    "knn": "kNN accuracy",
    "effective_rank": "effective rank",
    "feature_std": "spread × √d",
    "loss": "loss",
    "uniformity": "uniformity",
    "background_hue": "probe: background hue",
    "shape": "probe: shape",
    "rotation": "probe: rotation",
    "said": "probe: what was said",
    "speaker": "probe: who said it",
}


def two_curves(
    histories: Mapping[str, Sequence[Mapping[str, Any]]], name: str
) -> Plot | None:
    """One measure of two runs over steps.

    Args:
        histories: name of an arm -> its ticks, as the service stores them.
        name: "knn", a factor with a probe, or a scalar of a tick.

    Returns:
        None before the first measurement.
    """
    figure, last_values = go.Figure(), []
    for (arm, history), colour, dash in zip(
        histories.items(), ARM_COLOURS, ARM_DASHES, strict=False
    ):
        points = _points(history, name)
        figure.add_scatter(
            x=[x for x, _ in points],
            y=[y for _, y in points],
            name=arm,
            mode="lines",
            line={"color": colour, "width": 2, "dash": dash},
        )
        if points:
            last_values.append(f"{arm} {points[-1][1]:.2f}")
    if not last_values:
        return None
    figure.update_xaxes(title="step", rangemode="tozero")
    figure.update_yaxes(rangemode="tozero" if name != "loss" else "normal")
    caption = f"{_NAMES[name]}: {', '.join(last_values)}"
    return Plot(with_lab_layout(figure, 230, legend=True), caption)


def _points(history: Sequence[Mapping[str, Any]], name: str) -> list[tuple[int, float]]:
    """(step, value) of a scalar, of "knn", or of the probe of a factor."""
    if history and name in history[0]:
        return [(tick["step"], tick[name]) for tick in history]
    by_step = {t["scores"]["step"]: t["scores"] for t in history if t.get("scores")}
    scores = sorted(by_step.items())
    if name == "knn":
        return [(step, s["knn"]["accuracy"]) for step, s in scores if s["knn"]]
    return [
        (step, s["probes"][name]["accuracy"])
        for step, s in scores
        if name in s["probes"]
    ]
