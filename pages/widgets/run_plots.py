"""Plots of a run, made from its ticks: loss, kNN accuracy, probes, similarities."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from pages.widgets.palette import NEGATIVE, NEUTRAL, POSITIVE, PRIMARY
from pages.widgets.plots import Plot, set_layout
from pages.widgets.run_text import format_factor

MAX_CURVE_POINTS = 400
_MARGIN = {"l": 44, "r": 12, "t": 8, "b": 36}
_LETTER_WIDTH = 7  # pixels; at most this much for a letter of a tick label, on average


def loss_curve(
    history: Sequence[Mapping[str, Any]],
    pinned: Sequence[Mapping[str, Any]] | None = None,
) -> Plot:
    """Loss per step with its reference value.

    Args:
        history: ticks of the run, oldest first, as the service stores them.
        pinned: ticks of a pinned run, drawn in grey.
    """
    steps, losses = _losses(history)
    pinned_steps, pinned_losses = _losses(pinned or [])
    reference = history[-1]["reference"]
    figure = go.Figure()
    figure.add_scatter(
        x=pinned_steps,
        y=pinned_losses,
        name="pinned",
        line={"color": NEUTRAL, "width": 1.5},
    )
    figure.add_scatter(
        x=steps, y=losses, name="loss", line={"color": PRIMARY, "width": 2}
    )
    figure.add_hline(
        y=reference["value"],
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
        annotation={"text": reference["meaning"], "font": {"size": 11}},
        annotation_position="bottom right",
    )
    values = np.concatenate([losses, pinned_losses, [reference["value"]]])
    figure.update_yaxes(range=_padded_range(values), title="loss (nats)")
    figure.update_xaxes(range=_step_range([*steps, *pinned_steps]), title="step")
    last = f"{losses[-1]:.2f}" if len(losses) else "not measured yet"
    return Plot(
        _with_layout(figure, 230),
        f"Loss {last}; {reference['meaning']} would be {reference['value']:.2f}.",
    )


def knn_curve(
    history: Sequence[Mapping[str, Any]],
    pinned: Sequence[Mapping[str, Any]] | None = None,
) -> Plot | None:
    """kNN accuracy over steps with its three baselines.

    Args:
        history: ticks of the run, oldest first, as the service stores them.
        pinned: ticks of a pinned run, drawn in grey.

    Returns:
        None before the first measurement, and if the data has no classes.
    """
    scores, pinned_scores = _scores(history), _scores(pinned or [])
    if not scores or scores[-1]["knn"] is None:
        return None
    knn = scores[-1]["knn"]
    figure = go.Figure()
    for run_scores, name, colour in (
        (pinned_scores, "pinned", NEUTRAL),
        (scores, "kNN", PRIMARY),
    ):
        with_knn = [s for s in run_scores if s["knn"]]
        figure.add_scatter(
            x=[s["step"] for s in with_knn],
            y=[s["knn"]["accuracy"] for s in with_knn],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2},
        )
    _add_knn_baselines(figure, knn)
    figure.update_yaxes(range=[0, 1], title="kNN accuracy")
    steps = [s["step"] for s in (*scores, *pinned_scores)]
    figure.update_xaxes(range=_step_range(steps), title="step")
    return Plot(
        _with_layout(figure, 210),
        f"kNN accuracy {knn['accuracy']:.2f}, untrained {knn['random_init']:.2f} "
        f"({scores[-1]['asked']:,} it never saw, step {scores[-1]['step']}).",
    )


def _add_knn_baselines(figure: go.Figure, knn: Mapping[str, Any]) -> None:
    for name, value, position in (
        ("chance", knn["chance"], "bottom right"),
        ("random init", knn["random_init"], "top right"),
        ("raw input", knn["raw_input"], "top left"),
    ):
        figure.add_hline(
            y=value,
            line={"color": NEUTRAL, "width": 1},
            annotation={"text": f"{name} {value:.2f}", "font": {"size": 10}},
            annotation_position=position,
        )


def probe_bars(scores: Mapping[str, Any]) -> Plot | None:
    """Accuracy of a linear probe for each factor of the data, highest first.

    Args:
        scores: of a tick.

    Returns:
        None if the data has no known factors.
    """
    if not scores["probes"]:
        return None
    # Plotly draws the first bar at the bottom.
    probes = sorted(scores["probes"].items(), key=lambda item: item[1]["accuracy"])
    names = [format_factor(name) for name, _ in probes]
    accuracies = [probe["accuracy"] for _, probe in probes]
    figure = go.Figure(
        go.Bar(
            x=accuracies,
            y=names,
            orientation="h",
            marker={"color": PRIMARY},
            text=[f"{accuracy:.2f}" for accuracy in accuracies],
            textposition="outside",
            cliponaxis=False,
            name="trained",
        )
    )
    for key, symbol, size, label in (
        ("random_init", "line-ns-open", 13, "random init"),
        ("chance", "circle-open", 7, "chance"),
    ):
        figure.add_scatter(
            x=[probe[key] for _, probe in probes],
            y=names,
            mode="markers",
            name=label,
            marker={
                "symbol": symbol,
                "size": size,
                "color": NEUTRAL,
                "line": {"width": 2, "color": NEUTRAL},
            },
        )
    figure.update_xaxes(range=[0, 1.08], title="linear probe accuracy")
    _with_layout(figure, 90 + 26 * len(probes), legend=True)
    figure.update_layout(
        legend={"orientation": "h", "y": 1.12, "x": 0},
        margin_l=max(_MARGIN["l"], _LETTER_WIDTH * max(map(len, names)) + 12),
    )
    worst = probes[0][1]
    return Plot(
        figure,
        f"Most readable: {names[-1]} {accuracies[-1]:.2f}; least: "
        f"{names[0]} {worst['accuracy']:.2f} (chance {worst['chance']:.2f}).",
    )


def similarity_matrix(similarity: np.ndarray) -> Plot:
    """Cosines between the first views of a batch as a heat map.

    Args:
        similarity: ``[2n, 2n]`` float32; rows 0 and 1 are the two views of one image.
    """
    n = len(similarity)
    cosines = similarity.astype(float).round(2)
    np.fill_diagonal(cosines, np.nan)  # a view's cosine with itself is always 1
    partner = np.arange(n) ^ 1
    is_negative = ~np.eye(n, dtype=bool)
    is_negative[np.arange(n), partner] = False
    figure = go.Figure(
        go.Heatmap(
            z=cosines,
            zmin=-1,
            zmax=1,
            colorscale=[[0, NEGATIVE], [0.5, "#F3F3F0"], [1, POSITIVE]],
            colorbar={"title": "cosine", "thickness": 10, "tickvals": [-1, 0, 1]},
            hovertemplate="view %{y} with view %{x}: %{z:.2f}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=np.arange(n),
        y=partner,
        mode="markers",
        marker={
            "symbol": "square-open",
            "size": max(4, 300 // n),
            "color": POSITIVE,
            "line": {"width": 1.5},
        },
        hoverinfo="skip",
        name="positive pairs",
    )
    figure.update_yaxes(
        autorange="reversed", scaleanchor="x", constrain="domain", showticklabels=False
    )
    figure.update_xaxes(constrain="domain", showticklabels=False)
    positive = similarity[np.arange(n), partner].mean()
    negative = similarity[is_negative].mean() if n > 2 else float("nan")
    return Plot(
        _with_layout(figure, 360),
        f"Partners' cosine {positive:.2f} on average, all other pairs {negative + 0:.2f}.",
    )


def _losses(ticks: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Steps and losses; means over equal stretches if there are too many steps."""
    steps: list[int] = []
    losses: list[float] = []
    for tick in ticks:
        n = len(tick["losses"])
        steps += range(tick["step"] - n + 1, tick["step"] + 1)
        losses += tick["losses"]
    if len(steps) <= MAX_CURVE_POINTS:
        return np.array(steps), np.array(losses)
    # Means, because a subsample would hide or exaggerate spikes.
    edges = np.linspace(0, len(steps), MAX_CURVE_POINTS + 1).astype(int)
    means = np.add.reduceat(losses, edges[:-1]) / np.diff(edges)
    return np.array(steps)[edges[1:] - 1], means


def _scores(ticks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The distinct scores of these ticks, by step."""
    by_step = {t["scores"]["step"]: t["scores"] for t in ticks if t.get("scores")}
    return [by_step[step] for step in sorted(by_step)]


def _step_range(steps: Sequence[int]) -> list[float]:
    """The range of a step axis: it ends at 1, 1.5, 2, 3, 5 or 7 times a power of ten.

    So the axis changes seldom while a run grows.
    """
    last = max([*steps, 20])
    power = 10.0 ** np.floor(np.log10(last))
    ends = [m * power for m in (1, 1.5, 2, 3, 5, 7, 10)]
    return [0, float(next(end for end in ends if end >= last))]


def _padded_range(values: np.ndarray) -> list[float]:
    """A range around the values that changes seldom: it ends at halves or quarters."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    step = 0.5 if high - low > 1 else 0.25
    return [np.floor(low / step - 0.2) * step, np.ceil(high / step + 0.2) * step]


def _with_layout(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    set_layout(figure, height, _MARGIN, uirevision="run", legend=legend)
    # With automatic margins Plotly draws every plot several times.
    figure.update_xaxes(automargin=False)
    figure.update_yaxes(automargin=False)
    return figure
