"""URL parameters: what a link may set on a page, checked in one place.

A page declares its parameters as name -> :class:`UrlParam`. A :class:`ssl_core.knobs.Knob`
is one, since it has a default and a check. :func:`check` removes invalid values from the URL
before a widget reads them, and draws a complaint of one sentence for each. A complaint stays
until the learner changes the parameter or opens another page.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import streamlit as st
from streamlit.errors import StreamlitAPIException

# Markup of Markdown, except "_" within a word; HTML is escaped by Streamlit.
_MARKUP = re.compile(r"([\\`*\[\]$!|~]|(?<![^\W_])_|_(?![^\W_]))")
# The first character of links, icons and emoji: https://, www., a@b, :material/star:
_OPENING = re.compile(r"(:(?=\S)|@|w(?=ww\.))", re.I)
_COMPLAINTS, _PAGE, _LINK = "url_complaints", "url_page", "url_link"


class UrlParam(Protocol):
    """One parameter: its default value, and a check of the text in a link."""

    @property
    def default(self) -> Any:
        """Value if a link has no valid value."""
        ...

    def check(self, name: str, value: Any) -> Any:
        """Return the value of the text; raise ``ValueError`` of one sentence."""
        ...


@dataclass(frozen=True)
class TextParam:
    """A parameter with its own text format.

    Args:
        default: value if a link has no valid value.
        parse: makes the value of the text, or raises a ``ValueError`` of one sentence.
        default_text: the default as a complaint names it; "" means ``str(default)``.
    """

    default: Any
    parse: Callable[[str], Any]
    default_text: str = ""

    def check(self, name: str, value: Any) -> Any:
        """Return the value of the text; raise ``ValueError`` of one sentence."""
        return self.parse(str(value))


@dataclass(frozen=True)
class _Complaint:
    """A sentence about a link.

    It is shown as long as the widget with this session key has the default value.
    """

    sentence: str
    key: str
    default: Any


def begin_page(page: str) -> None:
    """Forget the last page's complaints, and note the link that opened this page.

    The router calls it in every script run.
    """
    if st.session_state.get(_PAGE) != page:
        st.session_state[_COMPLAINTS] = {}
        st.session_state[_LINK] = set(st.query_params)
        st.session_state[_PAGE] = page  # last: a click may end this run before


def check(
    params: Mapping[str, UrlParam], keys: Mapping[str, str] | None = None
) -> None:
    """Remove invalid values from the URL, and draw a complaint for each.

    Call it before the widgets of these parameters are drawn.

    Args:
        params: name of the URL parameter -> the parameter.
        keys: name of the URL parameter -> session key of its widget, where they differ.
    """
    validate(params, keys)
    show_complaints(params)


def validate(
    params: Mapping[str, UrlParam], keys: Mapping[str, str] | None = None
) -> None:
    """:func:`check` without drawing; :func:`show_complaints` draws the complaints.

    If a valid value is written otherwise than its widget reads it, the URL is rewritten and
    the script starts again.
    """
    complaints, rewritten = _complaints(), False
    for name, param in params.items():
        text = st.query_params.get(name)
        if text is None:
            continue
        complaints.pop(name, None)
        key = (keys or {}).get(name, name)
        try:
            rewritten |= _normalise(name, text, param.check(name, text))
        except ValueError as error:
            sentence = f"In this link, {error}; {_fallback_text(param)}."
            complaints[name] = _Complaint(sentence, key, param.default)
            write(name, "")
    if rewritten:
        st.rerun()


def show_complaints(names: Iterable[str]) -> None:
    """Draw the complaints about these parameters, except those changed since."""
    complaints = _complaints()
    for name in names:
        if (complaint := complaints.get(name)) is None:
            continue
        value = st.session_state.get(complaint.key, complaint.default)
        if value == complaint.default:
            complain(complaint.sentence)
        else:
            del complaints[name]


def set_initial(name: str, param: UrlParam, key: str = "") -> None:
    """Give a widget its value before it is drawn: the link's, the visit's or the default.

    A link sets the widget once, when it opens the page. Later the learner's own choice
    counts, also on returning from another page.

    Args:
        name: of the URL parameter.
        param: the parameter.
        key: session key of its widget; "" means ``name``. The widget must be drawn with
            ``persist_state="session"``.
    """
    key = key or name
    value = initial_value(name, param, key)
    if key not in st.session_state or is_in_link(name):
        st.session_state[key] = value
    st.session_state.get(_LINK, set()).discard(name)


def is_in_link(name: str) -> bool:
    """Whether the link that opened the page has this parameter, not yet taken over."""
    return name in st.session_state.get(_LINK, set())


def initial_value(name: str, param: UrlParam, key: str = "") -> Any:
    """The value in the URL, or the default; calls :func:`validate` first.

    Args:
        name: of the URL parameter.
        param: the parameter.
        key: session key of its widget; "" means ``name``.
    """
    validate({name: param}, {name: key or name})
    text = st.query_params.get(name)
    try:
        return param.default if text is None else param.check(name, text)
    except ValueError:  # the invalid value could not be removed from the URL
        return param.default


def complain(sentence: str) -> None:
    """Draw a sentence about a link as plain text, without markup, links and icons.

    Otherwise the sender of a link could write on the page of a learner who opens it.
    """
    # A backslash does not stop Streamlit from drawing an icon; an invisible character does.
    text = _OPENING.sub("\\1\u2060", _MARKUP.sub(r"\\\1", sentence))
    st.warning(text, icon=":material/link_off:")


def write(name: str, value: str) -> None:
    """Set a URL parameter; an empty value removes it.

    In the first script run after a page switch, a parameter may still belong to a widget of
    the last page and cannot be written. The next script run writes it.
    """
    with contextlib.suppress(StreamlitAPIException):
        if value:
            if st.query_params.get(name) != value:
                st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]


def format_value(value: Any) -> str:
    """Text of a value in a link; a slider's options have the same."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _complaints() -> dict[str, _Complaint]:
    complaints: dict[str, _Complaint] = st.session_state.setdefault(_COMPLAINTS, {})
    return complaints


def binding(name: str) -> Literal["query-params"] | None:
    """``bind`` of a number field: None while its link holds a value that is not allowed.

    Streamlit reads the value of the link also after it was taken out of the address, and
    version 1.67 fails on infinity.
    """
    return None if name in _complaints() else "query-params"


def _normalise(name: str, text: str, value: Any) -> bool:
    """Write a number or switch as its widget does: Streamlit does not read 1e3 or off.

    Returns:
        Whether the URL has changed.
    """
    if isinstance(value, int | float):
        write(name, format_value(value))
    return st.query_params.get(name) != text


def _fallback_text(param: UrlParam) -> str:
    if param.default is None:
        return "it is left out"
    text = getattr(param, "default_text", "") or format_value(param.default)
    return f"{text} is used instead"
