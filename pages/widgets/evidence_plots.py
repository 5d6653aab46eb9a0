"""Figures of the labs, pure: two arms over steps, and evidence with its intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.widgets.palette import GHOST, LINE
from pages.widgets.plots import Plot
from ssl_core.experiments.evidence import Evidence
from ssl_core.experiments.statistics import Estimate

# Colours that stand for no role: anchor, positive and negative keep theirs.
COLOURS = (LINE, "#c2579b", "#38a3dd", "#7a68b3", GHOST)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_BASELINES = {"random_init": "untrained", "raw_input": "raw input"}
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
    """One measure of both arms over steps.

    Args:
        histories: arm -> its ticks, as the service keeps them.
        name: "knn", a probe's factor, or a scalar of a tick.

    Returns:
        None before there is anything to draw.
    """
    figure, last = go.Figure(), []
    for (arm, history), colour, dash in zip(
        histories.items(), COLOURS, DASHES, strict=False
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
            last.append(f"{arm} {points[-1][1]:.2f}")
    if not last:
        return None
    figure.update_xaxes(title="step", rangemode="tozero")
    figure.update_yaxes(rangemode="tozero" if name != "loss" else "normal")
    return Plot(
        _dressed(figure, 230, legend=True), f"{_NAMES[name]}: {', '.join(last)}"
    )


def dots(
    evidence: Evidence,
    quantity: str,
    arms: Sequence[str] | None = None,
    *,
    baseline: str | None = None,
) -> Plot:
    """Our mean and 95 % interval of each arm, the paper's number on the same axis.

    Args:
        evidence: of one experiment.
        quantity: in [0, 1] where published numbers are to stand beside it.
        arms: in the order from the top; all that have it if left out.
        baseline: quantity that is drawn as a grey mark beside each arm.

    Raises:
        ValueError: if no arm has the quantity.
    """
    names = [a for a in arms or evidence.arms if evidence.at(a, quantity)]
    found = [evidence.at(a, quantity) for a in names]
    ours: list[Estimate] = [e for e in found if e]
    figure = go.Figure()
    figure.add_scatter(
        x=[e.mean for e in ours],
        y=names,
        error_x={"array": [e.half or 0 for e in ours], "thickness": 2, "width": 5},
        mode="markers",
        name=f"ours, mean and 95 % interval, n = {max(e.n for e in ours)}",
        marker={"size": 10, "color": LINE},
    )
    told = [
        p
        for p in evidence.experiment.published
        if p.arm in names and p.quantity == quantity
    ]
    figure.add_scatter(
        x=[p.value / 100 if p.unit.startswith("%") else p.value for p in told],
        y=[p.arm for p in told],
        mode="markers",
        name="the paper's: another data set, net and budget",
        marker={
            "size": 11,
            "color": COLOURS[1],
            "symbol": "diamond-open",
            "line": {"width": 2},
        },
        hovertext=[f"{p.label}: {p.value:g} {p.unit} ({p.source})" for p in told],
        hoverinfo="text",
    )
    if baseline:
        figure.add_scatter(
            x=[e.mean for a in names if (e := evidence.at(a, baseline))],
            y=[a for a in names if evidence.at(a, baseline)],
            mode="markers",
            name=_BASELINES[baseline],
            marker={
                "symbol": "line-ns-open",
                "size": 14,
                "color": GHOST,
                "line": {"width": 2, "color": GHOST},
            },
        )
    label = evidence.experiment.quantities[quantity]
    figure.update_xaxes(
        title=f"{label.label}{f' ({label.unit})' if label.unit else ''}"
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    best = max(range(len(ours)), key=lambda i: ours[i].mean)
    worst = min(range(len(ours)), key=lambda i: ours[i].mean)
    says = (
        f"{label.label}: highest {names[best]} {ours[best]}, "
        f"lowest {names[worst]} {ours[worst]}."
    )
    return Plot(_dressed(figure, 110 + 34 * len(names), legend=True), says)


def matrix(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[Estimate | None]],
    title: str,
    high: float = 1.0,
) -> Plot:
    """A table of means as a heat map, each cell with its number.

    Args:
        rows, columns: names.
        values: ``[rows][columns]``; None leaves a cell blank.
        title: of the colour bar.
        high: value of the darkest colour.
    """
    numbers = [[e.mean if e else None for e in row] for row in values]
    figure = go.Figure(
        go.Heatmap(
            z=numbers,
            x=list(columns),
            y=list(rows),
            zmin=0,
            zmax=high,
            colorscale="Viridis",
            text=[[f"{e.mean:.2f}" if e else "" for e in row] for row in values],
            texttemplate="%{text}",
            customdata=[
                [f"± {e.half or 0:.2f}, n = {e.n}" if e else "" for e in row]
                for row in values
            ],
            hovertemplate="%{y} · %{x}: %{z:.3f} %{customdata}<extra></extra>",
            colorbar={"title": title, "thickness": 10},
            xgap=2,
            ygap=2,
        )
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(side="top", automargin=True)
    cells = [
        (e.mean, rows[i], columns[j])
        for i, row in enumerate(values)
        for j, e in enumerate(row)
        if e
    ]
    top, low = max(cells), min(cells)
    says = (
        f"{title}: highest {top[0]:.2f} ({top[1]}, {top[2]}), "
        f"lowest {low[0]:.2f} ({low[1]}, {low[2]})."
    )
    return Plot(_dressed(figure, 120 + 38 * len(rows)), says)


def lines(
    curves: Mapping[str, Sequence[tuple[float, Estimate | None]]],
    x_title: str,
    y_title: str,
    *,
    log_x: bool = False,
) -> Plot:
    """Means with their 95 % intervals over something that was varied.

    Args:
        curves: name -> (what was varied, estimate); places without one are left out.
        x_title, y_title: of the axes.
        log_x: whether the first stands on a logarithmic axis.
    """
    figure, ends = go.Figure(), []
    for (name, points), colour, dash in zip(
        curves.items(), COLOURS, DASHES, strict=False
    ):
        known = [(x, e) for x, e in points if e]
        figure.add_scatter(
            x=[x for x, _ in known],
            y=[e.mean for _, e in known],
            error_y={
                "array": [e.half or 0 for _, e in known],
                "thickness": 1.5,
                "width": 4,
            },
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
        )
        if known:
            (first, low), (last, high) = known[0], known[-1]
            ends.append(
                f"{name} {low.mean:.2f} at {first:g}, {high.mean:.2f} at {last:g}"
            )
    figure.update_xaxes(title=x_title, type="log" if log_x else "linear")
    figure.update_yaxes(title=y_title)
    says = f"{y_title} over {x_title}: {'; '.join(ends) or 'nothing measured yet'}."
    return Plot(_dressed(figure, 320, legend=True), says)


def _points(history: Sequence[Mapping[str, Any]], name: str) -> list[tuple[int, float]]:
    if history and name in history[0]:
        return [(t["step"], t[name]) for t in history]
    scores = {t["scores"]["step"]: t["scores"] for t in history if t.get("scores")}
    if name == "knn":
        return [
            (s, v["knn"]["accuracy"]) for s, v in sorted(scores.items()) if v["knn"]
        ]
    return [
        (s, v["probes"][name]["accuracy"])
        for s, v in sorted(scores.items())
        if name in v["probes"]
    ]


def _dressed(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 44, "r": 12, "t": 34, "b": 40},
        showlegend=legend,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        uirevision="lab",
        dragmode=False,
        hovermode="closest",
    )
    return figure
