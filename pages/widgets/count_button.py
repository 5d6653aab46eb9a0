"""A button that counts how often it was pressed."""

from typing import Any

import streamlit as st


def draw(label: str, key: str, count_key: str, **layout: Any) -> int:
    """Draw the button; return the number of presses.

    The press is counted in a callback. The value of ``st.button`` would be lost if another
    click ended the script run before the button was drawn.

    Args:
        label: of the button.
        key: of the button.
        count_key: session key of the number.
        layout: passed to the button: icon, type ….
    """

    def count() -> None:
        st.session_state[count_key] = st.session_state.get(count_key, 0) + 1

    st.button(label, key=key, on_click=count, **layout)
    return int(st.session_state.get(count_key, 0))
