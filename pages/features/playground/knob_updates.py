"""Sends changed knobs to the run that trains; the others wait for its next start."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.features.playground import sidebar_values
from pages.shell import resources, user_runs
from ssl_core.config import all_knobs
from ssl_core.knobs import knobs_of
from ssl_core.methods import METHODS

# Session keys: knobs that wait; the run, and the sidebar's values that it has.
_WAITING, _RUN, _SENT = "waiting", "knobs_of_run", "knobs_sent"


def begin(run: str | None, values: Mapping[str, Any]) -> None:
    """Note that a run has these values of the sidebar.

    Args:
        run: its id.
        values: knob values of the sidebar.
    """
    state = st.session_state
    state[_SENT], state[_WAITING], state[_RUN] = dict(values), [], run


def send_changes(values: Mapping[str, Any]) -> None:
    """Send the live knobs that changed to the run; note the others as waiting.

    Only changes made in this session are sent: opening a second tab with other knob values
    must not change the run. A knob that is moved back waits no longer. While another method
    is chosen, every changed knob waits, and a live one is sent if the learner returns to
    the run's method.

    Args:
        values: knob values of the sidebar.
    """
    state, run = st.session_state, user_runs.current()
    if state.get(_RUN) != run or user_runs.state() not in user_runs.ACTIVE:
        begin(run, values)
        return
    sent, config = state[_SENT], resources.service().status(run).config
    method, data = str(values.get("method")), values.get("data")
    knobs, unmoved = all_knobs(method), dict(sent)
    if method != sent.get("method"):
        # The sidebar has set the knobs of this method to their defaults.
        kept = sent.keys() & {*sidebar_values.MAIN_KNOBS}
        own = knobs_of(METHODS[method].Config).keys() - kept
        unmoved |= {name: knobs[name].default for name in own}
    changed = {k: v for k, v in values.items() if unmoved.get(k, v) != v}
    same_method = config.get("method") == method
    # Default views of other data do not suit the data that trains now.
    same_data = config.get("data", data) == data
    live = {
        name: value
        for name, value in changed.items()
        if same_method
        and ((name == "augment" and same_data) or (name in knobs and knobs[name].live))
    }
    if live:
        user_runs.command(lambda r: resources.service().adjust(r, live), run)
    # Last: a click may end this script run before, and the next one then repeats it.
    state[_SENT] = {**sent, **live}
    state[_WAITING] = sorted(changed.keys() - live.keys())


def waiting() -> list[str]:
    """Changed knobs that the run has only after its next start."""
    names: list[str] = st.session_state.get(_WAITING, [])
    return names
