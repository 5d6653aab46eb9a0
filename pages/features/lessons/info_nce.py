"""InfoNCE by hand: one anchor's row of numbers, from cosines to its loss."""

import math

import streamlit as st

from pages.shell import url_params
from pages.widgets.knobs import widget
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
    """Two pairs on a circle, and the anchor's row step by step."""
    left, right = st.columns([0.5, 0.5], gap="large", vertical_alignment="center")
    with left:
        url_params.check(KNOBS)
        turn = widget("lesson_turn", KNOBS["lesson_turn"], format="%d°")
        tau = widget("lesson_tau", KNOBS["lesson_tau"])
        covered = st.toggle(
            "Cover the last steps: work them out first",
            key="lesson_covered",
        )
    with right:
        drawing, says = two_pairs(turn, tau)
        st.image(drawing, alt=says, width=440)
    st.markdown(says if not covered else _asked(turn, tau))
    st.markdown(table(turn, tau, covered))


def table(turn: float, tau: float, covered: bool = False) -> str:
    """The anchor's row as a Markdown table, each step a column.

    Args:
        turn: degrees between the anchor and its partner; the other image's two views
            stand as far apart, on the other side of the circle.
        tau: temperature > 0.
        covered: whether everything after the cosines is left to the learner.
    """
    matrix = _matrix(turn, tau)
    cells = [matrix.cell(0, other) for other in (1, 2, 3)]
    lines = [
        "| the :orange[anchor] against | cosine | cosine / τ | exp | softmax weight |",
        "|:--|--:|--:|--:|--:|",
    ]
    for name, cell in zip(NAMES, cells, strict=True):
        steps = (_signed(cell.logit), f"{cell.exp:.4g}", format_percent(cell.weight))
        shown = ("?",) * 3 if covered else steps
        lines.append(f"| {name} | {_signed(cell.cosine)} | {' | '.join(shown)} |")
    loss = cells[0].loss
    sum_ = "?" if covered else f"{matrix.row_sum(0):.4g}"
    lines.append(f"| **sum** | | | {sum_} | {'?' if covered else '100 %'} |")
    if covered:
        return "\n".join(lines) + "\n\n**Loss of this anchor** = −log(weight) = ?"
    return (
        "\n".join(lines) + f"\n\n**Loss of this :orange[anchor]** = −log(weight of its "
        f":green[partner]) = −log {cells[0].weight:.4g} = **{loss:.3f}** nats"
    )


def _asked(turn: float, tau: float) -> str:
    cosine = math.cos(math.radians(turn))
    return (
        f"Partner at cosine {cosine:.2f}, temperature {tau:.2f}. Divide the cosines by τ, "
        "take exp, divide by the sum: what does the partner get, and what is −log of it?"
    )


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0:.3f}".replace("-", "−")


def _matrix(turn: float, tau: float):  # type: ignore[no-untyped-def]
    import torch

    from ssl_core.similarity import SimilarityMatrix

    half = turn / 2
    angles = torch.tensor([90 + half, 90 - half, 270 + half, 270 - half]).deg2rad()
    z = torch.stack([angles.cos(), angles.sin()], 1).double()
    return SimilarityMatrix((z @ z.T).clamp(-1, 1), tau)
