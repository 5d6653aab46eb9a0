"""The menu of voice encoders: this visit's runs, bundled ones, an untrained one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.shell import resources, user_runs

if TYPE_CHECKING:
    from torch import nn

UNTRAINED = "untrained"


def choose() -> str | None:
    """Let the learner choose an encoder.

    Returns:
        Path of its checkpoint; None for random weights.
    """
    encoders = _find_encoders()
    options = [*encoders, UNTRAINED]
    names = encoders | {UNTRAINED: ("an untrained encoder", "")}
    if st.session_state.get("sound_encoders") != options:
        # The list has changed: choose its first encoder, a newly trained one if any.
        st.session_state.sound_encoders = options
        st.session_state.sound_encoder = options[0]
    key = st.selectbox(
        "Feature space of",
        options,
        format_func=lambda k: names[k][0],
        key="sound_encoder",
        persist_state="session",
    )
    if not encoders:
        st.caption(
            "No encoder has learned from voices in this visit yet, so the weights are "
            "random: nobody taught them what is alike. Run the two arms above, then come "
            "back."
        )
    return names[key][1] or None


def _find_encoders() -> dict[str, tuple[str, str]]:
    """Voice encoders of this visit's runs and bundled ones: key -> (name, path)."""
    from ssl_core.checkpoints.index import shipped
    from ssl_core.methods import METHODS

    service = resources.service()
    encoders = {}
    runs = [*st.session_state.get(user_runs.LAB_RUNS, []), user_runs.current()]
    for run in dict.fromkeys(r for r in runs if r):
        try:
            status, checkpoint = service.status(run), service.checkpoint(run)
        except ValueError:  # the run has expired
            continue
        if checkpoint is None or status.config.get("data") != "voices" or status.active:
            continue
        method = METHODS[str(status.config["method"])].label
        views = _views_of(status.config.get("augment"))
        encoders[run] = (f"{method}, just trained here ({views})", str(checkpoint))
    for bundled in shipped():
        if bundled.data == "voices":
            encoders[bundled.slug] = (f"{bundled.label} (ships)", str(bundled.path))
    return encoders


def _views_of(augment: Any) -> str:
    from ssl_core.augment import AUGMENTATIONS

    strengths = augment if isinstance(augment, Mapping) else {}
    return ", ".join(AUGMENTATIONS[s].label.lower() for s in strengths) or "no views"


def load_encoder(path: str | None) -> "nn.Module":
    """Load the encoder of a checkpoint, or make one with random weights.

    Raises:
        ValueError: if the checkpoint cannot be read.
    """
    from torch import nn

    from ssl_core import checkpoints
    from ssl_core.config import RunConfig
    from ssl_core.peek import untrained

    if path is not None:
        return checkpoints.load(path).encoder()
    model = untrained(RunConfig.of({"data": "voices"}), channels=1)
    assert isinstance(model, nn.Sequential)
    return model[0].eval()
