"""Question sets of one visit: the review of what is due, and ten mixed questions."""

import random
from collections.abc import Sequence

import streamlit as st

from pages.shell import learner_progress
from pages.widgets.questions import question_view
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import review

MIXED_COUNT = 10
_REVIEW, _MIXED, _DRAWS = "quiz_review", "quiz_mixed", "quiz_mixed_draws"


def draw_review() -> None:
    """Draw the questions that are due; answers from before the review do not count."""
    ids, start = _load_review()
    if not ids:
        st.info(
            "Nothing is due. What you miss, or are sure of and get wrong, comes back "
            "after 1, 3, 7 and 16 days.",
            icon=":material/event_available:",
        )
        return
    if _all_answered(ids, start):
        st.success("All done for today.", icon=":material/done_all:")
        st.button(
            "Finish this review",
            on_click=lambda: st.session_state.pop(_REVIEW, None),
        )
    question_view.draw_set(ids, f"review_{start}", since=start)


def draw_mixed() -> None:
    """Draw ten questions: the same ones until :func:`end_mixed`."""
    ids, start = _choose_mixed()
    if _all_answered(ids, start):
        st.success("All ten are answered.", icon=":material/done_all:")
        st.button(
            "Draw ten more",
            icon=":material/shuffle:",
            key="mixed_more",
            on_click=end_mixed,
        )
    question_view.draw_set(ids, f"mixed_{st.session_state[_DRAWS]}", since=start)


def end_mixed() -> None:
    """Let the next :func:`draw_mixed` choose other questions."""
    st.session_state.pop(_MIXED, None)


def _load_review() -> tuple[list[str], int]:
    """The current review: its questions, and its start in Unix seconds."""
    state = st.session_state
    if not state.get(_REVIEW, ((), 0))[0]:
        now = learner_progress.now()
        ids = review.due(learner_progress.current(), library(), now=now)
        state[_REVIEW] = (ids, now)
    current: tuple[list[str], int] = state[_REVIEW]
    return current


def _choose_mixed() -> tuple[list[str], int]:
    """Random questions, those never answered first, and when they were drawn."""
    state = st.session_state
    if _MIXED not in state:
        progress = learner_progress.current()
        draws = state[_DRAWS] = state.get(_DRAWS, 0) + 1
        ids = [question.id for question in library()]
        random.Random(f"{progress.seed}/{len(progress.attempts)}/{draws}").shuffle(ids)
        ids.sort(key=lambda question_id: progress.latest(question_id) is not None)
        state[_MIXED] = (ids[:MIXED_COUNT], learner_progress.now())
    current: tuple[list[str], int] = state[_MIXED]
    return current


def _all_answered(ids: Sequence[str], start: int) -> bool:
    """Whether each of these questions was answered since ``start``, in Unix seconds."""
    answers = [learner_progress.current().latest(question_id) for question_id in ids]
    return all(answer is not None and answer.at >= start for answer in answers)
