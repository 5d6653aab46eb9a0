"""Negatives: how many a batch of N images has, and the range of the loss."""

import math

import plotly.graph_objects as go
import streamlit as st

from pages.shell import url_params
from pages.widgets.knobs import draw_knob
from pages.widgets.matrix.cell_text import view_name
from pages.widgets.palette import ANCHOR, NEGATIVE, NEUTRAL, POSITIVE, PRIMARY
from pages.widgets.plots import Plot, draw_plot
from ssl_core.knobs import Knob

SIZES = tuple(2**i for i in range(1, 13))
KNOBS = {
    "lesson_n": Knob(64, low=2, high=4096, log=True, label="Batch size N"),
    "lesson_n_tau": Knob(0.5, low=0.05, high=1.0, step=0.05, label="Temperature τ"),
}
CLASSES = {2: "2", 8: "8, as the shapes", 10: "10", 100: "100", 1000: "1,000"}
MAX_IMAGES_DRAWN = 8  # a larger matrix has cells too small to see
_TICKS = (2, 8, 32, 128, 512, 4096)
_ROLE_NAMES = ("itself, left out", "positive", "negative")
_ROLE_COLORSCALE = [
    *((0, NEUTRAL), (1 / 3, NEUTRAL), (1 / 3, POSITIVE)),
    *((2 / 3, POSITIVE), (2 / 3, NEGATIVE), (1, NEGATIVE)),
]


def draw() -> None:
    """Draw three knobs, the counts, the range of the loss, and the matrix of roles."""
    url_params.check(KNOBS | {"lesson_n": Knob(64, choices=SIZES)})
    left, middle, right = st.columns(3, gap="medium")
    with left:
        n = draw_knob("lesson_n", KNOBS["lesson_n"])
    with middle:
        tau = draw_knob("lesson_n_tau", KNOBS["lesson_n_tau"])
    classes = right.select_slider(
        "Equally common classes",
        list(CLASSES),
        8,
        format_func=CLASSES.__getitem__,
        key="lesson_classes",
        persist_state="session",
    )
    st.markdown(describe_counts(n, classes))
    left, right = st.columns([0.55, 0.45], gap="large")
    with left:
        draw_plot(loss_range(n, tau), "lesson_ends")
    with right:
        matrix_plot = role_matrix(min(n, MAX_IMAGES_DRAWN))
        sentence = matrix_plot.caption
        if n > MAX_IMAGES_DRAWN:
            sentence = (
                f"The corner of {MAX_IMAGES_DRAWN} images, out of {n:,}. {sentence}"
            )
        draw_plot(Plot(matrix_plot.figure, sentence), "lesson_mask")


def describe_counts(n: int, classes: int) -> str:
    """Count views and negatives, and the chance of a negative of the anchor's class.

    Args:
        n: images in the batch.
        classes: number of equally common classes.
    """
    probability = 1 - (1 - 1 / classes) ** (n - 1)
    expected = 2 * (n - 1) / classes
    chance = (
        "practically certain"
        if probability > 0.9995
        else f"a chance of **{probability:.1%}**"
    )
    return (
        f"**{n:,}** images → **{2 * n:,}** views → **{2 * (n - 1):,}** :red[negatives] "
        f"for every :orange[anchor]. That at least one of them shows the anchor's own "
        f"class is {chance}; on average {expected:,.1f} of them do, and the loss is not told."
    )


def orthogonal_loss(n: int, tau: float) -> float:
    """InfoNCE in nats if the partner coincides and all negatives are orthogonal."""
    import torch

    from ssl_core.methods.moco import info_nce

    anchor = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    others = torch.tensor([[0.0, 1.0]], dtype=torch.float64).expand(2 * (n - 1), 2)
    return float(info_nce(anchor, anchor, others, tau))


def loss_range(n: int, tau: float) -> Plot:
    """Plot over N the loss of a collapsed encoder and of an ideal one."""
    ceiling = [math.log(2 * size - 1) for size in SIZES]
    floor = [orthogonal_loss(size, tau) for size in SIZES]
    index = SIZES.index(n)
    figure = go.Figure()
    for name, values, colour, dash in (
        ("all views alike: log(2N − 1)", ceiling, NEUTRAL, "dash"),
        ("partners together, others at right angles", floor, PRIMARY, "solid"),
    ):
        figure.add_scatter(
            x=SIZES,
            y=values,
            name=name,
            mode="lines",
            line={"color": colour, "width": 2, "dash": dash},
            hovertemplate="N = %{x}: %{y:.3f} nats<extra></extra>",
        )
    figure.add_scatter(
        x=[n, n],
        y=[ceiling[index], floor[index]],
        mode="markers+lines",
        marker={"size": 9, "color": PRIMARY},
        line={"color": PRIMARY, "width": 1, "dash": "dot"},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_xaxes(
        type="log",
        title="batch size N",
        range=[math.log10(1.8), math.log10(5000)],
        tickvals=_TICKS,
        ticktext=[f"{size:,}" for size in _TICKS],
    )
    figure.update_yaxes(title="loss (nats)", range=[0, 9.4])
    figure.update_layout(
        height=330,
        margin={"l": 44, "r": 12, "t": 48, "b": 40},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        dragmode=False,
        uirevision="lesson",
    )
    return Plot(
        figure,
        f"N = {n:,}, τ = {tau:g}: loss {ceiling[index]:.3f} if all views are alike, "
        f"{floor[index]:.3f} if every partner coincides and all others stand at right angles.",
    )


def role_matrix(n: int) -> Plot:
    """Plot the role of each pair of views in a batch of ``n`` images."""
    import torch

    from ssl_core.similarity import SimilarityMatrix

    matrix = SimilarityMatrix(torch.eye(2 * n), 1.0)
    roles = (matrix.is_partner.int() + 2 * matrix.is_negative.int()).tolist()
    names = [view_name(i) for i in range(2 * n)]
    figure = go.Figure()
    # The first anchor's row is in full colour, all other rows are pale.
    for rows, opacity in ((slice(1), 1.0), (slice(1, None), 0.4)):
        figure.add_heatmap(
            z=roles[rows],
            x=names,
            y=names[rows],
            zmin=0,
            zmax=2,
            colorscale=_ROLE_COLORSCALE,
            showscale=False,
            opacity=opacity,
            xgap=2,
            ygap=2,
            text=[[_ROLE_NAMES[role] for role in row] for row in roles[rows]],
            hovertemplate="%{y} against %{x}: %{text}<extra></extra>",
        )
    figure.add_shape(
        type="rect",
        **{"x0": -0.5, "x1": 2 * n - 0.5, "y0": -0.5, "y1": 0.5},
        line={"color": ANCHOR, "width": 4},
    )
    figure.update_yaxes(
        range=[2 * n - 0.4, -0.6], scaleanchor="x", constrain="domain", type="category"
    )
    figure.update_xaxes(constrain="domain", side="top", type="category")
    figure.update_layout(
        height=330, margin={"l": 30, "r": 8, "t": 30, "b": 8}, dragmode=False
    )
    return Plot(
        figure,
        f"The gold row is one anchor's: 1 positive (green), {2 * (n - 1)} negatives "
        "(vermilion), and itself (grey), which is left out.",
    )
