"""Where a learner's answers are: their browser, a file that they keep, their account."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from pages.shell import account_progress, identity, learner_progress
from ssl_core.quiz import saving


def draw() -> None:
    """The switch, the file to take along, the file to bring back, and a clean slate."""
    st.markdown(_where())
    account_progress.draw()
    switch = "progress_switch"
    st.session_state[switch] = learner_progress.browser_storage_enabled()
    st.toggle(
        "Keep my answers in this browser",
        key=switch,
        on_change=lambda: learner_progress.set_browser_storage(
            st.session_state[switch]
        ),
        help="Off: they last as long as this tab, and what was kept is erased.",
    )
    save, restore = st.columns(2, gap="large")
    with save:
        _save()
    with restore:
        _restore()
    _forget()


def _where() -> str:
    if identity.account_key():
        return (
            "Your answers are in your account on this server and, while the switch below "
            "is on, in this browser's own storage; a file takes them along."
        )
    here = (
        "Your answers are in this browser's own storage and nowhere else; a file takes "
        "them to another one."
    )
    return here if account_progress.can_sign_in() else f"There is no account. {here}"


def _save() -> None:
    day = datetime.now(UTC).date()
    st.markdown("**Take them along**")
    st.download_button(
        "Save my progress",
        partial(saving.dumps, learner_progress.current()),
        f"contrastive-learning-progress-{day}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )


def _restore() -> None:
    offered = st.file_uploader(
        "**Bring them back**",
        type=["json"],
        key="progress_file",
        max_upload_size=1,
        help="A file that Save my progress made. It joins what is here; nothing is lost.",
    )
    if offered is None:
        st.session_state.pop("progress_restored", None)
        return
    if st.session_state.get("progress_restored") == offered.file_id:
        st.success("Restored.", icon=":material/check_circle:")
        return
    try:
        found = saving.loads(offered.getvalue())
    except ValueError as error:
        st.error(
            f"Nothing was restored: {error}. Your answers here are as they were.",
            icon=":material/error:",
        )
        return
    learner_progress.save(learner_progress.current().restored(found))
    st.session_state.progress_restored = offered.file_id
    st.rerun()


def _forget() -> None:
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
