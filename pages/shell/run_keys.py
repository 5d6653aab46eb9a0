"""Keys that stand for runs in the addresses of map frames and sounds.

A key cannot be guessed and only allows to read: who was shown the page may see the map.
"""

import secrets

import streamlit as st

from pages.shell import resources


def key_of(run: str) -> str:
    """The key of a run, a new one if it has none yet."""
    for key, known in list(_runs().items()):
        if known == run:
            return key
    service = resources.service()
    for key, known in list(_runs().items()):
        if not service.knows(known):  # the run has expired
            _runs().pop(key, None)
    key = secrets.token_urlsafe(16)
    _runs()[key] = run
    return key


def run_of(key: str) -> str | None:
    """The run that a key stands for, None for an unknown key."""
    return _runs().get(key)


@st.cache_resource(show_spinner=False)
def _runs() -> dict[str, str]:
    """Key -> run, one dictionary for the whole server."""
    return {}
