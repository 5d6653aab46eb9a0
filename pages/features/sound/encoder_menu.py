"""Encoders of voices to ask: of this visit's runs, those that ship, an untrained one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.shell import resources, user_runs

if TYPE_CHECKING:
    from torch import nn

UNTRAINED = "untrained"


def menu() -> str | None:
    """The checkpoint whose features are asked; None for random weights."""
    found = _found()
    options = [*found, UNTRAINED]
    names = found | {UNTRAINED: ("an untrained encoder", "")}
    if st.session_state.get("sound_encoders") != options:
        # What has just been trained, or just expired, was not there to be chosen.
        st.session_state.sound_encoders = options
        st.session_state.sound_encoder = options[0]
    key = st.selectbox(
        "Feature space of",
        options,
        format_func=lambda k: names[k][0],
        key="sound_encoder",
    )
    if not found:
        st.caption(
            "No encoder has learned from voices in this visit yet, so the weights are "
            "random: nobody taught them what is alike. Run the two arms above, then come "
            "back."
        )
    return names[key][1] or None


def _found() -> dict[str, tuple[str, str]]:
    """Key -> (name, path) of shipped encoders of voices and of this visit's runs."""
    from ssl_core.checkpoints.index import shipped
    from ssl_core.methods import METHODS

    service = resources.service()
    found = {}
    mine = [*st.session_state.get(user_runs.LAB_RUNS, []), user_runs.current()]
    for run in dict.fromkeys(r for r in mine if r):
        try:
            status, saved = service.status(run), service.checkpoint(run)
        except ValueError:  # it has expired
            continue
        if saved is None or status.config.get("data") != "voices" or status.active:
            continue
        method = METHODS[str(status.config["method"])].label
        views = _views_of(status.config.get("augment"))
        found[run] = (f"{method}, just trained here ({views})", str(saved))
    for entry in shipped():
        if entry.data == "voices":
            found[entry.slug] = (f"{entry.label} (ships)", str(entry.path))
    return found


def _views_of(augment: Any) -> str:
    from ssl_core.augment import AUGMENTATIONS

    strengths = augment if isinstance(augment, Mapping) else {}
    return ", ".join(AUGMENTATIONS[s].label.lower() for s in strengths) or "no views"


def encoder(path: str | None) -> "nn.Module":
    """The encoder of a checkpoint, or one with random weights.

    Raises:
        ValueError: if the checkpoint cannot be read.
    """
    from torch import nn

    from ssl_core import checkpoints
    from ssl_core.config import RunConfig
    from ssl_core.peek import untrained

    if path is not None:
        return checkpoints.load(path).encoder()
    both = untrained(RunConfig.of({"data": "voices"}), channels=1)
    assert isinstance(both, nn.Sequential)
    return both[0].eval()
