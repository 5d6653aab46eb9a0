"""The welcome page's parts: two pairs on a circle with their loss, and the doors."""

import contextlib
import math

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from pages._ui.lessons import path
from pages._ui.palette import ANCHOR, GHOST, NEGATIVE, POSITIVE
from pages._ui.quiz import doors, store
from pages._ui.quiz.shelf import library
from ssl_core.quiz.lessons import LessonError
from ssl_core.quiz.review import due


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


def two_pairs(turn: float, temperature: float) -> tuple[str, str]:
    """Two images, two views each, as directions on a circle, and their NT-Xent.

    All four views stand alike here: one partner, one view opposite, one in between. So one
    anchor's loss is the batch's, and needs no torch; and a circle and four lines need no
    Plotly. The first page would wait for either.

    Args:
        turn: degrees between a view and its partner.
        temperature: tau > 0.

    Returns:
        A drawing as SVG, and what it shows in a sentence.
    """
    partner = math.cos(math.radians(turn))
    scores = [cosine / temperature for cosine in (partner, -1.0, -partner)]
    loss = math.log(sum(map(math.exp, scores))) - scores[0]
    half = turn / 2
    views = (
        _view(90 + half, ANCHOR, "anchor", "end", -12),
        _view(90 - half, POSITIVE, "its partner", "start", -12),
        _view(270 + half, NEGATIVE, "negative", "start", 26),
        _view(270 - half, NEGATIVE, "negative", "end", 26),
    )
    # Large bold letters, for one grey has to be read on a white page and on a dark one.
    letters = 'style="font: bold 19px sans-serif" fill="#7a828c"'
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-220 -135 440 270" {letters}>'
        f'<circle r="100" fill="none" stroke="{GHOST}"/>{"".join(views)}</svg>'
    )
    return drawing, _sentence(turn, temperature, loss)


def _view(angle: float, colour: str, role: str, side: str, below: float) -> str:
    """A line from the middle, a dot at its end, and what the view is."""
    x, y = 100 * math.cos(math.radians(angle)), -100 * math.sin(math.radians(angle))
    return (
        f'<path d="M0 0L{x:.1f} {y:.1f}" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}"/>'
        f'<text x="{x:.1f}" y="{y + below:.1f}" text-anchor="{side}">{role}</text>'
    )


def _sentence(turn: float, temperature: float, loss: float) -> str:
    cosine = math.cos(math.radians(turn))
    nothing = math.log(3)
    verdict = "worse than knowing nothing" if loss > nothing else "below it"
    return (
        f"Partner at cosine {cosine:.2f}, temperature {temperature:.2f}: NT-Xent is "
        f"**{loss:.3f}** nats. If all four views coincided it would be log 3 = "
        f"{nothing:.3f}; this is {verdict}."
    )
