"""URL parameters: what a link may set on a page, checked in one place.

A page declares its parameters as name -> :class:`UrlParam`; a
:class:`ssl_core.knobs.Knob` is one, since it has a default and a check. :func:`check` takes
out of the address what the page cannot use, before any widget sees it, and says so in one
sentence. The sentence stays until the parameter is set anew or another page opens.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import streamlit as st
from streamlit.errors import StreamlitAPIException

_MARKUP = re.compile(r"([\\`*\[\]$!|~])")  # Streamlit itself draws no HTML
_COMPLAINTS, _PAGE = "url_complaints", "url_page"


class UrlParam(Protocol):
    """One parameter: the value without it, and a check of the text that a link carries."""

    @property
    def default(self) -> Any:
        """Value if the link does not say, or says something that is not allowed."""
        ...

    def check(self, name: str, value: Any) -> Any:
        """Return the value of the text, or raise a ``ValueError`` of one sentence."""
        ...


@dataclass(frozen=True)
class TextParam:
    """A parameter with a text format of its own.

    Args:
        default: value if the link does not say.
        parse: makes the value of the text, or raises a ``ValueError`` of one sentence.
        shown: the default in words; itself if left out.
    """

    default: Any
    parse: Callable[[str], Any]
    shown: str = ""

    def check(self, name: str, value: Any) -> Any:
        """Return the value of the text, or raise a ``ValueError`` of one sentence."""
        return self.parse(str(value))


@dataclass(frozen=True)
class _Complaint:
    """A sentence about a link, and when it is done with: the widget no longer says this."""

    sentence: str
    key: str
    instead: Any


def begin(page: str) -> None:
    """Forget the complaints of another page; the router calls it in every script run."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state[_COMPLAINTS] = {}


def check(
    params: Mapping[str, UrlParam], keys: Mapping[str, str] | None = None
) -> None:
    """Take values that are not allowed out of the address, and draw a complaint of each.

    Call it before the widgets of these parameters are drawn.

    Args:
        params: URL parameter -> what is allowed.
        keys: URL parameter -> session key of its widget, where the two differ.
    """
    validate(params, keys)
    show_complaints(params)


def validate(
    params: Mapping[str, UrlParam], keys: Mapping[str, str] | None = None
) -> None:
    """:func:`check` without drawing; :func:`show_complaints` draws elsewhere."""
    complaints = _complaints()
    for name, param in params.items():
        text = st.query_params.get(name)
        if text is None:
            continue
        complaints.pop(name, None)
        key = (keys or {}).get(name, name)
        try:
            _normalise(name, text, key, param.check(name, text))
        except ValueError as refusal:
            sentence = f"In this link, {refusal}; {_in_words(param)}."
            complaints[name] = _Complaint(sentence, key, param.default)
            write(name, "")


def show_complaints(names: Iterable[str]) -> None:
    """Draw the complaints about these parameters, of those that were not set since."""
    complaints = _complaints()
    for name in names:
        if (known := complaints.get(name)) is None:
            continue
        if st.session_state.get(known.key, known.instead) == known.instead:
            complain(known.sentence)
        else:
            del complaints[name]


def first_value(name: str, param: UrlParam, key: str = "") -> Any:
    """The value that a link sets, the default without one; :func:`validate` included.

    Args:
        name: of the URL parameter.
        param: what is allowed.
        key: session key of its widget, if it is another than ``name``.
    """
    validate({name: param}, {name: key or name})
    text = st.query_params.get(name)
    try:
        return param.default if text is None else param.check(name, text)
    except ValueError:  # it could not be taken out of the address
        return param.default


def complain(sentence: str) -> None:
    """Draw a sentence about a link; nothing in it is taken as markup or becomes a link.

    Whoever sends a link could otherwise write on the page of whoever opens it.
    """
    text = _MARKUP.sub(r"\\\1", sentence)
    for opening in ("://", "www.", "@"):  # what Markdown makes a link of by itself
        text = text.replace(opening, f"{opening[0]}\u2060{opening[1:]}")
    st.warning(text, icon=":material/link_off:")


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


def _complaints() -> dict[str, _Complaint]:
    found: dict[str, _Complaint] = st.session_state.setdefault(_COMPLAINTS, {})
    return found


def _normalise(name: str, text: str, key: str, value: Any) -> None:
    """Write a whole number as digits: Streamlit's binding does not read 1e3 as one."""
    if isinstance(value, int) and not isinstance(value, bool) and not text.isdecimal():
        st.session_state.setdefault(key, value)
        write(name, str(value))


def _in_words(param: UrlParam) -> str:
    if param.default is None:
        return "it is left out"
    shown = getattr(param, "shown", None)
    if not isinstance(shown, str) or not shown:
        shown = str(param.default)
        if isinstance(param.default, bool):
            shown = shown.lower()
    return f"{shown} is used instead"
