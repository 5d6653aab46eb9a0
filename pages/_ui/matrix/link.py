"""What a link to the matrix inspector may say, and a sentence for what it may not."""

from collections.abc import Mapping

import streamlit as st

from pages._ui import address
from ssl_core.knobs import Knob


def check(known: Mapping[str, Knob]) -> None:
    """Name every value of the link that this page cannot take.

    Call it before the widgets of these names are drawn. Each is looked at once a visit,
    and what was said stays until the learner moves that widget.

    Args:
        known: URL parameter -> what is allowed; its default is what is used instead.
    """
    looked = st.session_state.setdefault("matrix_link", {})
    for name, knob in known.items():
        if name not in looked:
            looked[name] = _complaint(name, knob)
        unmoved = st.session_state.get(name, knob.default) == knob.default
        if looked[name] and unmoved:
            address.complain(f"In this link, {looked[name]}.")


def _complaint(name: str, knob: Knob) -> str | None:
    if name not in st.query_params:
        return None
    try:
        knob.check(name, st.query_params[name])
    except ValueError as error:
        return f"{error}; {knob.default} is used instead"
    return None
