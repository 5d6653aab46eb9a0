"""Sends knobs that the learner moves to the run that trains."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.shell import resources, user_runs
from ssl_core.config import all_knobs


def sync(values: Mapping[str, Any]) -> None:
    """Send knobs that the learner has just moved to the run; say what has to wait.

    Only what changed in this session is sent: a second tab that shows the same run with
    other sliders must not steer it by being opened.
    """
    before = st.session_state.get("synced")
    st.session_state.synced = dict(values)
    if before is None or user_runs.state() not in user_runs.ACTIVE:
        return
    moved = {k: v for k, v in values.items() if before.get(k) != v}
    knobs = all_knobs(str(values.get("method")))
    run = resources.service().status(user_runs.current())
    # Views that came with other data are not meant for the data that trains now.
    same_data = run.config.get("data", values.get("data")) == values.get("data")
    live = {
        k: v
        for k, v in moved.items()
        if (k == "augment" and same_data) or (k in knobs and knobs[k].live)
    }
    waiting = [k for k in moved if k not in live]
    if waiting or run.config.get("method") != values.get("method"):
        st.session_state.waiting = sorted(
            {*st.session_state.get("waiting", []), *waiting}
        )
    if live and run.config.get("method") == values.get("method"):
        user_runs.command(
            lambda r: resources.service().adjust(r, live), user_runs.current()
        )
