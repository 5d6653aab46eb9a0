"""Representations: spread, rank, alignment and uniformity of made-up embeddings."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.shell import url_params
from pages.widgets.knobs import draw_knob
from pages.widgets.palette import NEUTRAL, PRIMARY
from pages.widgets.plots import Plot, draw_plot
from ssl_core.knobs import Knob

WIDTH, POINTS = 64, 512
KNOBS = {
    "lesson_used": Knob(4, low=1, high=WIDTH, step=1, label="Directions used, of 64"),
    "lesson_offset": Knob(
        0.0,
        low=0.0,
        high=4.0,
        step=0.25,
        label="Shared offset",
        help="Every embedding is shifted the same way, by this many times its own length.",
    ),
    "lesson_apart": Knob(
        0.25,
        low=0.0,
        high=1.5,
        step=0.25,
        label="Partners' difference",
        help="How far each partner strays from its anchor, in the used directions.",
    ),
}


@dataclass(frozen=True)
class Measures:
    """Measures of one set of embeddings.

    Args:
        std, rank, alignment, uniformity: as in :mod:`ssl_core.measures`.
        collapsed: whether :func:`ssl_core.measures.collapsed` reports a collapse.
        spectrum: ``[WIDTH]`` singular values, largest first.
    """

    std: float
    rank: float
    alignment: float
    uniformity: float
    collapsed: bool
    spectrum: np.ndarray


def draw() -> None:
    """Draw three knobs, four measures, and the spectrum."""
    url_params.check(KNOBS)
    values = []
    for column, (name, knob) in zip(
        st.columns(3, gap="medium"), KNOBS.items(), strict=True
    ):
        with column:
            values.append(draw_knob(name, knob))
    used, offset, difference = values
    result = measure(used, offset, difference)
    st.markdown(f"**{describe(result)}**")
    columns = st.columns(4)
    for column, (label, value, help_text) in zip(
        columns, format_measures(result), strict=True
    ):
        column.metric(label, value, help=help_text, border=True)
    draw_plot(spectrum_plot(result, used), "lesson_spectrum")


@st.cache_data(max_entries=200, show_spinner=False)
def measure(used: int, offset: float, difference: float) -> Measures:
    """Measure Gaussian embeddings that use only some directions.

    The embeddings are rotated at random: the directions that a network uses do not lie
    along its coordinates either.

    Args:
        used: number of directions used, at most ``WIDTH``.
        offset: length of a shift that all embeddings share.
        difference: standard deviation of the partners' difference, relative to the
            embeddings' own.
    """
    import torch

    from ssl_core import measures

    g = torch.Generator().manual_seed(0)
    rotation, _ = torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=g))
    shift = torch.nn.functional.normalize(torch.randn(WIDTH, generator=g), dim=0)
    x = torch.randn(POINTS, WIDTH, generator=g)[:, :used]
    noise = torch.randn(POINTS, WIDTH, generator=g)[:, :used] * difference
    # The division keeps the mean length at 1 for any number of directions.
    z_a, z_b = (
        v / used**0.5 @ rotation[:used] + offset * shift for v in (x, x + noise)
    )
    std, rank = measures.feature_std(z_a), measures.effective_rank(z_a)
    return Measures(
        std,
        rank,
        measures.alignment(z_a, z_b),
        measures.uniformity(z_a),
        measures.collapsed(std, rank, WIDTH),
        measures.spectrum(z_a).numpy(),
    )


def format_measures(result: Measures) -> list[tuple[str, str, str]]:
    """Each measure as (name, value, explanation)."""
    return [
        (
            "Spread × √d",
            f"{result.std:.2f}",
            "About 1 if directions are spread evenly, 0 if all point the same way.",
        ),
        (
            "Effective rank",
            f"{result.rank:.1f} of {WIDTH}",
            "How many directions are really used.",
        ),
        (
            "Alignment",
            f"{result.alignment:.2f}",
            "Squared distance of partners: 0 is perfect agreement, 2 right angles.",
        ),
        (
            "Uniformity",
            f"{result.uniformity:.2f}".replace("-", "−"),
            "0 if all coincide; the lower, the more evenly spread.",
        ),
    ]


def describe(result: Measures) -> str:
    """Say what spread and rank show together, and which alone would mislead."""
    spread = "healthy" if result.std > 0.6 else "narrow"
    low_rank = result.rank < WIDTH / 4
    start = f"Spread {result.std:.2f} looks {spread}; effective rank {result.rank:.1f}"
    if spread == "healthy" and low_rank:
        end = f"tells that most of the {WIDTH} dimensions are wasted"
    elif spread == "narrow" and not low_rank:
        end = "does not see that all embeddings point nearly the same way"
    elif low_rank:
        end = "is low as well: little is told apart"
    else:
        end = "agrees: the space is used"
    alarm = " The playground would call it collapsed." if result.collapsed else ""
    return f"{start} {end}.{alarm}"


def spectrum_plot(result: Measures, used: int) -> Plot:
    """Bar chart of the singular values, largest first."""
    values = result.spectrum / result.spectrum.max()
    places = list(range(1, WIDTH + 1))
    figure = go.Figure(
        go.Bar(
            x=places,
            y=values,
            marker={"color": [PRIMARY if i <= used else NEUTRAL for i in places]},
            hovertemplate="direction %{x}: %{y:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(
        title="direction, the strongest first", range=[0.3, WIDTH + 0.7]
    )
    figure.update_yaxes(title="singular value", range=[0, 1.05])
    figure.update_layout(
        height=240,
        margin={"l": 52, "r": 12, "t": 8, "b": 44},
        dragmode=False,
        uirevision="lesson",
        bargap=0.15,
    )
    tail = int((values < 0.01).sum())
    return Plot(
        figure,
        f"The spectrum of {POINTS} embeddings: {WIDTH - tail} singular values above 1 % of "
        f"the largest, {tail} in the tail at zero.",
    )
