"""A run that continues from an uploaded checkpoint."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages.features.playground import uploads
from pages.shell import identity, resources
from ssl_core.config import RunConfig
from ssl_core.data import SOURCES


def resume_upload() -> None:
    """Continue from an uploaded checkpoint."""
    file = st.session_state.get("upload_checkpoint")
    if file is None:
        return
    try:
        path = uploads.kept("checkpoint", file.getvalue())
        config = _config_in(path)
        if config.get("data") not in SOURCES:
            # A card's path is its writer's word: this server's files are not theirs.
            mine = uploads.path()
            if mine is None:
                raise ValueError(
                    "This checkpoint was trained on someone's own images: choose the data "
                    "“Your own images or sounds”, upload them, and resume again."
                )
            config["data"] = mine
        st.session_state.run = resources.service().submit(
            RunConfig.of(config), owner=identity.user_id(), resume=path
        )
        st.session_state.refusal = ""
    except ValueError as error:
        st.session_state.refusal = str(error)


def _config_in(path: Path) -> dict[str, Any]:
    """The config in an uploaded checkpoint, flat and not yet checked here.

    Raises:
        ValueError: one sentence, if it cannot be used.
    """
    try:
        return resources.service().quarantine.checkpoint(path)
    except ValueError as refusal:
        raise ValueError(f"This checkpoint cannot be resumed: {refusal}.") from None
