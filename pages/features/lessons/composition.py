"""The colour shortcut: a colour histogram retrieves each view's partner."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.widgets.palette import ANCHOR, NEGATIVE, NEUTRAL, POSITIVE, PRIMARY
from pages.widgets.plots import Plot, draw_plot
from pages.widgets.tiles import add_frame, cross_out, data_url, enlarge, to_uint8

# Switch -> strengths; those of the experiment where it uses the augmentation.
SWITCHES = {
    "Crop": {"crop": 0.5},
    "Colour": {"hue": 0.5, "brightness": 0.4, "gray": 0.3},
    "Rotation": {"rotation": 180.0},
    "Blur": {"blur": 1.0},
    "Noise": {"noise": 0.1},
}
ANCHORS, SCALE, MAX_COMBINATIONS = 6, 2, 6


@dataclass(frozen=True)
class Retrieval:
    """How often the histogram finds the partner, with its first picks.

    Args:
        rate: top-1 accuracy in [0, 1].
        candidates: number of views to choose from.
        anchors, picks: ``[ANCHORS, 3, H, W]`` uint8.
        is_correct: ``[ANCHORS]`` bool.
    """

    rate: float
    candidates: int
    anchors: np.ndarray
    picks: np.ndarray
    is_correct: np.ndarray


def draw() -> None:
    """Draw switches, the rate of each combination tried, and six picks."""
    on = st.pills(
        "Between two views may change",
        list(SWITCHES),
        selection_mode="multi",
        default=["Crop"],
        key="lesson_cues",
        persist_state="session",
    )
    chosen = tuple(name for name in SWITCHES if name in on)
    combinations: list[tuple[str, ...]] = st.session_state.setdefault(
        "lesson_tried", [("Crop",)]
    )
    if chosen not in combinations:
        combinations.append(chosen)
        del combinations[1 : 1 - MAX_COMBINATIONS]  # keep crop alone for comparison
    result = retrieve(chosen)
    left, right = st.columns([0.55, 0.45], gap="large")
    with left:
        draw_plot(rate_bars(combinations, chosen), "lesson_rates")
    with right:
        sentence = (
            f"The first {ANCHORS} anchors and their picks: {result.is_correct.sum()} of "
            f"{ANCHORS} right."
        )
        st.markdown(f"**{sentence}**")
        st.image(data_url(picks_image(result)), width=400, alt=sentence)
        st.caption(
            "Framed :orange[gold]: the anchor. Beside it, what the histogram takes for its "
            "partner: :green[green] if it is, :red[vermilion] and struck through if not."
        )


@st.cache_data(max_entries=40, show_spinner=False)
def retrieve(switches: tuple[str, ...]) -> Retrieval:
    """Run the experiment's retrieval on shapes.

    Args:
        switches: names in ``SWITCHES`` that are on.
    """
    import torch

    from ssl_core.augment import Policy, two_views
    from ssl_core.experiments.colour_shortcut import CANDIDATES, histogram
    from ssl_core.experiments.colour_shortcut import retrieval as retrieval_rate
    from ssl_core.experiments.trials import Trial

    strengths = {k: v for name in switches for k, v in SWITCHES[name].items()}
    trial = Trial("live", {"augment": strengths}, seed=0, steps=0)
    data = trial.data()
    g = torch.Generator().manual_seed(trial.seed)
    rows = torch.randperm(len(data), generator=g)[:CANDIDATES]
    a, b = two_views(data.images[rows], Policy.of(strengths), g)
    picks = torch.cdist(histogram(a[:ANCHORS]), histogram(b), p=1).argmin(1)
    return Retrieval(
        retrieval_rate(trial),
        CANDIDATES,
        to_uint8(a[:ANCHORS]),
        to_uint8(b[picks]),
        (picks == torch.arange(ANCHORS)).numpy(),
    )


def rate_bars(combinations: list[tuple[str, ...]], current: tuple[str, ...]) -> Plot:
    """Bar chart of the rate of each combination; the current one is highlighted."""
    names = [" + ".join(switches).lower() or "nothing" for switches in combinations]
    rates = [retrieve(switches).rate for switches in combinations]
    figure = go.Figure(
        go.Bar(
            x=rates,
            y=names,
            orientation="h",
            marker={
                "color": [
                    PRIMARY if switches == current else NEUTRAL
                    for switches in combinations
                ]
            },
            text=[f"{rate:.0%}" for rate in rates],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(range=[0, 1.15], tickformat=".0%", title="partner found")
    # A fixed range keeps the layout still while combinations are added.
    figure.update_yaxes(range=[MAX_COMBINATIONS - 0.5, -0.5], automargin=True)
    figure.update_layout(
        height=270,
        bargap=0.35,
        margin={"l": 8, "r": 12, "t": 8, "b": 40},
        dragmode=False,
        uirevision="lesson",
    )
    retrieval = retrieve(current)
    name = names[combinations.index(current)]
    return Plot(
        figure,
        f"Views changed by {name}: a colour histogram finds {retrieval.rate:.0%} of "
        f"{retrieval.candidates} partners; a blind guess would find "
        f"{1 / retrieval.candidates:.1%}.",
    )


def picks_image(retrieval: Retrieval) -> np.ndarray:
    """Image of anchors beside picks, three pairs in each of two rows; ``[H, W, 4]`` uint8."""
    pairs = [
        np.hstack([add_frame(enlarge(a, SCALE), ANCHOR), _framed_pick(p, is_right)])
        for a, p, is_right in zip(
            retrieval.anchors, retrieval.picks, retrieval.is_correct, strict=True
        )
    ]
    half = ANCHORS // 2
    return np.vstack([np.hstack(pairs[:half]), np.hstack(pairs[half:])])


def _framed_pick(pick: np.ndarray, is_right: bool) -> np.ndarray:
    large = enlarge(pick, SCALE)
    if is_right:
        return add_frame(large, POSITIVE)
    return add_frame(cross_out(large, NEGATIVE), NEGATIVE)
