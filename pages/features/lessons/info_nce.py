"""InfoNCE by hand: the loss of one anchor, step by step from its cosines."""

import math

import streamlit as st

from pages.shell import url_params
from pages.widgets.knobs import draw_knob
from pages.widgets.matrix.cell_text import format_percent
from pages.widgets.two_pairs import two_pairs
from ssl_core.knobs import Knob

KNOBS = {
    "lesson_turn": Knob(
        60, low=0, high=180, step=5, label="Angle between the anchor and its partner"
    ),
    "lesson_tau": Knob(0.5, low=0.05, high=1.0, step=0.05, label="Temperature τ"),
}
NAMES = (":green[partner]", ":red[negative 1]", ":red[negative 2]")


def draw() -> None:
    """Draw two pairs on a circle, and the steps from the anchor's row to its loss."""
    left, right = st.columns([0.5, 0.5], gap="large", vertical_alignment="center")
    with left:
        url_params.check(KNOBS)
        turn = draw_knob("lesson_turn", KNOBS["lesson_turn"], format="%d°")
        tau = draw_knob("lesson_tau", KNOBS["lesson_tau"])
        hidden = st.toggle(
            "Cover the last steps: work them out first",
            key="lesson_covered",
            persist_state="session",
        )
    with right:
        drawing, sentence = two_pairs(turn, tau)
        st.image(drawing, alt=sentence, width=440)
    st.markdown(sentence if not hidden else _task(turn, tau))
    st.markdown(format_table(turn, tau, hidden))


def format_table(turn: float, tau: float, hidden: bool = False) -> str:
    """The anchor's row as a Markdown table, each step a column.

    Args:
        turn: degrees between the anchor and its partner. The two views of the other image
            are as far apart, on the other side of the circle.
        tau: temperature > 0.
        hidden: whether everything after the cosines is replaced by "?".
    """
    matrix = _matrix(turn, tau)
    cells = [matrix.cell(0, other) for other in (1, 2, 3)]
    lines = [
        "| the :orange[anchor] against | cosine | cosine / τ | exp | softmax weight |",
        "|:--|--:|--:|--:|--:|",
    ]
    for name, cell in zip(NAMES, cells, strict=True):
        steps = (
            _format_signed(cell.logit),
            f"{cell.exp:.4g}",
            format_percent(cell.weight),
        )
        values = ("?",) * 3 if hidden else steps
        lines.append(
            f"| {name} | {_format_signed(cell.cosine)} | {' | '.join(values)} |"
        )
    loss = cells[0].loss
    sum_ = "?" if hidden else f"{matrix.row_sum(0):.4g}"
    lines.append(f"| **sum** | | | {sum_} | {'?' if hidden else '100 %'} |")
    if hidden:
        return "\n".join(lines) + "\n\n**Loss of this anchor** = −log(weight) = ?"
    return (
        "\n".join(lines) + f"\n\n**Loss of this :orange[anchor]** = −log(weight of its "
        f":green[partner]) = −log {cells[0].weight:.4g} = **{loss:.3f}** nats"
    )


def _task(turn: float, tau: float) -> str:
    cosine = math.cos(math.radians(turn))
    return (
        f"Partner at cosine {cosine:.2f}, temperature {tau:.2f}. Divide the cosines by τ, "
        "take exp, divide by the sum: what does the partner get, and what is −log of it?"
    )


def _format_signed(value: float) -> str:
    return f"{round(value, 3) + 0:.3f}".replace("-", "−")


def _matrix(turn: float, tau: float):  # type: ignore[no-untyped-def]
    import torch

    from ssl_core.similarity import SimilarityMatrix

    half = turn / 2
    angles = torch.tensor([90 + half, 90 - half, 270 + half, 270 - half]).deg2rad()
    z = torch.stack([angles.cos(), angles.sin()], 1).double()
    return SimilarityMatrix((z @ z.T).clamp(-1, 1), tau)
