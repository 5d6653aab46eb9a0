"""Commands that the playground's buttons give to the learner's run."""

import secrets

import streamlit as st

from pages.features.playground import knob_updates, sidebar_values, uploads
from pages.shell import identity, resources, user_runs
from ssl_core.config import RunConfig
from ssl_core.data import SOURCES
from ssl_core.service.uploads import DELETED


def train() -> None:
    """Resume a paused or interrupted run, or start one with the sidebar's values."""
    if user_runs.state() in user_runs.RESTING:
        user_runs.command(resources.service().resume, user_runs.current())
    else:
        _submit()


def step() -> None:
    """Take one step of a paused run."""
    user_runs.command(resources.service().step, user_runs.current())


def reset() -> None:
    """Start over with the same seed."""
    _submit(restart=True)


def new_seed() -> None:
    """Start over with another seed."""
    st.session_state.seed = secrets.randbelow(10_000)
    _submit(restart=True)


def _submit(restart: bool = False) -> None:
    previous = user_runs.current()
    try:
        values = sidebar_values.values()
        if values.get("data") is None:
            raise ValueError(
                f"{DELETED}."
                if uploads.was_deleted()
                else "There are no images of yours yet: upload a zip first."
            )
        if values["data"] not in (*SOURCES, uploads.path()):
            # A forged message may name any file of this server; only the menu is allowed.
            raise ValueError("Choose the data from the menu.")
        config = RunConfig.of(values)
        service = resources.service()
        with service.uploads.protect(config.data):
            run = service.submit(config, owner=identity.user_id(), restart=restart)
        if previous and previous != run:  # it may have begun before signing in
            service.stop(previous)
        st.session_state.run, st.session_state.refusal = run, ""
        knob_updates.begin(run, values)
    except ValueError as error:
        st.session_state.refusal = str(error)
