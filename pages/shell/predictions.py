"""Predictions of a lab's outcome: made in the quiz or in the lab, kept for the visit."""

import streamlit as st


def widget_key(lab: str, case: str) -> str:
    """Session key of the widget that asks for the prediction in the lab."""
    return f"predicted_{lab}_{case}"


def predict(lab: str, case: str, option: int, origin: str) -> None:
    """Keep a prediction that was made outside the lab.

    Args:
        lab: its slug.
        case: slug of the case within the lab.
        option: index of the chosen option.
        origin: link back to where it was made.
    """
    st.session_state[_predicted(lab, case)] = option
    st.session_state[_origin(lab, case)] = origin
    st.session_state.pop(widget_key(lab, case), None)


def predicted(lab: str, case: str) -> int | None:
    """Index of the option that was chosen outside the lab, None if none was."""
    found = st.session_state.get(_predicted(lab, case))
    return None if found is None else int(found)


def origin(lab: str, case: str) -> str:
    """Link back to where the prediction was made, "" if it was made in the lab."""
    return str(st.session_state.get(_origin(lab, case), ""))


def set_outcome(lab: str, case: str, option: int) -> None:
    """Keep which option this visit's run turned out to be."""
    st.session_state[_outcome(lab, case)] = option


def outcome(lab: str, case: str) -> int | None:
    """Which option this visit's run turned out to be; None if there was no run."""
    found = st.session_state.get(_outcome(lab, case))
    return None if found is None else int(found)


def _predicted(lab: str, case: str) -> str:
    return f"carried_{lab}_{case}"


def _origin(lab: str, case: str) -> str:
    return f"origin_{lab}_{case}"


def _outcome(lab: str, case: str) -> str:
    return f"found_{lab}_{case}"
