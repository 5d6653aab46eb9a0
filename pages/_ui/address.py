"""What a page writes into the browser's address."""

import contextlib

import streamlit as st
from streamlit.errors import StreamlitAPIException


def write(name: str, value: str) -> None:
    """Set a parameter of the address; an empty value removes it.

    On the first run after a page switch a parameter may still belong to a widget of the
    page that was left, and cannot be written: the next run writes it.
    """
    with contextlib.suppress(StreamlitAPIException):
        if value:
            if st.query_params.get(name) != value:
                st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
