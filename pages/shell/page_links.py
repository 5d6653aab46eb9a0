"""Links to pages of the app, with URL parameters."""

import contextlib
from functools import cache
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from pages.shell.paths import PAGES


@cache
def page_files() -> dict[str, str]:
    """URL path of each page -> its file name."""
    paths = sorted(PAGES.glob("[0-9]*.py"))
    return {path.stem.partition("_")[2]: path.name for path in paths}


def page_link(link: str, label: str, icon: str) -> None:
    """Draw a link to a page; draws nothing if the page runs without the router.

    Args:
        link: URL path with parameters: ``collapse?case=stop-gradient&seed=7``.
        label: text of the link.
        icon: name of a Material symbol.
    """
    url_path, _, query = link.partition("?")
    if url_path not in page_files():
        st.caption(f"This app has no page {url_path[:40]!r}.")
        return
    with contextlib.suppress(StreamlitPageNotFoundError):
        st.page_link(
            page_files()[url_path],
            label=label,
            icon=f":material/{icon}:",
            query_params=dict(parse_qsl(query)) or None,
        )
