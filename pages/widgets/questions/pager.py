"""The way through a set: dots to every question, back, next; the place is in the link."""

from collections.abc import Sequence

import streamlit as st

from pages.shell import url_params


def draw_dots(
    ids: Sequence[str], key: str, marks: Sequence[str], *, from_the_top: bool = False
) -> int:
    """Draw the dots and return where the learner stands.

    At first that is where the link says, else the first question without a mark.

    Args:
        ids: of the set's questions.
        key: of the set; the place survives a page switch.
        marks: before each number, as ":material/check: "; "" is open.
        from_the_top: begin with the first, whatever link and marks say.
    """
    state = st.session_state
    if f"{key}_at" not in state:
        asked = st.query_params.get("q", "")
        first = marks.index("") if "" in marks else 0
        first = ids.index(asked) if asked in ids else first
        state[f"{key}_at"] = 0 if from_the_top else first
    at = state[f"{key}_at"] = min(int(state[f"{key}_at"]), len(ids) - 1)
    url_params.write("q", ids[at])
    state[f"{key}_dots"] = at

    def go() -> None:
        state[f"{key}_at"] = state[f"{key}_dots"]

    st.segmented_control(
        "Questions of this set",
        range(len(ids)),
        format_func=lambda number: f"{marks[number]}{number + 1}",
        required=True,
        key=f"{key}_dots",
        on_change=go,
        label_visibility="collapsed",
    )
    return at


def draw_buttons(ids: Sequence[str], key: str, at: int) -> None:
    """Draw the buttons to the question before and the one after."""

    def go(to: int) -> None:
        st.session_state[f"{key}_at"] = to

    with st.container(horizontal=True):
        st.button(
            "Back",
            icon=":material/arrow_back:",
            key=f"{key}_back",
            disabled=at == 0,
            shortcut="b",
            on_click=go,
            args=(at - 1,),
        )
        st.button(
            "Next question",
            icon=":material/arrow_forward:",
            key=f"{key}_next",
            type="primary",
            disabled=at == len(ids) - 1,
            shortcut="n",
            on_click=go,
            args=(at + 1,),
        )
