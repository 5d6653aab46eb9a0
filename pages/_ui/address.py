"""What a page reads from the browser's address, and writes into it."""

import contextlib
import math
import re
from collections.abc import Callable
from typing import Literal, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException

T = TypeVar("T")
MARKUP = re.compile(r"([\\`*\[\]$!|~])")  # Streamlit itself draws no HTML


def read(name: str, check: Callable[[str], T], default: T, instead: str = "") -> T:
    """A value that a link carries; nonsense is named, and the default taken.

    Args:
        name: of the parameter.
        check: makes the value of the text, or raises a ``ValueError`` of one sentence.
        default: without the parameter, and in place of nonsense.
        instead: the default in words, itself if left out.
    """
    text = st.query_params.get(name)
    if text is None:
        return default
    try:
        return check(text)
    except ValueError as refusal:
        complain(f"In this link, {refusal}; {instead or default} is used instead.")
        return default


def complain(sentence: str) -> None:
    """Say what a link got wrong, in its own characters: nothing in it is taken as markup.

    Whoever sends a link could otherwise write on the page of who opens it.
    """
    text = MARKUP.sub(r"\\\1", sentence)
    for opening in ("://", "www.", "@"):  # of what Markdown makes a link by itself
        text = text.replace(opening, f"{opening[0]}\u2060{opening[1:]}")
    st.warning(text, icon=":material/link_off:")


def binding(name: str) -> Literal["query-params"] | None:
    """``bind`` of a field for a whole number: none if the link says infinity.

    Streamlit 1.67 fails on it where it takes other nonsense for nothing said.
    """
    for text in st.query_params.get_all(name):
        with contextlib.suppress(ValueError):
            if math.isinf(float(text)):
                return None
    return "query-params"


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
