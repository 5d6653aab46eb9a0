"""Plots of evidence: measured means with their intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.widgets.palette import ARM_COLOURS, ARM_DASHES, NEUTRAL, PRIMARY
from pages.widgets.plots import Plot, set_layout
from ssl_core.experiments.evidence import Evidence
from ssl_core.experiments.statistics import Estimate

_MARGIN = {"l": 44, "r": 12, "t": 34, "b": 40}
_BASELINES = {"random_init": "untrained", "raw_input": "raw input"}


def dot_plot(
    evidence: Evidence,
    quantity: str,
    arms: Sequence[str] | None = None,
    *,
    baseline: str | None = None,
) -> Plot:
    """Our mean and 95 % interval of each arm, with published numbers on the same axis.

    Args:
        evidence: of one experiment.
        quantity: on the axis; in [0, 1] if published numbers are shown.
        arms: from top to bottom; all that have the quantity if left out.
        baseline: quantity that is drawn as a grey mark for each arm.

    Raises:
        ValueError: if no arm has the quantity.
    """
    estimates = {
        arm: estimate
        for arm in arms or evidence.arms
        if (estimate := evidence.at(arm, quantity))
    }
    if not estimates:
        raise ValueError(f"quantity is {quantity!r}; no arm has a value of it")
    figure = go.Figure()
    _add_estimates(figure, estimates)
    _add_published(figure, evidence, quantity, estimates)
    if baseline:
        _add_baseline(figure, evidence, baseline, list(estimates))
    axis = evidence.experiment.quantities[quantity]
    unit = f" ({axis.unit})" if axis.unit else ""
    figure.update_xaxes(title=f"{axis.label}{unit}")
    figure.update_yaxes(autorange="reversed", automargin=True)
    best = max(estimates, key=lambda arm: estimates[arm].mean)
    worst = min(estimates, key=lambda arm: estimates[arm].mean)
    caption = (
        f"{axis.label}: highest {best} {estimates[best]}, "
        f"lowest {worst} {estimates[worst]}."
    )
    return Plot(
        with_lab_layout(figure, 110 + 34 * len(estimates), legend=True), caption
    )


def _add_estimates(figure: go.Figure, estimates: Mapping[str, Estimate]) -> None:
    values = list(estimates.values())
    figure.add_scatter(
        x=[e.mean for e in values],
        y=list(estimates),
        error_x={"array": [e.half or 0 for e in values], "thickness": 2, "width": 5},
        mode="markers",
        name=f"ours, mean and 95 % interval, n = {max(e.n for e in values)}",
        marker={"size": 10, "color": PRIMARY},
    )


def _add_published(
    figure: go.Figure, evidence: Evidence, quantity: str, arms: Mapping[str, Any]
) -> None:
    published = [
        p
        for p in evidence.experiment.published
        if p.arm in arms and p.quantity == quantity
    ]
    figure.add_scatter(
        x=[p.value / 100 if p.unit.startswith("%") else p.value for p in published],
        y=[p.arm for p in published],
        mode="markers",
        name="the paper's: another data set, net and budget",
        marker={
            "size": 11,
            "color": ARM_COLOURS[1],
            "symbol": "diamond-open",
            "line": {"width": 2},
        },
        hovertext=[f"{p.label}: {p.value:g} {p.unit} ({p.source})" for p in published],
        hoverinfo="text",
    )


def _add_baseline(
    figure: go.Figure, evidence: Evidence, quantity: str, arms: Sequence[str]
) -> None:
    estimates = {a: e for a in arms if (e := evidence.at(a, quantity))}
    figure.add_scatter(
        x=[e.mean for e in estimates.values()],
        y=list(estimates),
        mode="markers",
        name=_BASELINES[quantity],
        marker={
            "symbol": "line-ns-open",
            "size": 14,
            "color": NEUTRAL,
            "line": {"width": 2, "color": NEUTRAL},
        },
    )


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[Estimate | None]],
    title: str,
) -> Plot:
    """A table of means in [0, 1] as a heat map with the number in each cell.

    Args:
        rows, columns: names.
        values: ``[rows][columns]``; None leaves a cell blank.
        title: of the colour bar.
    """
    figure = go.Figure(
        go.Heatmap(
            z=[[e.mean if e else None for e in row] for row in values],
            x=list(columns),
            y=list(rows),
            zmin=0,
            zmax=1,
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
        (estimate.mean, row, column)
        for row, estimates in zip(rows, values, strict=True)
        for column, estimate in zip(columns, estimates, strict=True)
        if estimate
    ]
    highest, lowest = max(cells), min(cells)
    caption = (
        f"{title}: highest {highest[0]:.2f} ({highest[1]}, {highest[2]}), "
        f"lowest {lowest[0]:.2f} ({lowest[1]}, {lowest[2]})."
    )
    return Plot(with_lab_layout(figure, 120 + 38 * len(rows)), caption)


def line_plot(
    curves: Mapping[str, Sequence[tuple[float, Estimate | None]]],
    x_title: str,
    y_title: str,
    *,
    log_x: bool = False,
) -> Plot:
    """Means with their 95 % intervals over a variable.

    Args:
        curves: name -> (value of the variable, estimate); None is left out.
        x_title, y_title: of the axes.
        log_x: whether the axis of the variable is logarithmic.
    """
    figure, ends = go.Figure(), []
    for (name, curve), colour, dash in zip(
        curves.items(), ARM_COLOURS, ARM_DASHES, strict=False
    ):
        points = [(x, estimate) for x, estimate in curve if estimate]
        figure.add_scatter(
            x=[x for x, _ in points],
            y=[e.mean for _, e in points],
            error_y={
                "array": [e.half or 0 for _, e in points],
                "thickness": 1.5,
                "width": 4,
            },
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
        )
        if points:
            (x_first, first), (x_last, last) = points[0], points[-1]
            ends.append(
                f"{name} {first.mean:.2f} at {x_first:g}, {last.mean:.2f} at {x_last:g}"
            )
    figure.update_xaxes(title=x_title, type="log" if log_x else "linear")
    figure.update_yaxes(title=y_title)
    caption = f"{y_title} over {x_title}: {'; '.join(ends) or 'nothing measured yet'}."
    return Plot(with_lab_layout(figure, 320, legend=True), caption)


def with_lab_layout(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    """The figure with the layout of all plots of the labs."""
    set_layout(figure, height, _MARGIN, uirevision="lab", legend=legend)
    figure.update_layout(
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}
    )
    return figure
