"""The learner's own runs: their ids, the state of the current one, and commands to it."""

import contextlib
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.shell import identity, resources
from ssl_core.service import ACTIVE, RESUMABLE

__all__ = [
    "ACTIVE",
    "IN_PROGRESS",
    "LAB_RUNS",
    "RESTING",
    "RESUMABLE",
    "command",
    "current",
    "find",
    "pause",
    "pinned",
    "state",
]
# States of a run that will change without a command of the learner.
IN_PROGRESS = ("queued", "starting", "running", "pausing", "stopping")
# States in which Resume lets a run train on.
RESTING = ("paused", "preempting", *RESUMABLE)
LAB_RUNS = "lab_runs"  # session key: runs that the labs have started in this visit


def current() -> str | None:
    """Id of the learner's newest run; a refresh of the browser finds it again."""
    if "run" not in st.session_state:
        st.session_state.run = find()
    return _session_run("run")


def find(purpose: str = "") -> str | None:
    """The learner's run for a purpose, also if it began before they signed in.

    A run under way comes before one that can be resumed, and that before any other.

    Args:
        purpose: what the owner of such a run has after the learner's id, "" for the
            playground's.
    """
    service, states = resources.service(), {}
    for user in identity.user_ids():
        if run := service.active_run(f"{user}{purpose}"):
            with contextlib.suppress(ValueError):  # it has expired or is damaged
                states[run] = service.status(run).state

    def rank(run: str) -> tuple[bool, bool]:
        return states[run] not in ACTIVE, states[run] not in RESUMABLE

    return min(states, key=rank, default=None)


def pinned() -> str | None:
    """Id of the pinned run; None if no run or the current one is pinned."""
    pin = _session_run("pin")
    return pin if pin != current() else None


def state() -> str:
    """State of the current run; "none" without a run."""
    run = current()
    return resources.service().status(run).state if run else "none"


def pause() -> None:
    """Pause the current run after its current step."""
    command(resources.service().pause, current())


def command(send: Callable[[Any], Any], run: str | None) -> None:
    """Send the run a command; an error becomes one sentence on the page."""
    try:
        send(run)
        st.session_state.refusal = ""
    except (ValueError, KeyError) as error:
        st.session_state.refusal = str(error)


def _session_run(key: str) -> str | None:
    """The run at a session key; deleted there if it is expired, damaged or another's."""
    service, run = resources.service(), st.session_state.get(key)
    try:
        if run and not any(service.owns(user, run) for user in identity.user_ids()):
            raise ValueError("the run belongs to another learner")
        if run:
            service.status(run)
    except ValueError:
        run = st.session_state[key] = None
    return run
