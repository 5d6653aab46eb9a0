"""Starts a run that resumes from an uploaded checkpoint."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages.features.playground import uploads
from pages.shell import identity, resources
from ssl_core.config import RunConfig
from ssl_core.data import SOURCES


def submit() -> None:
    """Start a run from the checkpoint in the upload widget."""
    file = st.session_state.get("upload_checkpoint")
    if file is None:
        return
    service = resources.service()
    try:
        path = service.uploads.save(identity.user_id(), "checkpoint", file.getvalue())
        with service.uploads.protect(path):
            config = _load_config(path)
            if config.get("data") not in SOURCES:
                # The checkpoint may name any path; it must not open this server's files.
                config["data"] = _require_own_data()
            with service.uploads.protect(config["data"]):
                st.session_state.run = service.submit(
                    RunConfig.of(config), owner=identity.user_id(), resume=path
                )
        st.session_state.refusal = ""
    except ValueError as error:
        st.session_state.refusal = str(error)


def _require_own_data() -> str:
    """Path of the learner's own images or sounds.

    Raises:
        ValueError: if there are none.
    """
    upload_path = uploads.path()
    if upload_path is None:
        raise ValueError(
            "This checkpoint was trained on someone's own images: choose the data "
            "“Your own images or sounds”, upload them, and resume again."
        )
    return upload_path


def _load_config(path: Path) -> dict[str, Any]:
    """Load the config of an uploaded checkpoint: flat knob values, not yet validated.

    Raises:
        ValueError: if the checkpoint cannot be used.
    """
    try:
        return resources.service().sandbox.read_checkpoint_config(path)
    except ValueError as error:
        raise ValueError(f"This checkpoint cannot be resumed: {error}.") from None
