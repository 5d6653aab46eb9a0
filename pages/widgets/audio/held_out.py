"""Voices that no encoder was trained on; a learner's recording is compared with them."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from ssl_core.data import SoundSet

CLIP_COUNT, SEED = 500, 1  # no run trains on the first clips of this seed


@st.cache_resource(show_spinner="Speaking 500 voices that no encoder has heard …")
def held_out_voices() -> "SoundSet":
    """The held-out voices, one set for the whole server."""
    from dataclasses import replace

    from ssl_core.data.voices import voices

    clips = voices(count=CLIP_COUNT + 2, held_out=CLIP_COUNT, seed=SEED)
    rows = clips.held_out_rows
    return replace(
        clips,
        images=clips.images[rows],
        clips=clips.clips[rows],
        split=clips.split[rows],
        factors={
            name: replace(factor, values=factor.values[rows])
            for name, factor in clips.factors.items()
        },
    )
