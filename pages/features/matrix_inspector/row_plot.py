"""One row of the similarity matrix as the votes of its anchor."""

import plotly.graph_objects as go

from pages.widgets.matrix.cell_text import format_percent, view_name
from pages.widgets.palette import NEGATIVE, NEUTRAL, POSITIVE
from pages.widgets.plots import Plot
from ssl_core.similarity import SimilarityMatrix

_TOPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def row_bars(matrix: SimilarityMatrix, anchor: int, chosen: int) -> Plot:
    """Softmax weights of all others, in the matrix's order.

    Args:
        anchor: the row.
        chosen: the column that is framed.
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
                    "width": [2 if j == chosen else 0 for j in others],
                },
            },
            hovertemplate="%{x}: %{y:.2%}<extra></extra>",
        )
    )
    even = 1 / len(others)
    figure.add_hline(
        y=even,
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
        annotation={"text": f"even: {format_percent(even)}", "font": {"size": 11}},
        annotation_position="right",
    )
    # A few fixed tops, so that the axis moves seldom while the temperature does.
    top = next(t for t in _TOPS if t >= max(max(weights) * 1.02, even) or t == 1.0)
    figure.update_yaxes(range=[0, top], tickformat=".0%", title="softmax weight")
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
        f"{format_percent(weights[hardest])}; even would be {format_percent(even)}.",
    )
