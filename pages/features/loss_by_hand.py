"""Parts of the page of the loss by hand: prediction, caution, examples, equations."""

import contextlib
import math

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from pages.widgets.loss_by_hand import loss_canvas
from pages.widgets.loss_by_hand.arrangements import Arrangement

PAGE = "10_loss_by_hand.py"  # beside the router
OPTIONS = ("0", "log 3", "infinity")

# (URL parameters, name, description)
EXAMPLES: tuple[tuple[dict[str, str], str, str], ...] = (
    (
        {"arrangement": "collapse"},
        "Collapse",
        "All points coincide: log 3, and not a single arrow. Nudge one, then press Play.",
    ),
    (
        {"arrangement": "perfect", "images": "3"},
        "Perfect partners",
        "Every partner coincides, three images far apart. Still not 0. Lower τ.",
    ),
    (
        {"tau": "0.05"},
        "τ = 0.05",
        "Only the hardest :red[negative] still pushes. Raise τ: the others join in.",
    ),
    (
        {"points": "90_90_270_125", "anchor": "B2"},
        "One false partner",
        "B2 stands closer to A's views than to B1. Watch who pulls it, who pushes it.",
    ),
)

LOSS_EQUATION = r"""
\begin{aligned}
\texttt{similarity}_{ik} &= z_i^\top z_k \,/\, \texttt{temperature} \\[4pt]
p_{ik} &= \frac{\exp \texttt{similarity}_{ik}}
  {\sum_{j \ne i} \exp \texttt{similarity}_{ij}} \\[4pt]
\texttt{nt\_xent} &= -\frac{1}{2N} \sum_{i}
  \log p_{i,\,\texttt{partner}[i]}
\end{aligned}
"""

GRADIENT_EQUATION = r"""
\begin{aligned}
\textsf{arrow}_{ik} &= \frac{w_{ik}}{2N\,\texttt{temperature}}
  \left(z_k - (z_i^\top z_k)\, z_i\right) \\[4pt]
w_{ik} &= 2 - p_{ik} - p_{ki} \quad \text{for } k = \texttt{partner}[i] \\[4pt]
w_{ik} &= -\,p_{ik} - p_{ki} \quad \text{for negatives}
\end{aligned}
"""


def draw_prediction() -> None:
    """Draw the question; the feedback follows once all points have coincided."""
    state: loss_canvas.State = st.session_state.by_hand
    guess = st.pills(
        "**Your prediction** (one tap, or skip it). All points coincide. What is the "
        "loss for N = 2?",
        OPTIONS,
        key="by_hand_guess",
        persist_state="session",
    )
    if not guess:
        return
    if state.arrangement.images == 2 and loss_canvas.all_coincide(state.arrangement):
        st.session_state.by_hand_revealed = True
    if st.session_state.get("by_hand_revealed"):
        st.markdown(format_feedback(guess))
        return
    st.button(
        "Collapse all points and look",
        icon=":material/visibility:",
        key="by_hand_look",
        on_click=_collapse_points,
    )


def format_feedback(guess: str) -> str:
    """Explain why a guess is right or wrong, with the computed loss."""
    tau = st.session_state.by_hand.arrangement.tau
    loss, _ = loss_canvas.autograd(Arrangement(2, tau, preset="collapse"))
    result = f"the core computes **{loss:.4f}** for coinciding points"
    if guess == "log 3":
        return (
            f"**log 3 it is:** {result}. Three candidates look exactly alike, so each gets "
            "a third of the softmax, whatever τ is. In general: log(2N − 1)."
        )
    if guess == "0":
        return (
            f"**Not 0:** {result}. The :green[partner] agrees perfectly, but so do the "
            ":red[negatives]: each of three candidates gets a third of the softmax, and "
            "−log ⅓ = log 3. Agreement alone earns nothing."
        )
    largest_loss = math.log1p(2 * math.exp(2 / tau))
    return (
        f"**Not infinity:** {result}, which is log 3. A cosine never leaves −1 to 1, so "
        f"no loss is infinite: at τ = {tau:g} the worst an :orange[anchor] can do is "
        f"{largest_loss:.4f}, with its :green[partner] opposite and all :red[negatives] on it."
    )


def draw_caution() -> None:
    """Draw the misreading to avoid: the loss cannot reach 0."""
    arrangement = st.session_state.by_hand.arrangement
    st.markdown(
        "**Careful:** a loss of 0 is not what training aims at, for it cannot be reached. "
        f"{loss_canvas.lowest_loss(arrangement.images, arrangement.tau, arrangement.space)} "
        "Cosines end at −1, so every :red[negative] keeps a share of the softmax. Losses "
        "at another τ or N have another floor and cannot be compared."
    )


def draw_examples() -> None:
    """Draw links to the examples; there are none if the page runs without the router."""
    columns = st.columns(len(EXAMPLES))
    for column, (link, name, text) in zip(columns, EXAMPLES, strict=True):
        with column, contextlib.suppress(StreamlitPageNotFoundError):
            st.page_link(
                PAGE, label=name, icon=":material/link:", help="", query_params=link
            )
            st.caption(text)


def _collapse_points() -> None:
    state: loss_canvas.State = st.session_state.by_hand
    arrangement = state.arrangement
    state.replace(Arrangement(2, arrangement.tau, arrangement.space, preset="collapse"))
