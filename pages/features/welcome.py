"""Parts of the welcome page: links to pages, lessons and the quiz."""

import streamlit as st

from pages.shell import learner_progress, navigation
from pages.widgets import lesson_links
from pages.widgets.questions.catalogue import library
from ssl_core.quiz.lessons import LessonError
from ssl_core.quiz.review import due


def row(*pages: tuple[str, str, str]) -> None:
    """Links to pages, as many beside each other as there is room for.

    Args:
        pages: each its address, label and Material symbol.
    """
    with st.container(horizontal=True, gap="small"):
        for slug, label, icon in pages:
            navigation.page_link(slug, label, icon)


def learn() -> None:
    """The lessons, each with how much of it is done."""
    st.markdown(
        "**Learn.** A question first, then the idea, something to touch, and questions "
        "whose every answer teaches."
    )
    try:
        stops = lesson_links.lesson_progress()
    except LessonError as error:
        st.error(f"{error}.", icon=":material/menu_book:")
        return
    lesson_links.draw_links([(stop, stop.icon) for stop in stops], "welcome")


def quiz() -> None:
    """How many questions there are, and how many come again today."""
    now = learner_progress.current()
    ready = len(due(now, library(), now=learner_progress.now()))
    answered = sum(now.latest(question.id) is not None for question in library())
    st.markdown(
        f"**Quiz.** {len(library())} questions, {answered} answered. **Due today: "
        f"{ready}.** What you missed, or were sure of and got wrong, comes again after "
        "1, 3, 7 and 16 days."
    )
    if ready:
        navigation.page_link(
            "quiz?review=true", f"Review the {ready} now", "event_repeat"
        )
    navigation.page_link("quiz", "Open the quiz", "quiz")
