"""A prediction before the run: one tap, skippable; compared with what happened."""

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.labs.arms import Outcome
from pages._ui.quiz import doors

if TYPE_CHECKING:
    from pages._ui.labs.story import Case


def ask(lab: str, slug: str, case: "Case", begun: bool) -> None:
    """Ask before the run; the answer stays with the case for this visit.

    Args:
        lab, slug: name the lab and the case.
        case: whose question it is.
        begun: whether the arms have been started; too late to predict then.
    """
    carried = st.session_state.get(_carried(lab, slug))
    if carried is not None and _key(lab, slug) not in st.session_state:
        st.session_state[_key(lab, slug)] = case.options[carried]
    with st.container(border=True):
        st.pills(
            f"**Your prediction.** {case.question}",
            case.options,
            key=_key(lab, slug),
            persist_state="session",
            disabled=begun,
            help="Tap one before you run it, or skip this. Predicting first makes you see "
            "more of what happens.",
        )


def settle(lab: str, slug: str, case: "Case", left: Outcome, right: Outcome) -> None:
    """Say what happened, beside what was predicted."""
    found = case.answer(left, right)
    st.session_state[_found(lab, slug)] = found
    truth = case.options[found]
    said = st.session_state.get(_key(lab, slug))
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
    if origin := st.session_state.get(_origin(lab, slug)):
        doors.door(origin, "Back to the question", "quiz")


def remember(lab: str, slug: str, option: int, origin: str) -> None:
    """Take over a prediction that was made elsewhere.

    Args:
        lab, slug: name the lab and the case.
        option: its place among the case's options.
        origin: link back to where it was made.
    """
    st.session_state[_carried(lab, slug)] = option
    st.session_state[_origin(lab, slug)] = origin
    st.session_state.pop(_key(lab, slug), None)


def settled(lab: str, slug: str) -> int | None:
    """What this visit's run of a case gave; None if there was none."""
    found = st.session_state.get(_found(lab, slug))
    return None if found is None else int(found)


def _origin(lab: str, slug: str) -> str:
    return f"origin_{lab}_{slug}"


def _carried(lab: str, slug: str) -> str:
    return f"carried_{lab}_{slug}"


def _found(lab: str, slug: str) -> str:
    return f"found_{lab}_{slug}"


def _key(lab: str, slug: str) -> str:
    return f"predicted_{lab}_{slug}"
