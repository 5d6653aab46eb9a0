"""Question sets of one visit: the review of what is due, and ten mixed questions."""

import random

import streamlit as st

from pages.shell import learner_progress
from pages.widgets.questions import question_view
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import review

MIXED_COUNT = 10
_REVIEW, _MIXED = "quiz_review", "quiz_mixed"


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
    progress = learner_progress.current()
    answers = [progress.latest(question_id) for question_id in ids]
    if all(answer is not None and answer.at >= start for answer in answers):
        st.success("All done for today.", icon=":material/done_all:")
        st.button(
            "Finish this review",
            on_click=lambda: st.session_state.pop(_REVIEW, None),
        )
    question_view.draw_set(ids, f"review_{start}", since=start)


def draw_mixed() -> None:
    """Draw ten questions, the same ones throughout the visit."""
    question_view.draw_set(_choose_mixed(), "mixed")


def _load_review() -> tuple[list[str], int]:
    """The current review: its questions, and its start in Unix seconds."""
    state = st.session_state
    if not state.get(_REVIEW, ((), 0))[0]:
        now = learner_progress.now()
        ids = review.due(learner_progress.current(), library(), now=now)
        state[_REVIEW] = (ids, now)
    current: tuple[list[str], int] = state[_REVIEW]
    return current


def _choose_mixed() -> list[str]:
    """Random questions, those never answered first."""
    if _MIXED not in st.session_state:
        progress = learner_progress.current()
        ids = [question.id for question in library()]
        random.Random(f"{progress.seed}/{len(progress.attempts)}").shuffle(ids)
        ids.sort(key=lambda question_id: progress.latest(question_id) is not None)
        st.session_state[_MIXED] = ids[:MIXED_COUNT]
    return list(st.session_state[_MIXED])
