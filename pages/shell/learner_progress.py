"""A learner's progress: in the session during a visit, in their browser between visits.

The progress of signed-in learners is in the server's progress database, too.
"""

import secrets
import time

import streamlit as st

from pages.shell import account_progress, callbacks, components
from ssl_core.quiz import serialization
from ssl_core.quiz.progress import Progress

STORAGE_KEY = "ssl_progress"  # in the browser's local storage
_WIDGET = "progress_store"

_mount = components.declare("ssl_progress_store", "progress")


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def current() -> Progress:
    """The learner's progress in this visit."""
    if "progress" not in st.session_state:
        fresh = Progress(seed=secrets.randbelow(2**31))
        st.session_state.progress = account_progress.sync(fresh)
    progress: Progress = st.session_state.progress
    return progress


def save(progress: Progress) -> None:
    """Replace the progress; the browser stores it at the end of the script run."""
    st.session_state.progress = progress


def mount() -> None:
    """Connect the page with the browser's storage; call it at the end of a script run.

    At the end, because it stores what the script run has changed.
    """
    state = st.session_state
    nonce = state.setdefault("progress_nonce", secrets.token_hex(8))
    _on_stored()  # again: a click may have cut the callback short
    progress = account_progress.sync(current())
    state.progress = progress
    started = bool(
        progress.attempts or progress.lessons or progress.exam or progress.forgotten
    )
    _mount(
        key=_WIDGET,
        data={
            "name": STORAGE_KEY,
            "nonce": nonce,
            "text": serialization.dumps(progress) if started else "",
            "owner_tag": account_progress.owner_tag(progress),
            "enabled": browser_storage_enabled(),
            "set_by_learner": state.get("progress_storage_set", False),
            "acknowledged": state.get("progress_acknowledged", 0),
        },
        height=1,
        on_stored_change=_on_stored,
    )
    if error := state.pop("progress_error", None):
        st.toast(error, icon=":material/error:")


def browser_storage_enabled() -> bool:
    """Whether the browser may store the progress."""
    return bool(st.session_state.get("progress_storage", True))


@callbacks.uninterruptible
def set_browser_storage(enabled: bool) -> None:
    """Let the browser store the progress, or make it delete what it has stored."""
    st.session_state.progress_storage = enabled
    st.session_state.progress_storage_set = True


@callbacks.uninterruptible
def reset() -> None:
    """Delete the progress here, in the browser and in the account."""
    # One second later than now, so that an answer of this very second is deleted, too.
    save(Progress(seed=secrets.randbelow(2**31), forgotten=now() + 1))


@callbacks.uninterruptible
def _on_stored() -> None:
    """Merge the browser's copy, then confirm that it was read.

    In this order, because the browser overwrites what Python has confirmed.
    """
    state = st.session_state
    message = (state.get(_WIDGET) or {}).get("stored")
    if not isinstance(message, dict):
        return
    if message.get("nonce") != state.get("progress_nonce"):
        return  # from an earlier session of this tab; the browser sends it again
    if message.get("report_id") == state.get("progress_acknowledged"):
        return
    if message.get("storage_off"):
        state.progress_storage = False
    if text := message.get("text"):
        try:
            copy = serialization.loads(str(text))
            save(
                account_progress.merge_browser_copy(
                    current(), copy, str(message.get("owner_tag") or "")
                )
            )
        except ValueError as error:
            state.progress_error = (
                "What this browser kept of your answers cannot be read, so you begin "
                f"anew: {error}."
            )
    state.progress_acknowledged = message.get("report_id", 0)
