"""Questions of kind Predict: they take the prediction to a lab and show its outcome."""

from urllib.parse import parse_qs

import streamlit as st

from pages.shell import predictions
from ssl_core.quiz.questions import Predict


def take_to_lab(question: Predict, option: int) -> None:
    """Store the prediction for the lab, which compares it with the learner's run."""
    lab, case = _lab_case(question)
    predictions.set_prediction(lab, case, option, f"quiz?q={question.id}")


def draw_outcome(question: Predict) -> None:
    """Draw the outcome of the learner's own run, or where to make one."""
    lab, case = _lab_case(question)
    outcome = predictions.outcome(lab, case)
    if outcome is None:
        st.info(
            "That is what five seeds of ours gave. Don't take our word for it: open the "
            "lab below, run both arms, and come back; it knows your prediction.",
            icon=":material/play_arrow:",
        )
        return
    expected = next(i for i, o in enumerate(question.options) if o.right)
    text = question.options[outcome].text.rstrip(".")
    comparison = "as in" if outcome == expected else "unlike"
    st.info(
        f"In your own run: {text}, {comparison} our five seeds.", icon=":material/flag:"
    )


def _lab_case(question: Predict) -> tuple[str, str]:
    """Slugs of the lab and of its case, from the question's link."""
    lab, _, query = question.lab.partition("?")
    return lab, parse_qs(query).get("case", [""])[0]
