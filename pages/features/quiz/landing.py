"""The landing page of the quiz: what is due, a mixed set, and each lesson's questions."""

import streamlit as st

from pages.features.quiz import practice
from pages.shell import account_progress, learner_progress, page_links
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import results, review


def draw(now: int) -> None:
    """Draw the landing page.

    Args:
        now: Unix seconds.
    """
    practice.end_mixed()  # "Draw ten questions" below draws
    st.markdown(
        "Every answer teaches, the wrong ones most. Say how sure you are before you "
        "answer; what you were sure of and got wrong comes back first."
    )
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        _draw_due(now)
    with right, st.container(border=True, height="stretch"):
        st.markdown(
            f"**A mixed ten** from all lessons, new ones first, {len(library())} questions "
            "in all. Mixing lessons feels harder, and you keep more of it."
        )
        page_links.page_link("quiz?mixed=true", "Draw ten questions", "shuffle")
    st.subheader("By lesson", anchor=False)
    for lesson in results.by_lesson(learner_progress.current(), library()):
        _draw_lesson(lesson)
    st.caption(
        "Keys: 1 to 4 choose an answer, H opens a hint, N and B go on and back; Tab and "
        "Enter reach everything else."
    )
    if account_progress.can_sign_in():
        page_links.page_link(
            "your_progress", "Sign in to find your answers on another device", "login"
        )


def draw_link() -> None:
    """Draw a link to the landing page."""
    page_links.page_link("quiz", "All questions", "arrow_back")


def _draw_due(now: int) -> None:
    queue = review.queue(learner_progress.current(), library())
    due_count = sum(entry.due <= now for entry in queue)
    if due_count:
        st.markdown(
            f"**Due today: {due_count}.** Missed before, asked again when it helps."
        )
        page_links.page_link("quiz?review=true", "Review now", "event_repeat")
    elif queue:
        seconds = min(entry.due for entry in queue) - now
        days = max(1, -(-seconds // review.DAY))
        when = "tomorrow" if days == 1 else f"in {days} days"
        st.markdown(
            f"**Nothing is due today.** {len(queue)} to come again, the first {when}."
        )
    else:
        st.markdown(
            "**Nothing is due today.** What you miss comes back after 1, 3, 7 and 16 days."
        )


def _draw_lesson(lesson: results.Known) -> None:
    title = next(b.title for b in library().banks if b.lesson == lesson.slug)
    name, state, practise, exam = st.columns(
        [0.46, 0.24, 0.15, 0.15], vertical_alignment="center"
    )
    name.markdown(f"**{title}**")
    state.caption(
        f"{lesson.answered} of {lesson.questions} answered, {lesson.right} right"
        if lesson.answered
        else f"{lesson.questions} questions"
    )
    with practise:
        page_links.page_link(f"quiz?lesson={lesson.slug}", "Practise", "edit")
    with exam:
        page_links.page_link(
            f"quiz?lesson={lesson.slug}&exam=true", "Exam", "fact_check"
        )
