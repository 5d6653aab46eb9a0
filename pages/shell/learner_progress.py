"""A learner's progress during a visit, kept by their own browser between visits.

Who signs in has it in the server's ledger, too.
"""

import secrets
import time

import streamlit as st

from pages.shell import account_progress, callbacks, components
from ssl_core.quiz import saving
from ssl_core.quiz.progress import Progress

NAME = "ssl_progress"  # of the entry in the browser's local storage
_WIDGET = "progress_store"

_mount = components.declare("ssl_progress_store", "progress")


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def current() -> Progress:
    """The learner's progress as this visit knows it."""
    if "progress" not in st.session_state:
        fresh = Progress(seed=secrets.randbelow(2**31))
        st.session_state.progress = account_progress.sync(fresh)
    kept: Progress = st.session_state.progress
    return kept


def save(changed: Progress) -> None:
    """Take this progress; the browser gets it at the end of the script run."""
    st.session_state.progress = changed


def mount() -> None:
    """Bring the browser's storage into the page; call it once in every script run.

    It stands at the *end* of a run, so that what the run changed is stored by it.
    """
    state = st.session_state
    nonce = state.setdefault("progress_nonce", secrets.token_hex(8))
    _hear()  # once more: what was clicked meanwhile may have cut the callback short
    own = state.progress = account_progress.sync(current())
    started = bool(own.attempts or own.lessons or own.exam or own.forgotten)
    _mount(
        key=_WIDGET,
        data={
            "name": NAME,
            "nonce": nonce,
            "text": saving.dumps(own) if started else "",
            "mark": account_progress.account_tag(own),
            "keep": state.get("progress_keep", True),
            "chosen": state.get("progress_chosen", False),
            "heard": state.get("progress_heard", 0),
        },
        height=1,
        on_stored_change=_hear,
    )
    if problem := state.pop("progress_problem", None):
        st.toast(problem, icon=":material/error:")


def browser_keeps() -> bool:
    """Whether the browser may keep the progress."""
    return bool(st.session_state.get("progress_keep", True))


@callbacks.uninterruptible
def set_browser_keeps(keep: bool) -> None:
    """Let the browser keep the progress from now on, or make it forget what it kept."""
    st.session_state.progress_keep = keep
    st.session_state.progress_chosen = True


@callbacks.uninterruptible
def forget() -> None:
    """Begin anew, here, in the browser and in the account."""
    # A second more: what was answered within this one is forgotten with the rest.
    fresh = Progress(seed=secrets.randbelow(2**31), forgotten=now() + 1)
    st.session_state.progress = fresh


@callbacks.uninterruptible
def _hear() -> None:
    """What the browser had: merge it, and let the browser know that it was read.

    In this order, for what it thinks was read it overwrites.
    """
    state = st.session_state
    said = (state.get(_WIDGET) or {}).get("stored")
    if not isinstance(said, dict) or said.get("nonce") != state.get("progress_nonce"):
        return  # of an earlier session of this tab: the browser will say it again
    if said.get("k") == state.get("progress_heard"):
        return
    if said.get("off"):
        state.progress_keep = False
    if text := said.get("text"):
        try:
            copy = saving.loads(str(text))
            save(
                account_progress.merge_browser_copy(
                    current(), copy, str(said.get("mark") or "")
                )
            )
        except ValueError as error:
            state.progress_problem = (
                "What this browser kept of your answers cannot be read, so you begin "
                f"anew: {error}."
            )
    state.progress_heard = said.get("k", 0)
