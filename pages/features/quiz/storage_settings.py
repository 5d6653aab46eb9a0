"""Settings of where answers are stored: browser, file, account."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from pages.shell import account_progress, identity, learner_progress
from ssl_core.quiz import serialization


def draw() -> None:
    """Draw the browser switch, download, upload, and the button that deletes all."""
    st.markdown(_storage_text())
    account_progress.draw()
    key = "progress_switch"
    st.session_state[key] = learner_progress.browser_storage_enabled()
    st.toggle(
        "Keep my answers in this browser",
        key=key,
        on_change=lambda: learner_progress.set_browser_storage(st.session_state[key]),
        help="Off: they last as long as this tab, and what was kept is erased.",
    )
    left, right = st.columns(2, gap="large")
    with left:
        _draw_download()
    with right:
        _draw_upload()
    _draw_reset()


def _storage_text() -> str:
    if identity.account_key():
        return (
            "Your answers are in your account on this server and, while the switch below "
            "is on, in this browser's own storage; a file takes them along."
        )
    text = (
        "Your answers are in this browser's own storage and nowhere else; a file takes "
        "them to another one."
    )
    return text if account_progress.can_sign_in() else f"There is no account. {text}"


def draw_problems() -> None:
    """Draw what is not stored or cannot be read: why, a download, and how to delete it."""
    for problem in learner_progress.problems():
        st.warning(problem, icon=":material/warning:")
    learner_progress.mark_problems_shown()
    copies = list(learner_progress.unreadable())
    if not copies:
        return
    with st.container(horizontal=True):
        for number, (place, copy) in enumerate(copies, start=1):
            st.download_button(
                f"Download the unreadable answers in {place}",
                copy.content,
                f"contrastive-learning-unreadable-{number}.json",
                "application/json",
                key=f"progress_unreadable_{number}",
                icon=":material/download:",
                type="primary",
                on_click="ignore",
            )
        with st.popover("Delete the unreadable answers", icon=":material/delete:"):
            st.button(
                "Delete them for good",
                key="progress_discard",
                on_click=learner_progress.discard_unreadable,
            )


def _draw_download() -> None:
    date = datetime.now(UTC).date()
    st.markdown("**Take them along**")
    st.download_button(
        "Save my progress",
        partial(serialization.dumps, learner_progress.current()),
        f"contrastive-learning-progress-{date}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )


def _draw_upload() -> None:
    file = st.file_uploader(
        "**Bring them back**",
        type=["json"],
        key="progress_file",
        max_upload_size=1,
        help="A file that Save my progress made. It joins what is here; nothing is lost.",
    )
    if file is None:
        st.session_state.pop("progress_restored", None)
        return
    if st.session_state.get("progress_restored") == file.file_id:
        st.success("Restored.", icon=":material/check_circle:")
        return
    try:
        progress = serialization.loads(file.getvalue())
    except ValueError as error:
        st.error(
            f"Nothing was restored: {error}. Your answers here are as they were.",
            icon=":material/error:",
        )
        return
    learner_progress.save(learner_progress.current().restored(progress))
    st.session_state.progress_restored = file.file_id
    st.rerun()


def _draw_reset() -> None:
    with st.expander("Begin anew", icon=":material/delete:"):
        account_too = ", in your account" if identity.account_key() else ""
        st.markdown(
            f"This forgets every answer, here{account_too} and in this browser. A file "
            "that you saved stays yours."
        )
        st.button(
            "Forget all my answers",
            key="progress_forget",
            on_click=learner_progress.reset,
        )
