"""Links to the lessons, each with the learner's progress."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shell import page_links
from pages.shell.paths import ASSETS
from pages.widgets.lesson_progress import LessonProgress

_STYLE = ASSETS / "lessons.css"


def draw_links(links: Sequence[tuple[LessonProgress, str]], key: str) -> None:
    """Draw links to lessons, each with its status.

    Args:
        links: lessons, each with the name of a Material symbol.
        key: of this list on its page.
    """
    with link_list(key):
        for progress, icon in links:
            label = f"{progress.lesson.title} · {progress.status}"
            page_links.page_link(progress.link, label, icon)


def link_list(key: str) -> DeltaGenerator:
    """A container for links whose long labels wrap to a second line."""
    st.html(_STYLE)
    return st.container(key=f"lesson_links_{key}", gap="xsmall")
