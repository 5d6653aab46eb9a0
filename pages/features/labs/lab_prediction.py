"""A prediction before the run: one tap, skippable; compared with what happened."""

import streamlit as st

from pages.features.labs.lab import Case, Outcome
from pages.shell import navigation, predictions


def ask(lab: str, slug: str, case: Case, begun: bool) -> None:
    """Ask before the run; the answer stays with the case for this visit.

    Args:
        lab, slug: name the lab and the case.
        case: whose question it is.
        begun: whether the arms have been started; too late to predict then.
    """
    key = predictions.widget_key(lab, slug)
    before = predictions.prediction(lab, slug)
    if before is not None and key not in st.session_state:
        st.session_state[key] = case.options[before]
    with st.container(border=True):
        st.pills(
            f"**Your prediction.** {case.question}",
            case.options,
            key=key,
            persist_state="session",
            disabled=begun,
            help="Tap one before you run it, or skip this. Predicting first makes you see "
            "more of what happens.",
        )


def compare(lab: str, slug: str, case: Case, left: Outcome, right: Outcome) -> None:
    """Say what happened, beside what was predicted."""
    found = case.answer(left, right)
    predictions.set_outcome(lab, slug, found)
    truth = case.options[found]
    said = st.session_state.get(predictions.widget_key(lab, slug))
    if said is None:
        st.info(f"In this run: **{truth}**.", icon=":material/flag:")
    elif said == truth:
        st.success(
            f"You predicted “{said}”, and so it was in this run.",
            icon=":material/check_circle:",
        )
    else:
        st.info(
            f"You predicted “{said}”. In this run it was: **{truth}**.",
            icon=":material/lightbulb:",
        )
    if origin := predictions.origin(lab, slug):
        navigation.page_link(origin, "Back to the question", "quiz")
