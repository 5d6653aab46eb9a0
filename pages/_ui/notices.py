"""Sentences above a run: what a link got wrong, what waits, what was refused or skipped."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages._ui import address, cache, runs, words
from pages._ui.knobs import series


def check_link(knobs: Mapping[str, Any]) -> None:
    """Name every nonsense value that a link carries, once, at its first opening."""
    if "link_checked" in st.session_state:
        return
    st.session_state.link_checked = True
    wrong = []
    for name, text in st.query_params.items():
        knob = knobs.get(name)
        if knob is None:
            continue
        try:
            value = knob.check(name, text)
            low, high = knob.shown or (None, None)
            if low is not None and not low <= value <= high:
                raise ValueError(
                    f"{name} is {text}; this page allows {low:g} to {high:g}"
                )
            if knob.log and value not in series(knob, knob.default):
                steps = ", ".join(f"{v:g}" for v in series(knob, knob.default))
                raise ValueError(f"{name} is {text}; this page allows {steps}")
        except ValueError as error:
            wrong.append(f"{error}; {_instead(knob.default)}")
    st.session_state.link_complaints = wrong


def _instead(default: Any) -> str:
    if default is None:
        return "it is left out"
    shown = str(default).lower() if isinstance(default, bool) else default
    return f"{shown} is used instead"


def draw() -> None:
    """Sentences that belong above the run: a link's nonsense, what waits, what is off."""
    from pages._ui import sidebar

    for complaint in st.session_state.get("link_complaints", []):
        address.complain(f"In this link, {complaint}.")
    if not sidebar.values().get("augment"):
        st.warning(words.no_augmentation(), icon=":material/content_copy:")
    waiting = st.session_state.get("waiting")
    if waiting and runs.state() in runs.ACTIVE:
        names = ", ".join(waiting).replace("_", " ")
        st.info(
            f"Changed, and waiting for the next start: {names}. Press **Reset** to start "
            "over with it.",
            icon=":material/schedule:",
        )
    run = runs.current()
    now = cache.service().status(run) if run else None
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
