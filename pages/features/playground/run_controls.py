"""Train, Pause, Step, Reset and New seed."""

from typing import Any

import streamlit as st

from pages.features.playground import run_commands
from pages.shell import callbacks, user_runs


def controls(where: str) -> None:
    """Train, Pause, Step, Reset and New seed; ``where`` keeps widget keys apart.

    Args:
        where: "sidebar" or "main".
    """
    now = user_runs.state()
    if where == "main":
        follow()  # it may have turned since the sidebar was drawn
    else:
        st.session_state.drawn_state = (user_runs.current(), now)
    moving, paused = now in user_runs.IN_PROGRESS, now == "paused"
    resumable = now in ("paused", *user_runs.RESUMABLE)
    with st.container(horizontal=True, gap="small", key=f"controls_{where}"):
        if moving:
            _button(
                "Pause",
                "pause",
                where,
                user_runs.pause,
                primary=True,
                disabled=now != "running",
            )
        else:
            label = "Resume" if resumable else "Train"
            goes_on = (
                "From its last checkpoint, with its own settings. Reset starts over."
            )
            tip = goes_on if now in user_runs.RESUMABLE else None
            _button(
                label, "play_arrow", where, run_commands.train, primary=True, help=tip
            )
        _button(
            "Step",
            "skip_next",
            where,
            run_commands.step,
            disabled=not paused,
            help="One optimisation step. Pause first.",
        )
        _button(
            "Reset",
            "replay",
            where,
            run_commands.reset,
            disabled=now == "none",
            help="Start over with the same seed: the same run, bit for bit on a CPU.",
        )
        _button(
            "New seed",
            "casino",
            where,
            run_commands.new_seed,
            help="Start over with another seed: how much of what you saw was luck?",
        )
    if where == "main" and st.session_state.get("refusal"):
        st.error(st.session_state.refusal, icon=":material/block:")


def follow() -> None:
    """Draw the page again if the run has turned since the buttons were drawn."""
    now = (user_runs.current(), user_runs.state())
    before = st.session_state.get("drawn_state", now)
    st.session_state.drawn_state = now
    if before != now:
        st.rerun()


def _button(
    label: str, icon: str, where: str, action: Any, primary: bool = False, **rest: Any
) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"{where}_{label.lower().replace(' ', '_')}",
        type="primary" if primary else "secondary",
        on_click=callbacks.uninterruptible(action),
        **rest,
    )
