"""Parts of the welcome page: links to pages, lessons and the quiz."""

import streamlit as st

from pages.shell import learner_progress, page_links
from pages.widgets import lesson_links, lesson_progress
from pages.widgets.questions.catalogue import library
from ssl_core.quiz.lessons import LessonError
from ssl_core.quiz.review import due


def draw_page_links(*pages: tuple[str, str, str]) -> None:
    """Draw links to pages side by side, as many as fit.

    Args:
        pages: slug, label and Material symbol of each.
    """
    with st.container(horizontal=True, gap="small"):
        for slug, label, icon in pages:
            page_links.page_link(slug, label, icon)


def draw_lessons() -> None:
    """Draw links to the lessons with the progress in each."""
    st.markdown(
        "**Learn.** A question first, then the idea, something to touch, and questions "
        "whose every answer teaches."
    )
    try:
        lessons = lesson_progress.all_lessons()
    except LessonError as error:
        st.error(f"{error}.", icon=":material/menu_book:")
        return
    lesson_links.draw_links([(lesson, lesson.icon) for lesson in lessons], "welcome")


def draw_quiz() -> None:
    """Draw the number of questions and of those due today, and links to the quiz."""
    progress = learner_progress.current()
    due_count = len(due(progress, library(), now=learner_progress.now()))
    answered = sum(progress.latest(question.id) is not None for question in library())
    st.markdown(
        f"**Quiz.** {len(library())} questions, {answered} answered. **Due today: "
        f"{due_count}.** What you missed, or were sure of and got wrong, comes again after "
        "1, 3, 7 and 16 days."
    )
    if due_count:
        page_links.page_link(
            "quiz?review=true", f"Review the {due_count} now", "event_repeat"
        )
    page_links.page_link("quiz", "Open the quiz", "quiz")
