"""Learners' predictions of a lab's outcome, and the outcomes, for one visit.

A prediction is made in the quiz or in the lab.
"""

import streamlit as st


def widget_key(lab: str, case: str) -> str:
    """Session key of the lab's widget that asks for the prediction."""
    return f"predicted_{lab}_{case}"


def set_prediction(lab: str, case: str, option: int, origin: str) -> None:
    """Store a prediction that was made outside the lab.

    Args:
        lab: its slug.
        case: slug of the case within the lab.
        option: index of the chosen option.
        origin: link back to where it was made.
    """
    st.session_state[_prediction_key(lab, case)] = option
    st.session_state[_origin_key(lab, case)] = origin
    st.session_state.pop(widget_key(lab, case), None)


def prediction(lab: str, case: str) -> int | None:
    """Index of the option that was chosen outside the lab; None if none was."""
    option: int | None = st.session_state.get(_prediction_key(lab, case))
    return option


def origin(lab: str, case: str) -> str:
    """Link back to where the prediction was made; "" if it was made in the lab."""
    return str(st.session_state.get(_origin_key(lab, case), ""))


def set_outcome(lab: str, case: str, option: int) -> None:
    """Store which option came true in this visit's run."""
    st.session_state[_outcome_key(lab, case)] = option


def outcome(lab: str, case: str) -> int | None:
    """Index of the option that came true in this visit's run; None without a run."""
    option: int | None = st.session_state.get(_outcome_key(lab, case))
    return option


def _prediction_key(lab: str, case: str) -> str:
    return f"prediction_{lab}_{case}"


def _origin_key(lab: str, case: str) -> str:
    return f"origin_{lab}_{case}"


def _outcome_key(lab: str, case: str) -> str:
    return f"outcome_{lab}_{case}"
