"""Messages above a run: bad links, knobs that wait, refusals, skipped files."""

from typing import Any

import streamlit as st

from pages.features.playground import knob_updates, sidebar_values
from pages.shell import resources, url_params, user_runs
from pages.widgets import run_text


def draw() -> None:
    """Draw the messages that belong above the run."""
    url_params.show_complaints(sidebar_values.url_knobs())
    if not sidebar_values.values().get("augment"):
        st.warning(run_text.no_augmentation_note(), icon=":material/content_copy:")
    waiting = knob_updates.waiting()
    if waiting and user_runs.state() in user_runs.ACTIVE:
        names = ", ".join(waiting).replace("_", " ")
        st.info(
            f"Changed, and waiting for the next start: {names}. Press **Reset** to start "
            f"over with {'it' if len(waiting) == 1 else 'them'}.",
            icon=":material/schedule:",
        )
    run = user_runs.current()
    status = resources.service().status(run) if run else None
    if status and status.rejection:
        st.warning(status.rejection, icon=":material/block:")
    if status and status.notice and status.active:
        st.info(status.notice, icon=":material/healing:")
    if refusal := st.session_state.get("refusal"):
        st.error(refusal, icon=":material/block:")


def draw_skipped_files(files: Any) -> None:
    """List the files of an upload that could not be used.

    Args:
        files: pairs of file name and reason.
    """
    if not len(files):
        return
    count = "1 file was" if len(files) == 1 else f"{len(files):,} files were"
    with st.expander(f"{count} skipped", icon=":material/rule:"):
        st.dataframe(
            {
                "file": [s[0] for s in files],
                "why": [s[1] for s in files],
            },
            alt="Skipped files and why",
        )
