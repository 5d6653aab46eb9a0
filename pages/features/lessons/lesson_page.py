"""A lesson on screen, in the order in which it is learned.

A question before the text, the text with its equation, something live with a task, the
way to the lab, the source that runs, the questions, and the lessons around it.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shell import identity, learner_progress, navigation
from pages.widgets import evidence, lesson_links, source_code
from pages.widgets.questions import question_view
from ssl_core.quiz import lessons
from ssl_core.quiz.lessons import Lesson, LessonError


@dataclass(frozen=True)
class Live:
    """What a lesson lets the learner touch.

    Args:
        heading: of its part of the page.
        task: what to try, one or two sentences.
        draw: draws it; runs as a fragment, so that it answers at once.
    """

    heading: str
    task: str
    draw: Callable[[], None]


def page(slug: str, live: Live) -> None:
    """Draw a lesson."""
    identity.set_cookie()
    try:
        lesson = lessons.of(slug)
    except LessonError as error:
        st.title("This lesson cannot be shown", anchor=False)
        st.error(f"{error}.", icon=":material/menu_book:")
        return
    st.title(lesson.title, anchor=False)
    asking = _opening(lesson)
    if not _passed(lesson):
        return
    _text(lesson)
    st.subheader(live.heading, anchor=False)
    st.markdown(f":material/touch_app: **Try:** {live.task}")
    st.fragment(live.draw)()
    with lesson_links.link_list("lab"):
        navigation.page_link(lesson.lab, lesson.lab_label, "science")
    with st.expander("The code that runs", icon=":material/code:"):
        for name in lesson.code:
            st.caption(f"`{name}`")
            source_code.draw(part(name))
    st.subheader("Questions", anchor=False)
    if asking:
        _close_opening(lesson)
    else:
        _questions(lesson)
    _around(lesson)


def part(name: str) -> Any:
    """The function or class of a dotted name, as it stands in the core."""
    module, _, own = name.rpartition(".")
    return getattr(importlib.import_module(module), own)


def _passed(lesson: Lesson) -> bool:
    """Whether the text is open: the question before it was answered, or skipped."""
    now = learner_progress.current()
    if lesson.slug in now.lessons or lesson.opening not in question_view.library():
        return True
    if now.latest(lesson.opening) is None:
        return False
    learner_progress.save(now.with_lesson(lesson.slug, learner_progress.now()))
    return True


def _opening(lesson: Lesson) -> bool:
    """Ask the question before the text; returns whether it stands open.

    It keeps its place once it is answered, with the feedback, so that nothing jumps; on
    a later visit it is closed.
    """
    if lesson.opening not in question_view.library():
        return False
    key, state, passed = f"opening_{lesson.slug}", st.session_state, _passed(lesson)
    stage = (passed, _asked_now(lesson))
    if state.get(f"{key}_stage") != stage:
        state[f"{key}_stage"] = stage
        state[key] = not passed or stage[1]
    label = "The question before the text" if passed else "Before you read, a guess"
    box = st.expander(label, key=key, icon=":material/psychology:", on_change="rerun")
    if not box.open and passed:
        return False
    with box:
        note = "You need not know it yet: guessing first makes the text stick."
        question_view.draw_question(
            lesson.opening, f"{key}_question", "" if passed else note
        )
    if not passed:
        st.button(
            "Read on without answering",
            icon=":material/menu_book:",
            key=f"{key}_skip",
            on_click=_skip,
            args=(lesson.slug,),
        )
    return True


def _asked_now(lesson: Lesson) -> bool:
    """Whether the opening question was answered since the page was first drawn."""
    begun = st.session_state.setdefault(
        f"opening_{lesson.slug}_begun", learner_progress.now()
    )
    latest = learner_progress.current().latest(lesson.opening)
    return latest is not None and latest.at >= begun


def _skip(slug: str) -> None:
    learner_progress.save(
        learner_progress.current().with_lesson(slug, learner_progress.now())
    )


def _close_opening(lesson: Lesson) -> None:
    """One question at a time: two would answer to the same keys."""

    def close() -> None:
        st.session_state[f"opening_{lesson.slug}"] = False

    count = len(_rest(lesson))
    st.button(
        f"On to the {count} questions",
        icon=":material/quiz:",
        type="primary",
        key=f"opening_{lesson.slug}_close",
        on_click=close,
    )


def _text(lesson: Lesson) -> None:
    with st.container(width=760, key="lesson_text"):
        st.markdown(evidence.fill_numbers(lesson.text))


def _rest(lesson: Lesson) -> list[str]:
    every = question_view.library().of_lesson(lesson.slug)
    return [q.id for q in every if q.id != lesson.opening]


def _questions(lesson: Lesson) -> None:
    question_view.draw_set(_rest(lesson), f"lesson_{lesson.slug}")


def _around(lesson: Lesson) -> None:
    try:
        before, after = lesson_links.neighbours(lesson.slug)
    except LessonError as error:
        st.error(f"{error}.", icon=":material/menu_book:")
        return
    st.subheader("Go on", anchor=False)
    both = ((after, "arrow_forward"), (before, "arrow_back"))
    lesson_links.draw_links([(stop, icon) for stop, icon in both if stop], "around")
    if after is None:
        navigation.page_link(
            "quiz", "That was the last lesson: on to the quiz", "arrow_forward"
        )
