"""A learner's progress: in the session during a visit, in their browser between visits.

The progress of signed-in learners is in the server's progress database, too.
"""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import streamlit as st

from pages.shell import account_progress, components
from ssl_core.quiz import serialization
from ssl_core.quiz.progress import LATEST, Progress
from ssl_core.quiz.serialization import Unreadable

STORAGE_KEY = "ssl_progress"  # in the browser's local storage
_WIDGET = "progress_store"
# Session keys: what the browser holds and this version of the app cannot read, by its key in
# the browser, None if it belongs to another account; whether the browser stores nothing.
_UNREADABLE, _NOT_STORED = "progress_unreadable", "progress_not_stored"
_SAID = "progress_said"  # session key: the problems that this visit was told
NOT_READ = (
    "Your saved answers could not be read. Nothing was deleted: see *Your progress*."
)
NOT_STORED = (
    "This browser does not store your new answers: its storage is full or closed to this "
    "app. They are in this visit; save your progress to take them along."
)

_mount = components.declare("ssl_progress_store", "progress")


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def current() -> Progress:
    """The learner's progress in this visit."""
    if "progress" not in st.session_state:
        st.session_state.progress = account_progress.sync(_fresh())
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
    progress = account_progress.sync(current())
    state.progress = progress
    _mount(
        key=_WIDGET,
        data={
            "name": STORAGE_KEY,
            "nonce": nonce,
            "text": serialization.dumps(progress) if progress.begun else "",
            "owner_tag": account_progress.owner_tag(progress),
            "enabled": browser_storage_enabled(),
            "set_at": state.get("progress_storage_set_at", 0),
            "acknowledged": state.get("progress_acknowledged", 0),
            "unreadable": list(state.get(_UNREADABLE, {})),
        },
        height=1,
        on_stored_change=_on_stored,
    )
    new = [p for p in problems() if p not in state.get(_SAID, ())]
    for text in {NOT_STORED if p == NOT_STORED else NOT_READ for p in new}:
        st.toast(text, icon=":material/warning:")
    mark_problems_shown()


def mark_problems_shown() -> None:
    """Show no toast for the present problems in this visit any more."""
    said = st.session_state.get(_SAID, [])
    st.session_state[_SAID] = list(dict.fromkeys([*said, *problems()]))


def problems() -> list[str]:
    """What is not stored, and what is stored and cannot be read, each in a few sentences."""
    sentences = [
        f"The answers saved in {place} cannot be read: {copy.reason}. They are kept "
        "unchanged, and new answers are saved separately. Download a copy before you "
        "delete them."
        for place, copy in unreadable()
    ]
    if st.session_state.get(_NOT_STORED) and browser_storage_enabled():
        sentences.append(NOT_STORED)
    return sentences


def unreadable() -> Iterator[tuple[str, Unreadable]]:
    """What this version of the app cannot read, and where it is."""
    for copy in st.session_state.get(_UNREADABLE, {}).values():
        if copy is not None:
            yield "this browser", copy
    for copy in account_progress.unreadable():
        yield "your account", copy


def discard_unreadable() -> None:
    """Delete what this version of the app cannot read, here and in the account."""
    _release_unreadable()
    account_progress.discard_unreadable(now())


def browser_storage_enabled() -> bool:
    """Whether the browser may store the progress."""
    return bool(st.session_state.get("progress_storage", True))


def set_browser_storage(enabled: bool) -> None:
    """Let the browser store the progress, or make it delete what it has stored."""
    state = st.session_state
    state.progress_storage = enabled
    before = state.get("progress_storage_set_at", 0)
    state.progress_storage_set_at = max(time.time_ns() // 1_000_000, before + 1)


def reset() -> None:
    """Delete the progress here, in the browser and in the account."""
    # One second later than now, so that an answer of this very second is deleted, too.
    forgotten = max(now(), current().newest) + 1
    fresh = _fresh().model_copy(update={"forgotten": min(forgotten, LATEST)})
    _release_unreadable()
    save(fresh)


def _fresh() -> Progress:
    return Progress(seed=secrets.randbelow(2**31), seeded_at=LATEST)


def _release_unreadable() -> None:
    """Let the browser write over what cannot be read, unless it is another account's."""
    copies = st.session_state.get(_UNREADABLE, {})
    st.session_state[_UNREADABLE] = {k: c for k, c in copies.items() if c is None}


def _on_stored() -> None:
    """Merge the browser's copies, then confirm that they were read.

    In this order, because the browser overwrites what Python has confirmed, except for
    what Python could not read.
    """
    state = st.session_state
    message = (state.get(_WIDGET) or {}).get("stored")
    if not isinstance(message, dict):
        return
    if message.get("nonce") != state.get("progress_nonce"):
        return  # from an earlier session of this tab; the browser sends it again
    if message.get("report_id") == state.get("progress_acknowledged"):
        return
    progress, found = current(), dict(state.get(_UNREADABLE, {}))
    for copy in message.get("copies", ()):
        progress = _merge_copy(progress, copy, found)
    save(progress)
    state[_UNREADABLE] = found
    state[_NOT_STORED] = bool(message.get("not_stored"))
    set_at = message.get("set_at", 0)
    if set_at >= state.get("progress_storage_set_at", 0):  # another tab was the last
        state.progress_storage = bool(message.get("enabled", True))
        state.progress_storage_set_at = set_at
    state.progress_acknowledged = message.get("report_id", 0)


def _merge_copy(
    progress: Progress, copy: dict[str, Any], unreadable: dict[str, Unreadable | None]
) -> Progress:
    """Merge one of the browser's copies, or note that it cannot be read."""
    key, text = str(copy.get("key")), str(copy.get("text"))
    owner_tag = str(copy.get("owner_tag") or "")
    unreadable.pop(key, None)
    try:
        read = serialization.loads(text)
    except ValueError as error:
        content = text.encode("utf-8", "surrogatepass")
        anothers = account_progress.is_of_another(owner_tag)
        unreadable[key] = None if anothers else Unreadable(content, str(error))
        return progress
    return account_progress.merge_browser_copy(progress, read, owner_tag)
