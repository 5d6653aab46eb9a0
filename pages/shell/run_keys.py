"""Random keys that stand for runs in the URLs of map frames and sounds.

A key cannot be guessed and gives read access only: to the map of a run that the learner's
page has shown.
"""

import secrets

import streamlit as st

from pages.shell import resources


def key_of(run: str) -> str:
    """The key of a run; makes one if the run has none yet."""
    for key, keyed_run in list(_runs().items()):
        if keyed_run == run:
            return key
    service = resources.service()
    for key, keyed_run in list(_runs().items()):
        if not service.knows(keyed_run):  # the run has expired
            _runs().pop(key, None)
    key = secrets.token_urlsafe(16)
    _runs()[key] = run
    return key


def run_of(key: str) -> str | None:
    """The run of a key; None for an unknown key."""
    return _runs().get(key)


@st.cache_resource(show_spinner=False)
def _runs() -> dict[str, str]:
    """Key -> run; one dictionary for the whole server."""
    return {}
