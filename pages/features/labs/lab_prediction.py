"""A prediction before the run, and its comparison with the outcome."""

import streamlit as st

from pages.features.labs.lab import Case, Outcome
from pages.shell import page_links, predictions


def ask(lab: str, slug: str, case: Case, started: bool) -> None:
    """Ask for a prediction; it stays with the case for this visit.

    Args:
        lab: slug of the lab.
        slug: of the case.
        case: holds the question and its options.
        started: whether the arms have been started; then it is too late to predict.
    """
    key = predictions.widget_key(lab, slug)
    predicted = predictions.prediction(lab, slug)
    if predicted is not None and key not in st.session_state:
        st.session_state[key] = case.options[predicted]
    with st.container(border=True):
        st.pills(
            f"**Your prediction.** {case.question}",
            case.options,
            key=key,
            persist_state="session",
            disabled=started,
            help="Tap one before you run it, or skip this. Predicting first makes you see "
            "more of what happens.",
        )


def compare(lab: str, slug: str, case: Case, left: Outcome, right: Outcome) -> None:
    """Show the outcome beside the prediction."""
    index = case.answer(left, right)
    predictions.set_outcome(lab, slug, index)
    outcome = case.options[index]
    prediction = st.session_state.get(predictions.widget_key(lab, slug))
    if prediction is None:
        st.info(f"In this run: **{outcome}**.", icon=":material/flag:")
    elif prediction == outcome:
        st.success(
            f"You predicted “{prediction}”, and so it was in this run.",
            icon=":material/check_circle:",
        )
    else:
        st.info(
            f"You predicted “{prediction}”. In this run it was: **{outcome}**.",
            icon=":material/lightbulb:",
        )
    if origin := predictions.origin(lab, slug):
        page_links.page_link(origin, "Back to the question", "quiz")
