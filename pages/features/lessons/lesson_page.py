"""Draws a lesson from top to bottom.

The parts are an opening question, the text, an exercise, a link to the lab, the source
code, the other questions, and links to the next and the previous lesson.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shell import learner_progress, page_links
from pages.widgets import evidence, lesson_links, lesson_progress, source_code
from pages.widgets.questions import question_view
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import lessons
from ssl_core.quiz.lessons import Lesson, LessonError


@dataclass(frozen=True)
class Exercise:
    """The interactive part of a lesson.

    Args:
        heading: above the exercise.
        task: what to try, in one or two sentences.
        draw: draws the exercise; it runs as a fragment, so that only this part reruns.
    """

    heading: str
    task: str
    draw: Callable[[], None]


def draw(slug: str, exercise: Exercise) -> None:
    """Draw the page of a lesson.

    Args:
        slug: of the lesson.
        exercise: its interactive part.
    """
    try:
        lesson = lessons.of(slug)
    except LessonError as error:
        st.title("This lesson cannot be shown", anchor=False)
        st.error(f"{error}.", icon=":material/menu_book:")
        return
    st.title(lesson.title, anchor=False)
    _save_opened(lesson)
    question_open = _draw_opening_question(lesson)
    if not _is_text_open(lesson):
        return
    _draw_text(lesson)
    st.subheader(exercise.heading, anchor=False)
    st.markdown(f":material/touch_app: **Try:** {exercise.task}")
    st.fragment(exercise.draw)()
    with lesson_links.link_list("lab"):
        page_links.page_link(lesson.lab, lesson.lab_label, "science")
    with st.expander("The code that runs", icon=":material/code:"):
        for name in lesson.code:
            st.caption(f"`{name}`")
            source_code.draw(load_object(name))
    st.subheader("Questions", anchor=False)
    if question_open:
        _draw_close_button(lesson)
    else:
        _draw_questions(lesson)
    _draw_neighbours(lesson)


def load_object(name: str) -> Any:
    """Import the function or class of a dotted name of the core."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _is_text_open(lesson: Lesson) -> bool:
    """Whether the opening question was answered or skipped."""
    progress = learner_progress.current()
    return (
        lesson.slug in progress.lessons
        or lesson.opening not in library()
        or progress.latest(lesson.opening) is not None
    )


def _save_opened(lesson: Lesson) -> None:
    """Save that the text was opened, once the opening question was answered."""
    progress = learner_progress.current()
    answered = progress.latest(lesson.opening) is not None
    if answered and lesson.slug not in progress.lessons:
        _open_text(lesson.slug)


def _draw_opening_question(lesson: Lesson) -> bool:
    """Draw the question before the text; return whether its expander is open.

    The question stays in place with its feedback after the answer, so that the page does
    not jump. On a later visit the expander starts closed.
    """
    if lesson.opening not in library():
        return False
    key, state = f"opening_{lesson.slug}", st.session_state
    text_open = _is_text_open(lesson)
    stage = (text_open, _answered_this_visit(lesson))
    if state.get(f"{key}_stage") != stage:
        state[f"{key}_stage"] = stage
        state[key] = not text_open or stage[1]
    label = "The question before the text" if text_open else "Before you read, a guess"
    box = st.expander(label, key=key, icon=":material/psychology:", on_change="rerun")
    if not box.open and text_open:
        return False
    with box:
        note = "You need not know it yet: guessing first makes the text stick."
        question_view.draw_question(
            lesson.opening, f"{key}_question", "" if text_open else note
        )
    if not text_open:
        st.button(
            "Read on without answering",
            icon=":material/menu_book:",
            key=f"{key}_skip",
            on_click=_open_text,
            args=(lesson.slug,),
        )
    return True


def _answered_this_visit(lesson: Lesson) -> bool:
    """Whether the opening question was answered since the page was first drawn."""
    visit_start = st.session_state.setdefault(
        f"opening_{lesson.slug}_visit_start", learner_progress.now()
    )
    latest = learner_progress.current().latest(lesson.opening)
    return latest is not None and latest.at >= visit_start


def _open_text(slug: str) -> None:
    learner_progress.save(
        learner_progress.current().with_lesson(slug, learner_progress.now())
    )


def _draw_close_button(lesson: Lesson) -> None:
    """Draw the button that closes the opening question.

    Only one question is open at a time: two would react to the same keyboard shortcuts.
    """

    def close() -> None:
        st.session_state[f"opening_{lesson.slug}"] = False

    count = len(_other_questions(lesson))
    st.button(
        f"On to the {count} questions",
        icon=":material/quiz:",
        type="primary",
        key=f"opening_{lesson.slug}_close",
        on_click=close,
    )


def _draw_text(lesson: Lesson) -> None:
    with st.container(width=760, key="lesson_text"):
        st.markdown(evidence.fill_numbers(lesson.text))


def _other_questions(lesson: Lesson) -> list[str]:
    questions = library().of_lesson(lesson.slug)
    return [q.id for q in questions if q.id != lesson.opening]


def _draw_questions(lesson: Lesson) -> None:
    question_view.draw_set(_other_questions(lesson), f"lesson_{lesson.slug}")


def _draw_neighbours(lesson: Lesson) -> None:
    try:
        previous, following = lesson_progress.neighbours(lesson.slug)
    except LessonError as error:
        st.error(f"{error}.", icon=":material/menu_book:")
        return
    st.subheader("Go on", anchor=False)
    neighbours = ((following, "arrow_forward"), (previous, "arrow_back"))
    lesson_links.draw_links(
        [(progress, icon) for progress, icon in neighbours if progress], "around"
    )
    if following is None:
        page_links.page_link(
            "quiz", "That was the last lesson: on to the quiz", "arrow_forward"
        )
