"""Navigation in a set of questions: a button for each, back and next."""

from collections.abc import Sequence

import streamlit as st

from pages.shell import url_params


def draw_question_picker(
    ids: Sequence[str], key: str, marks: Sequence[str], *, start_at_first: bool = False
) -> int:
    """Draw a button for each question; the URL parameter ``q`` follows the choice.

    The first choice is the question in the URL, otherwise the first one without a mark.

    Args:
        ids: of the set's questions.
        key: of the set; the choice survives a page switch.
        marks: in front of each number, as ":material/check: "; "" if not answered.
        start_at_first: begin with the first question, without regard to URL and marks.

    Returns:
        Index of the chosen question.
    """
    state = st.session_state
    if f"{key}_index" not in state:
        linked = st.query_params.get("q", "")
        first = marks.index("") if "" in marks else 0
        first = ids.index(linked) if linked in ids else first
        state[f"{key}_index"] = 0 if start_at_first else first
    index = state[f"{key}_index"] = min(int(state[f"{key}_index"]), len(ids) - 1)
    url_params.write("q", ids[index])
    state[f"{key}_picker"] = index

    def go() -> None:
        state[f"{key}_index"] = state[f"{key}_picker"]

    st.segmented_control(
        "Questions of this set",
        range(len(ids)),
        format_func=lambda number: f"{marks[number]}{number + 1}",
        required=True,
        key=f"{key}_picker",
        on_change=go,
        label_visibility="collapsed",
    )
    return index


def draw_back_next(ids: Sequence[str], key: str, index: int) -> None:
    """Draw the buttons *Back* and *Next question*.

    Args:
        ids: of the set's questions.
        key: of the set, as in :func:`draw_question_picker`.
        index: of the current question.
    """

    def go(step: int) -> None:
        target = st.session_state[f"{key}_index"] + step
        st.session_state[f"{key}_index"] = min(max(target, 0), len(ids) - 1)

    with st.container(horizontal=True):
        st.button(
            "Back",
            icon=":material/arrow_back:",
            key=f"{key}_back",
            disabled=index == 0,
            shortcut="b",
            on_click=go,
            args=(-1,),
        )
        st.button(
            "Next question",
            icon=":material/arrow_forward:",
            key=f"{key}_next",
            type="primary",
            disabled=index == len(ids) - 1,
            shortcut="n",
            on_click=go,
            args=(1,),
        )
