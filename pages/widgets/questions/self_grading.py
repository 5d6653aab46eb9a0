"""Self-grading of a short answer: the learner ticks the ideas that it contains."""

from collections.abc import Callable

import streamlit as st

from ssl_core.quiz.progress import Attempt
from ssl_core.quiz.questions import Short


def draw(
    key: str, question: Short, attempt: Attempt, save: Callable[[tuple[int, ...]], None]
) -> None:
    """Draw the learner's answer beside the model answer, and its ideas to tick.

    Args:
        key: prefix of the widgets' keys.
        question: the one that was answered.
        attempt: holds the answer and the ticked ideas.
        save: is called with the indices of the ticked ideas.
    """
    learner, model = st.columns(2, gap="medium")
    with learner, st.container(border=True, height="stretch"):
        st.markdown("**Your answer**")
        # Not as Markdown, which would take a dollar sign for a formula.
        st.text(str(attempt.answer))
    with model, st.container(border=True, height="stretch"):
        st.markdown(f"**A model answer**\n\n{question.model_answer}")

    def save_ticks() -> None:
        boxes = range(len(question.ideas))
        save(tuple(i for i in boxes if st.session_state[f"{key}_idea_{i}"]))

    with st.form(f"{key}_ideas"):
        st.markdown("**Which of its ideas does yours hold?**")
        for i, idea in enumerate(question.ideas):
            st.checkbox(idea, i in attempt.ideas, key=f"{key}_idea_{i}")
        st.form_submit_button("Keep my ticks", type="primary", on_click=save_ticks)
    if attempt.score is not None:
        ticked = sum(i < len(question.ideas) for i in set(attempt.ideas))
        st.info(
            f"You found {ticked} of {len(question.ideas)} ideas in your answer."
            + (
                " What is missing comes again in your review."
                if not attempt.right
                else ""
            ),
            icon=":material/checklist:",
        )
