"""Representations, live: what spread, rank, alignment and uniformity each see and miss."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.shell import url_params
from pages.widgets.knobs import widget
from pages.widgets.palette import NEUTRAL, PRIMARY
from pages.widgets.plots import PLOTLY_CONFIG, Plot
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
class Measured:
    """What the core's measures say of one made-up embedding.

    Args:
        std, rank, alignment, uniformity: as in :mod:`ssl_core.measures`.
        collapsed: their verdict.
        spectrum: ``[WIDTH]`` singular values, largest first.
    """

    std: float
    rank: float
    alignment: float
    uniformity: float
    collapsed: bool
    spectrum: np.ndarray


def draw() -> None:
    """Three knobs, the spectrum, and four measures beside each other."""
    url_params.check(KNOBS)
    values = []
    for column, (name, knob) in zip(
        st.columns(3, gap="medium"), KNOBS.items(), strict=True
    ):
        with column:
            values.append(widget(name, knob))
    used, offset, apart = values
    found = measured(used, offset, apart)
    st.markdown(f"**{verdict(found)}**")
    columns = st.columns(4)
    for column, (label, value, about) in zip(columns, told(found), strict=True):
        column.metric(label, value, help=about, border=True)
    shown = spectrum(found, used)
    st.plotly_chart(
        shown.figure, key="lesson_spectrum", config=PLOTLY_CONFIG, alt=shown.caption
    )
    st.caption(shown.caption)


@st.cache_data(max_entries=200, show_spinner=False)
def measured(used: int, offset: float, apart: float) -> Measured:
    """Gaussian embeddings that use some directions, turned at random, and their measures.

    Turned, because a network's directions do not lie along its coordinates either: each
    coordinate then carries a little of every direction that is used.
    """
    import torch

    from ssl_core import measures

    g = torch.Generator().manual_seed(0)
    turn, _ = torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=g))
    shift = torch.nn.functional.normalize(torch.randn(WIDTH, generator=g), dim=0)
    x = torch.randn(POINTS, WIDTH, generator=g)[:, :used]
    stray = torch.randn(POINTS, WIDTH, generator=g)[:, :used] * apart
    # Of length 1 on average, whatever number of directions is used.
    z_a, z_b = (v / used**0.5 @ turn[:used] + offset * shift for v in (x, x + stray))
    std, rank = measures.feature_std(z_a), measures.effective_rank(z_a)
    return Measured(
        std,
        rank,
        measures.alignment(z_a, z_b),
        measures.uniformity(z_a),
        measures.collapsed(std, rank, WIDTH),
        measures.spectrum(z_a).numpy(),
    )


def told(found: Measured) -> list[tuple[str, str, str]]:
    """Each measure as (name, value, how to read it)."""
    return [
        (
            "Spread × √d",
            f"{found.std:.2f}",
            "About 1 if directions are spread evenly, 0 if all point the same way.",
        ),
        (
            "Effective rank",
            f"{found.rank:.1f} of {WIDTH}",
            "How many directions are really used.",
        ),
        (
            "Alignment",
            f"{found.alignment:.2f}",
            "Squared distance of partners: 0 is perfect agreement, 2 right angles.",
        ),
        (
            "Uniformity",
            f"{found.uniformity:.2f}".replace("-", "−"),
            "0 if all coincide; the lower, the more evenly spread.",
        ),
    ]


def verdict(found: Measured) -> str:
    """What the measures together say, and which of them alone would mislead."""
    spread = "healthy" if found.std > 0.6 else "narrow"
    few = found.rank < WIDTH / 4
    start = f"Spread {found.std:.2f} looks {spread}; effective rank {found.rank:.1f}"
    if spread == "healthy" and few:
        end = f"tells that most of the {WIDTH} dimensions are wasted"
    elif spread == "narrow" and not few:
        end = "does not see that all embeddings point nearly the same way"
    elif few:
        end = "is low as well: little is told apart"
    else:
        end = "agrees: the space is used"
    alarm = " The playground would call it collapsed." if found.collapsed else ""
    return f"{start} {end}.{alarm}"


def spectrum(found: Measured, used: int) -> Plot:
    """Singular values, largest first."""
    values = found.spectrum / found.spectrum.max()
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
