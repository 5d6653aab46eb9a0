"""Sends changed knobs to the run that trains."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.shell import resources, user_runs
from ssl_core.config import all_knobs


def send_changes(values: Mapping[str, Any]) -> None:
    """Send the live knobs that changed to the run; note the others as waiting.

    Only changes made in this session are sent: opening a second tab with other knob values
    must not change the run.

    Args:
        values: knob values of the sidebar.
    """
    previous = st.session_state.get("synced")
    st.session_state.synced = dict(values)
    if previous is None or user_runs.state() not in user_runs.ACTIVE:
        return
    changed = {k: v for k, v in values.items() if previous.get(k) != v}
    knobs = all_knobs(str(values.get("method")))
    run = resources.service().status(user_runs.current())
    # Default views of other data do not suit the data that trains now.
    same_data = run.config.get("data", values.get("data")) == values.get("data")
    live = {
        k: v
        for k, v in changed.items()
        if (k == "augment" and same_data) or (k in knobs and knobs[k].live)
    }
    waiting = [k for k in changed if k not in live]
    if waiting or run.config.get("method") != values.get("method"):
        st.session_state.waiting = sorted(
            {*st.session_state.get("waiting", []), *waiting}
        )
    if live and run.config.get("method") == values.get("method"):
        user_runs.command(
            lambda r: resources.service().adjust(r, live), user_runs.current()
        )
