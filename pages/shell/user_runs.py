"""The learner's own run: which it is, how it is, and commands to it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.shell import identity, resources
from ssl_core.service import ACTIVE, RESUMABLE

__all__ = ["ACTIVE", "MOVING", "RESUMABLE", "command", "current", "pinned", "state"]
# States in which a run holds a worker or waits for one.
MOVING = ("queued", "starting", "running", "pausing", "stopping")
LAB_RUNS = "lab_runs"  # session key: runs that labs have started in this visit


def current() -> str | None:
    """The learner's newest run, also after a refresh of the browser."""
    if "run" not in st.session_state:
        found = map(resources.service().active_run, identity.user_ids())
        st.session_state.run = next(filter(None, found), None)
    return _known("run")


def pinned() -> str | None:
    """The run that the learner has pinned, unless it is the current one."""
    pin = _known("pin")
    return pin if pin != current() else None


def state() -> str:
    """State of the current run, ``"none"`` before there is one."""
    run = current()
    return resources.service().status(run).state if run else "none"


def pause() -> None:
    """Pause the current run after the step that it takes now."""
    command(resources.service().pause, current())


def command(send: Callable[[Any], Any], run: str | None) -> None:
    """Give the run a command; a refusal becomes one sentence on the page."""
    try:
        send(run)
        st.session_state.refusal = ""
    except (ValueError, KeyError) as error:
        st.session_state.refusal = str(error)


def _known(name: str) -> str | None:
    """A run that the session remembers, forgotten when it has expired or is damaged."""
    run = st.session_state.get(name)
    try:
        if run and not any(
            resources.service().owns(i, run) for i in identity.user_ids()
        ):
            raise ValueError("it is another's")  # an id that came from elsewhere
        if run:
            resources.service().status(run)
    except ValueError:
        run = st.session_state[name] = None
    return run
