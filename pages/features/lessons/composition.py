"""The colour shortcut, live: a colour histogram looks for every view's partner."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.widgets.palette import ANCHOR, NEGATIVE, NEUTRAL, POSITIVE, PRIMARY
from pages.widgets.plots import PLOTLY_CONFIG, Plot
from pages.widgets.tiles import add_frame, cross_out, data_url, enlarge, to_uint8

# Switch -> strengths, as the experiment has them where it has them.
SWITCHES = {
    "Crop": {"crop": 0.5},
    "Colour": {"hue": 0.5, "brightness": 0.4, "gray": 0.3},
    "Rotation": {"rotation": 180.0},
    "Blur": {"blur": 1.0},
    "Noise": {"noise": 0.1},
}
ROWS, LARGER, KEPT = 6, 2, 6


@dataclass(frozen=True)
class Found:
    """How often the histogram was right, and what it picked for the first anchors.

    Args:
        rate: in [0, 1].
        candidates: among how many.
        anchors, picks: ``[ROWS, 3, H, W]`` uint8.
        right: ``[ROWS]`` bool.
    """

    rate: float
    candidates: int
    anchors: np.ndarray
    picks: np.ndarray
    right: np.ndarray


def draw() -> None:
    """Switches, the rate of every choice so far, and six of the histogram's picks."""
    on = st.pills(
        "Between two views may change",
        list(SWITCHES),
        selection_mode="multi",
        default=["Crop"],
        key="lesson_cues",
    )
    chosen = tuple(name for name in SWITCHES if name in on)
    tried: list[tuple[str, ...]] = st.session_state.setdefault(
        "lesson_tried", [("Crop",)]
    )
    if chosen not in tried:
        tried.append(chosen)
        del tried[1 : 1 - KEPT]  # crop alone stays to compare with
    now = retrieved(chosen)
    left, right = st.columns([0.55, 0.45], gap="large")
    with left:
        shown = bars(tried, chosen)
        st.markdown(f"**{shown.caption}**")
        st.plotly_chart(
            shown.figure, key="lesson_rates", config=PLOTLY_CONFIG, alt=shown.caption
        )
    with right:
        says = f"The first {ROWS} anchors and their picks: {now.right.sum()} of {ROWS} right."
        st.markdown(f"**{says}**")
        st.image(data_url(sheet(now)), width=400, alt=says)
        st.caption(
            "Framed :orange[gold]: the anchor. Beside it, what the histogram takes for its "
            "partner: :green[green] if it is, :red[vermilion] and struck through if not."
        )


@st.cache_data(max_entries=40, show_spinner=False)
def retrieved(on: tuple[str, ...]) -> Found:
    """Run the experiment's own retrieval on shapes, and look at its first picks."""
    import torch

    from ssl_core.augment import Policy, two_views
    from ssl_core.experiments.colour_shortcut import CANDIDATES, histogram, retrieval
    from ssl_core.experiments.trials import Trial

    strengths = {k: v for name in on for k, v in SWITCHES[name].items()}
    given = Trial("live", {"augment": strengths}, seed=0, steps=0)
    data = given.data()
    g = torch.Generator().manual_seed(given.seed)
    rows = torch.randperm(len(data), generator=g)[:CANDIDATES]
    a, b = two_views(data.images[rows], Policy.of(strengths), g)
    picks = torch.cdist(histogram(a[:ROWS]), histogram(b), p=1).argmin(1)
    return Found(
        retrieval(given),
        CANDIDATES,
        to_uint8(a[:ROWS]),
        to_uint8(b[picks]),
        (picks == torch.arange(ROWS)).numpy(),
    )


def bars(tried: list[tuple[str, ...]], now: tuple[str, ...]) -> Plot:
    """The rate of every combination that was tried; the current one stands out."""
    names = [" + ".join(on).lower() or "nothing" for on in tried]
    rates = [retrieved(on).rate for on in tried]
    figure = go.Figure(
        go.Bar(
            x=rates,
            y=names,
            orientation="h",
            marker={"color": [PRIMARY if on == now else NEUTRAL for on in tried]},
            text=[f"{rate:.0%}" for rate in rates],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(range=[0, 1.15], tickformat=".0%", title="partner found")
    # Room for every choice that is kept, so that nothing below moves.
    figure.update_yaxes(range=[KEPT - 0.5, -0.5], automargin=True)
    figure.update_layout(
        height=270,
        bargap=0.35,
        margin={"l": 8, "r": 12, "t": 8, "b": 40},
        dragmode=False,
        uirevision="lesson",
    )
    found = retrieved(now)
    name = names[tried.index(now)]
    return Plot(
        figure,
        f"Views changed by {name}: a colour histogram finds {found.rate:.0%} of "
        f"{found.candidates} partners; a blind guess would find {1 / found.candidates:.1%}.",
    )


def sheet(found: Found) -> np.ndarray:
    """Anchors and picks, three pairs in each of two rows; ``[H, W, 4]`` uint8."""
    pairs = [
        np.hstack([add_frame(enlarge(a, LARGER), ANCHOR), _judged(p, ok)])
        for a, p, ok in zip(found.anchors, found.picks, found.right, strict=True)
    ]
    half = ROWS // 2
    return np.vstack([np.hstack(pairs[:half]), np.hstack(pairs[half:])])


def _judged(pick: np.ndarray, right: bool) -> np.ndarray:
    large = enlarge(pick, LARGER)
    if right:
        return add_frame(large, POSITIVE)
    return add_frame(cross_out(large, NEGATIVE), NEGATIVE)
