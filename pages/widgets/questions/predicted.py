"""A prediction is answered by running it: the way to the lab, and what came back from it."""

from urllib.parse import parse_qs

import streamlit as st

from pages.shell import predictions
from ssl_core.quiz.questions import Predict


def take_to_lab(question: Predict, option: int) -> None:
    """Take the prediction along to the lab, where the run will be compared with it."""
    slug, case = _place(question)
    predictions.set_prediction(slug, case, option, f"quiz?q={question.id}")


def show_outcome(question: Predict) -> None:
    """Say what the learner's own run gave, or how to make one."""
    slug, case = _place(question)
    found = predictions.outcome(slug, case)
    if found is None:
        st.info(
            "That is what five seeds of ours gave. Don't take our word for it: open the "
            "lab below, run both arms, and come back; it knows your prediction.",
            icon=":material/play_arrow:",
        )
        return
    truth = next(i for i, o in enumerate(question.options) if o.right)
    said = question.options[found].text.rstrip(".")
    agreed = "as in our five seeds" if found == truth else "unlike our five seeds"
    st.info(f"In your own run: {said}, {agreed}.", icon=":material/flag:")


def _place(question: Predict) -> tuple[str, str]:
    slug, _, query = question.lab.partition("?")
    return slug, parse_qs(query).get("case", [""])[0]
