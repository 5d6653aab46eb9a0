"""Figures, pure: measured numbers in, a Plotly figure and the sentence it shows out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from pages.widgets.palette import GHOST, LINE, NEGATIVE, POSITIVE

MAX_POINTS = 400
CONFIG = {"displayModeBar": False, "scrollZoom": False, "displaylogo": False}
_MARGIN = {"l": 44, "r": 12, "t": 8, "b": 36}
_LETTER = 7  # pixels that a letter of a tick label takes at most, on average


@dataclass(frozen=True)
class Plot:
    """A figure and the line of text that says what it shows now."""

    figure: go.Figure
    says: str


def loss_curve(
    history: Sequence[Mapping[str, Any]],
    pinned: Sequence[Mapping[str, Any]] | None = None,
) -> Plot:
    """Loss per step with the value that gives it a meaning.

    Args:
        history: ticks of the run, oldest first, as the service keeps them.
        pinned: ticks of a pinned run, drawn as a ghost.
    """
    steps, losses = _losses(history)
    reference = history[-1]["reference"]
    figure = go.Figure()
    ghost_steps, ghost_losses = _losses(pinned or [])
    figure.add_scatter(
        x=ghost_steps,
        y=ghost_losses,
        name="pinned",
        line={"color": GHOST, "width": 1.5},
    )
    figure.add_scatter(x=steps, y=losses, name="loss", line={"color": LINE, "width": 2})
    figure.add_hline(
        y=reference["value"],
        line={"color": GHOST, "width": 1, "dash": "dot"},
        annotation={"text": reference["meaning"], "font": {"size": 11}},
        annotation_position="bottom right",
    )
    seen = np.concatenate([losses, ghost_losses, [reference["value"]]])
    figure.update_yaxes(range=_padded(seen), title="loss (nats)")
    figure.update_xaxes(
        range=[0, _next_nice(max([*steps, *ghost_steps, 20]))], title="step"
    )
    now = f"{losses[-1]:.2f}" if len(losses) else "not measured yet"
    return Plot(
        _dressed(figure, 230),
        f"Loss {now}; {reference['meaning']} would be {reference['value']:.2f}.",
    )


def knn_curve(
    history: Sequence[Mapping[str, Any]],
    pinned: Sequence[Mapping[str, Any]] | None = None,
) -> Plot | None:
    """kNN accuracy over steps beside its three baselines; None if there are no classes."""
    scores = _scores(history)
    if not scores or scores[-1]["knn"] is None:
        return None
    last = scores[-1]["knn"]
    figure = go.Figure()
    for ticks, name, colour in (
        (pinned or [], "pinned", GHOST),
        (history, "kNN", LINE),
    ):
        known = [s for s in _scores(ticks) if s["knn"]]
        figure.add_scatter(
            x=[s["step"] for s in known],
            y=[s["knn"]["accuracy"] for s in known],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2},
        )
    baselines = (
        ("chance", last["chance"]),
        ("random init", last["random_init"]),
        ("raw input", last["raw_input"]),
    )
    for place, (name, value) in enumerate(baselines):
        figure.add_hline(
            y=value,
            line={"color": GHOST, "width": 1},
            annotation={"text": f"{name} {value:.2f}", "font": {"size": 10}},
            annotation_position=("bottom right", "top right", "top left")[place],
        )
    steps = [s["step"] for s in scores] + [s["step"] for s in _scores(pinned or [])]
    figure.update_yaxes(range=[0, 1], title="kNN accuracy")
    figure.update_xaxes(range=[0, _next_nice(max([*steps, 20]))], title="step")
    return Plot(
        _dressed(figure, 210),
        f"kNN accuracy {last['accuracy']:.2f}, untrained {last['random_init']:.2f} "
        f"({scores[-1]['asked']:,} it never saw, step {scores[-1]['step']}).",
    )


def kept_bars(scores: Mapping[str, Any]) -> Plot | None:
    """What a linear probe can still read of every known factor."""
    if not scores["probes"]:
        return None
    # Most kept first, so that the eye reads down from kept to thrown away.
    rows = sorted(scores["probes"].items(), key=lambda r: r[1]["accuracy"])
    names = [name.replace("_", " ") for name, _ in rows]
    values = [r["accuracy"] for _, r in rows]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker={"color": LINE},
            text=[f"{v:.2f}" for v in values],
            textposition="outside",
            cliponaxis=False,
            name="trained",
        )
    )
    for key, symbol, label in (
        ("random_init", "line-ns-open", "random init"),
        ("chance", "circle-open", "chance"),
    ):
        figure.add_scatter(
            x=[r[key] for _, r in rows],
            y=names,
            mode="markers",
            name=label,
            marker={
                "symbol": symbol,
                "size": 13 if key == "random_init" else 7,
                "color": GHOST,
                "line": {"width": 2, "color": GHOST},
            },
        )
    figure.update_xaxes(range=[0, 1.08], title="linear probe accuracy")
    figure.update_layout(
        legend={"orientation": "h", "y": 1.12, "x": 0}, showlegend=True
    )
    best, worst = rows[-1], rows[0]
    dressed = _dressed(figure, 90 + 26 * len(rows), legend=True)
    widest = _LETTER * max(map(len, names)) + 12
    dressed.update_layout(margin_l=max(_MARGIN["l"], widest))
    return Plot(
        dressed,
        f"Most readable: {best[0].replace('_', ' ')} {best[1]['accuracy']:.2f}; least: "
        f"{worst[0].replace('_', ' ')} {worst[1]['accuracy']:.2f} "
        f"(chance {worst[1]['chance']:.2f}).",
    )


def similarity_matrix(similarity: np.ndarray) -> Plot:
    """Cosines of the batch's first views; a pair's two views stand side by side.

    Args:
        similarity: ``[2n, 2n]`` float32.
    """
    n = len(similarity)
    shown = similarity.astype(float).round(2)
    np.fill_diagonal(shown, np.nan)  # a view's cosine with itself is no information
    partner = np.arange(n) ^ 1
    positive = similarity[np.arange(n), partner]
    others = ~np.eye(n, dtype=bool)
    others[np.arange(n), partner] = False
    figure = go.Figure(
        go.Heatmap(
            z=shown,
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
    away = similarity[others].mean() if n > 2 else float("nan")
    return Plot(
        _dressed(figure, 360),
        f"Partners' cosine {positive.mean():.2f} on average, all other pairs {away + 0:.2f}.",
    )


def _losses(ticks: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    steps, losses = [], []
    for tick in ticks:
        n = len(tick["losses"])
        steps += range(tick["step"] - n + 1, tick["step"] + 1)
        losses += tick["losses"]
    if len(steps) <= MAX_POINTS:
        return np.array(steps), np.array(losses)
    # Means over equal stretches: a plain subsample would hide or invent spikes.
    edges = np.linspace(0, len(steps), MAX_POINTS + 1).astype(int)
    means = np.add.reduceat(losses, edges[:-1]) / np.diff(edges)
    return np.array(steps)[edges[1:] - 1], means


def _scores(ticks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found = {t["scores"]["step"]: t["scores"] for t in ticks if t.get("scores")}
    return [found[step] for step in sorted(found)]


def _next_nice(value: float) -> float:
    """An axis end that stands still while a run grows: 1, 1.5, 2, 3, 5, 7 times 10^k."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(
        next(m * power for m in (1, 1.5, 2, 3, 5, 7, 10) if m * power >= value)
    )


def _padded(values: np.ndarray) -> list[float]:
    """A range in half units around the values, so that it changes seldom."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    step = 0.5 if high - low > 1 else 0.25
    return [np.floor(low / step - 0.2) * step, np.ceil(high / step + 0.2) * step]


def _dressed(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    figure.update_layout(
        height=height,
        margin=_MARGIN,
        showlegend=legend,
        uirevision="run",
        dragmode=False,
        hovermode="closest",
    )
    # Margins are fixed: fitting them to their labels draws every chart several times.
    figure.update_xaxes(automargin=False)
    figure.update_yaxes(automargin=False)
    return figure
