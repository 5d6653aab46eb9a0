"""The welcome page's parts: two pairs on a circle with their loss, and the doors."""

import contextlib
import math

import plotly.graph_objects as go
import streamlit as st
import torch
from streamlit.errors import StreamlitPageNotFoundError

from pages._ui.figures import CONFIG, Shown
from pages._ui.lessons import path
from pages._ui.palette import ANCHOR, GHOST, NEGATIVE, POSITIVE
from pages._ui.quiz import doors, store
from pages._ui.quiz.shelf import library
from ssl_core.methods.simclr import nt_xent
from ssl_core.quiz.lessons import LessonError
from ssl_core.quiz.review import due

__all__ = ["CONFIG", "door", "learn", "quiz", "row", "two_pairs"]


def door(page: str, label: str, icon: str) -> None:
    """A link to another page; nothing where a page runs without the router."""
    with contextlib.suppress(StreamlitPageNotFoundError):
        st.page_link(page, label=label, icon=icon)


def row(*pages: tuple[str, str, str]) -> None:
    """Links to pages, as many beside each other as there is room for.

    Args:
        pages: each its file, label and Material symbol.
    """
    with st.container(horizontal=True, gap="small"):
        for page, label, icon in pages:
            door(f"pages/{page}.py", label=label, icon=f":material/{icon}:")


def learn() -> None:
    """The lessons, each with how much of it is done."""
    st.markdown(
        "**Learn.** A question first, then the idea, something to touch, and questions "
        "whose every answer teaches."
    )
    try:
        stops = path.stops()
    except LessonError as error:
        st.error(f"{error}.", icon=":material/menu_book:")
        return
    path.links([(stop, stop.icon) for stop in stops], "welcome")


def quiz() -> None:
    """How many questions there are, and how many come again today."""
    now = store.progress()
    ready = len(due(now, library(), now=store.now()))
    answered = sum(now.latest(question.id) is not None for question in library())
    st.markdown(
        f"**Quiz.** {len(library())} questions, {answered} answered. **Due today: "
        f"{ready}.** What you missed, or were sure of and got wrong, comes again after "
        "1, 3, 7 and 16 days."
    )
    if ready:
        doors.door("quiz?review=true", f"Review the {ready} now", "event_repeat")
    doors.door("quiz", "Open the quiz", "quiz")


def two_pairs(turn: float, temperature: float) -> Shown:
    """Two images, two views each, as directions; the loss is the core's NT-Xent.

    Args:
        turn: degrees between a view and its partner.
        temperature: tau > 0.
    """
    half = turn / 2
    angles = {"A1": 90 + half, "A2": 90 - half, "B1": 270 + half, "B2": 270 - half}
    z = {name: _unit(a) for name, a in angles.items()}
    loss = nt_xent(
        torch.tensor([z["A1"], z["B1"]]), torch.tensor([z["A2"], z["B2"]]), temperature
    ).item()
    colours = {"A1": ANCHOR, "A2": POSITIVE, "B1": NEGATIVE, "B2": NEGATIVE}
    roles = {"A1": "anchor", "A2": "its partner", "B1": "negative", "B2": "negative"}
    figure = go.Figure()
    circle = [_unit(a) for a in range(0, 361, 4)]
    figure.add_scatter(
        x=[p[0] for p in circle],
        y=[p[1] for p in circle],
        mode="lines",
        line={"color": GHOST, "width": 1},
        hoverinfo="skip",
    )
    for name, (x, y) in z.items():
        figure.add_scatter(
            x=[0, x],
            y=[0, y],
            mode="lines+markers+text",
            line={"color": colours[name], "width": 3},
            marker={"size": [0, 12], "color": colours[name]},
            text=["", roles[name]],
            textposition="top center" if y > 0 else "bottom center",
            hoverinfo="skip",
        )
    figure.update_xaxes(range=[-1.7, 1.7], visible=False)
    figure.update_yaxes(range=[-1.35, 1.35], visible=False, scaleanchor="x")
    figure.update_layout(
        height=300, showlegend=False, margin=dict.fromkeys("lrtb", 0), dragmode=False
    )
    return Shown(figure, _sentence(turn, temperature, loss))


def _sentence(turn: float, temperature: float, loss: float) -> str:
    cosine = math.cos(math.radians(turn))
    nothing = math.log(3)
    verdict = "worse than knowing nothing" if loss > nothing else "below it"
    return (
        f"Partner at cosine {cosine:.2f}, temperature {temperature:.2f}: NT-Xent is "
        f"**{loss:.3f}** nats. If all four views coincided it would be log 3 = "
        f"{nothing:.3f}; this is {verdict}."
    )


def _unit(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
