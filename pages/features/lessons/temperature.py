"""Temperature: the softmax weights of one anchor of a real batch."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.shell import url_params
from pages.widgets.knobs import draw_knob
from pages.widgets.matrix.cell_text import format_percent, view_name
from pages.widgets.palette import ANCHOR, NEGATIVE, NEUTRAL, POSITIVE
from pages.widgets.plots import Plot, draw_plot
from pages.widgets.tiles import add_frame, data_url, enlarge
from pages.widgets.view_pairs import interleave
from ssl_core.knobs import Knob

PAIRS, SEED, NEAREST = 16, 4, 5
ENCODER = "shapes-simclr"
KNOBS = {
    "lesson_push_tau": Knob(0.2, low=0.02, high=1.0, step=0.02, label="Temperature τ"),
    "lesson_anchor": Knob(1, low=1, high=PAIRS, step=1, label="Anchor: view of image"),
}


def draw() -> None:
    """Draw temperature, anchor, softmax weights and nearest negatives."""
    batch = load_batch()
    if batch is None:
        st.info(
            f"The trained encoder {ENCODER} is not among the checkpoints here, so there is "
            "no real row to show; the lab below trains one.",
            icon=":material/folder_off:",
        )
        return
    views, cosines = batch
    url_params.check(KNOBS)
    left, right = st.columns([0.6, 0.4], gap="large")
    with left:
        tau = draw_knob("lesson_push_tau", KNOBS["lesson_push_tau"])
    with right:
        anchor = draw_knob("lesson_anchor", KNOBS["lesson_anchor"])
    row = 2 * (anchor - 1)
    plot, nearest = weights_plot(cosines, tau, row)
    draw_plot(plot, "lesson_weights")
    sentence = (
        "The anchor, its partner, and the negatives that look most like it, in order."
    )
    st.image(data_url(neighbours_image(views, row, nearest)), width=560, alt=sentence)
    st.caption(
        f":orange[Gold]: the anchor {view_name(row)}. :green[Green]: its partner. "
        f":red[Vermilion]: the {NEAREST} negatives with the highest cosines "
        f"({', '.join(view_name(j) for j in nearest)}). A trained SimCLR encoder made these "
        "cosines from shapes that it never saw; only τ is yours."
    )


@st.cache_data(max_entries=1, show_spinner="Looking at a batch …")
def load_batch() -> tuple[np.ndarray, np.ndarray] | None:
    """Embed a batch with the bundled encoder.

    Returns:
        Views ``[2N, 3, H, W]`` uint8 and their cosines ``[2N, 2N]``, the two views of an
        image in adjacent rows; None if the checkpoint is missing or cannot be read.
    """
    from ssl_core import checkpoints
    from ssl_core.augment import Policy
    from ssl_core.checkpoints.index import shipped
    from ssl_core.data import default_views
    from ssl_core.data.shapes import shapes
    from ssl_core.peek import peek, trained

    path = {s.slug: s.path for s in shipped()}.get(ENCODER)
    if path is None:
        return None
    try:
        model = trained(checkpoints.load(str(path)))
    except ValueError:
        return None
    data = shapes(count=64, held_out=0, seed=1_000_004)
    policy = Policy.of(default_views("shapes"))
    batch = peek(model, data, PAIRS, policy, SEED)
    return interleave(batch.view_a, batch.view_b), batch.similarity


def weights_plot(cosines: np.ndarray, tau: float, row: int) -> tuple[Plot, list[int]]:
    """Plot the softmax weights of one row, the most similar view first.

    Args:
        cosines: ``[2N, 2N]``.
        tau: temperature > 0.
        row: of the anchor.

    Returns:
        The bar chart, and the columns of the nearest negatives.
    """
    import torch

    from ssl_core.similarity import SimilarityMatrix

    matrix = SimilarityMatrix(torch.from_numpy(cosines), tau)
    weight, share = matrix.weights[row], matrix.shares[row]
    order = [
        j for j in matrix.cosines[row].argsort(descending=True).tolist() if j != row
    ]
    negatives = [j for j in order if j != row ^ 1]
    hardest_count = max(1, round(0.1 * len(negatives)))
    figure = go.Figure(
        go.Bar(
            x=[view_name(j) for j in order],
            y=[weight[j].item() for j in order],
            marker={
                "color": [POSITIVE if j == row ^ 1 else NEGATIVE for j in order],
                "pattern": {"shape": ["/" if j == row ^ 1 else "" for j in order]},
            },
            customdata=[matrix.cosines[row, j].item() for j in order],
            hovertemplate="%{x}: weight %{y:.2%}, cosine %{customdata:.2f}<extra></extra>",
        )
    )
    figure.add_hline(
        y=1 / len(order), line={"color": NEUTRAL, "width": 1, "dash": "dot"}
    )
    figure.update_yaxes(range=[0, 1], tickformat=".0%", title="softmax weight")
    figure.update_xaxes(type="category", title="views, the most similar first")
    figure.update_layout(
        height=270,
        margin={"l": 52, "r": 12, "t": 8, "b": 56},
        dragmode=False,
        uirevision="lesson",
        bargap=0.25,
    )
    hardest_share = share[negatives[:hardest_count]].sum().item()
    return Plot(
        figure,
        f"τ = {tau:g}: the partner gets {format_percent(weight[row ^ 1].item())} of the "
        "weight "
        f"(an even share, dotted, is {format_percent(1 / len(order))}). Of all the push on "
        f"this anchor, the {hardest_count} nearest of {len(negatives)} negatives do "
        f"{format_percent(hardest_share)}.",
    ), negatives[:NEAREST]


def neighbours_image(views: np.ndarray, row: int, nearest: list[int]) -> np.ndarray:
    """Image of anchor, partner and nearest negatives, framed in their roles' colours."""
    roles = [(row, ANCHOR), (row ^ 1, POSITIVE), *((j, NEGATIVE) for j in nearest)]
    return np.hstack([add_frame(enlarge(views[j], 2), colour) for j, colour in roles])
