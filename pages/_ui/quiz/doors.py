"""Links into the app: from ``collapse?case=stop-gradient&seed=7`` to a page with all set."""

import contextlib
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

_PAGES = Path(__file__).parents[2]


@cache
def files() -> dict[str, str]:
    """Each page's address -> its file, as the router knows it."""
    found = sorted(_PAGES.glob("[0-9]*.py"))
    return {p.stem.partition("_")[2]: f"pages/{p.name}" for p in found}


def door(link: str, label: str, icon: str) -> None:
    """A link to a page; nothing where a page runs without the router.

    Args:
        link: address of a page with its parameters.
        label: of the link.
        icon: a Material symbol.
    """
    slug, _, query = link.partition("?")
    if slug not in files():
        st.caption(f"This app has no page {slug[:40]!r}.")
        return
    with contextlib.suppress(StreamlitPageNotFoundError):
        st.page_link(
            files()[slug],
            label=label,
            icon=f":material/{icon}:",
            query_params=dict(parse_qsl(query)) or None,
        )
