"""Bar chart of one row of softmax weights."""

import plotly.graph_objects as go

from pages.widgets.matrix.cell_text import format_percent, view_name
from pages.widgets.palette import NEGATIVE, NEUTRAL, POSITIVE
from pages.widgets.plots import Plot
from ssl_core.similarity import SimilarityMatrix

_AXIS_MAXIMA = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def row_bars(matrix: SimilarityMatrix, anchor: int, selected: int) -> Plot:
    """Plot the anchor's softmax weights of all other views, in the matrix's order.

    Args:
        matrix: similarities of the batch.
        anchor: the row.
        selected: the column whose bar is outlined.
    """
    others = [j for j in range(len(matrix)) if j != anchor]
    partner, hardest = anchor ^ 1, matrix.hardest(anchor)
    weights = matrix.weights[anchor].tolist()
    names = [view_name(j) for j in others]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=[weights[j] for j in others],
            marker={
                "color": [POSITIVE if j == partner else NEGATIVE for j in others],
                "pattern": {"shape": ["/" if j == partner else "" for j in others]},
                "line": {
                    "color": NEUTRAL,
                    "width": [2 if j == selected else 0 for j in others],
                },
            },
            hovertemplate="%{x}: %{y:.2%}<extra></extra>",
        )
    )
    uniform = 1 / len(others)
    figure.add_hline(
        y=uniform,
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
        annotation={"text": f"even: {format_percent(uniform)}", "font": {"size": 11}},
        annotation_position="right",
    )
    # A few fixed maxima keep the axis still for most changes of the temperature.
    maximum = next(
        limit
        for limit in _AXIS_MAXIMA
        if limit >= max(max(weights) * 1.02, uniform) or limit == 1.0
    )
    figure.update_yaxes(range=[0, maximum], tickformat=".0%", title="softmax weight")
    figure.update_xaxes(type="category", tickfont={"size": 10}, fixedrange=True)
    figure.update_layout(
        height=230,
        margin={"l": 52, "r": 84, "t": 8, "b": 36},
        showlegend=False,
        dragmode=False,
        uirevision="row",
        bargap=0.25,
    )
    return Plot(
        figure,
        f"Row {view_name(anchor)}: its partner {view_name(partner)} gets "
        f"{format_percent(weights[partner])}, the hardest negative {view_name(hardest)} "
        f"{format_percent(weights[hardest])}; even would be {format_percent(uniform)}.",
    )
