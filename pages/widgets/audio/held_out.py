"""Voices that no encoder has heard, to set a recording beside."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from ssl_core.data import SoundSet

HELD_OUT, SEED = 500, 1  # no run learns from this seed's first clips


@st.cache_resource(show_spinner="Speaking 500 voices that no encoder has heard …")
def held_out_voices() -> "SoundSet":
    """The held-out voices, one set for the whole server."""
    from dataclasses import replace

    from ssl_core.data.voices import voices

    made = voices(count=HELD_OUT + 2, held_out=HELD_OUT, seed=SEED)
    rows = made.held_out_rows
    return replace(
        made,
        images=made.images[rows],
        clips=made.clips[rows],
        split=made.split[rows],
        factors={
            name: replace(factor, values=factor.values[rows])
            for name, factor in made.factors.items()
        },
    )
