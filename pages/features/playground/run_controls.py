"""The buttons Train, Pause, Step, Reset and New seed."""

from typing import Any

import streamlit as st

from pages.features.playground import run_commands
from pages.shell import user_runs


def draw(where: str) -> None:
    """Draw the buttons.

    Args:
        where: "sidebar" or "main"; part of the widget keys.
    """
    state = user_runs.state()
    if where == "main":
        rerun_on_change()  # the state may have changed since the sidebar was drawn
    else:
        st.session_state.drawn_state = (user_runs.current(), state)
    with st.container(horizontal=True, gap="small", key=f"controls_{where}"):
        _draw_train_button(where, state)
        _button(
            "Step",
            "skip_next",
            where,
            run_commands.step,
            disabled=state != "paused",
            help="One optimisation step. Pause first.",
        )
        _button(
            "Reset",
            "replay",
            where,
            run_commands.reset,
            disabled=state == "none",
            help="Start over with the same seed: the same run, bit for bit on a CPU.",
        )
        _button(
            "New seed",
            "casino",
            where,
            run_commands.new_seed,
            help="Start over with another seed: how much of what you saw was luck?",
        )


def _draw_train_button(where: str, state: str) -> None:
    """Draw Pause while the run trains, else Train or Resume."""
    if state in user_runs.IN_PROGRESS:
        _button(
            "Pause",
            "pause",
            where,
            user_runs.pause,
            primary=True,
            disabled=state != "running",
        )
        return
    interrupted = state in user_runs.RESUMABLE
    _button(
        "Resume" if state in user_runs.RESTING else "Train",
        "play_arrow",
        where,
        run_commands.train,
        primary=True,
        help="From its last checkpoint, with its own settings. Reset starts over."
        if interrupted
        else None,
    )


def rerun_on_change() -> None:
    """Rerun the script if the run's state has changed since the buttons were drawn."""
    current = (user_runs.current(), user_runs.state())
    previous = st.session_state.get("drawn_state", current)
    st.session_state.drawn_state = current
    if previous != current:
        st.rerun()


def _button(
    label: str,
    icon: str,
    where: str,
    action: Any,
    primary: bool = False,
    **options: Any,
) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"{where}_{label.lower().replace(' ', '_')}",
        type="primary" if primary else "secondary",
        on_click=action,
        **options,
    )
