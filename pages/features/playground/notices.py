"""Sentences above a run: a bad link, knobs that wait, a refusal, skipped files."""

from typing import Any

import streamlit as st

from pages.features.playground import sidebar_values
from pages.shell import resources, url_params, user_runs
from pages.widgets import run_text


def draw() -> None:
    """Sentences that belong above the run: a link's nonsense, what waits, what is off."""
    url_params.show_complaints(sidebar_values.url_knobs())
    if not sidebar_values.values().get("augment"):
        st.warning(run_text.no_augmentation_note(), icon=":material/content_copy:")
    waiting = st.session_state.get("waiting")
    if waiting and user_runs.state() in user_runs.ACTIVE:
        names = ", ".join(waiting).replace("_", " ")
        st.info(
            f"Changed, and waiting for the next start: {names}. Press **Reset** to start "
            "over with it.",
            icon=":material/schedule:",
        )
    run = user_runs.current()
    now = resources.service().status(run) if run else None
    if now and now.refused:
        st.warning(now.refused, icon=":material/block:")
    if now and now.notice and now.active:
        st.info(now.notice, icon=":material/healing:")


def say_skipped(skipped: Any) -> None:
    """Name the files of an upload that could not be used."""
    if not len(skipped):
        return
    count = "1 file was" if len(skipped) == 1 else f"{len(skipped):,} files were"
    with st.expander(f"{count} skipped", icon=":material/rule:"):
        st.dataframe(
            {"file": [s[0] for s in skipped], "why": [s[1] for s in skipped]},
            alt="Skipped files and why",
        )
