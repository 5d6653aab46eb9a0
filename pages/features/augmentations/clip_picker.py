"""A spoken syllable for the augmentations page, chosen from a link or by hand."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.shell import url_params
from ssl_core.knobs import Knob

if TYPE_CHECKING:
    from torch import Tensor

OTHERS = 15  # sounds that may be mixed into the one shown


def choose() -> "Tensor":
    """Let the learner take a syllable; ``[1 + OTHERS, 1, F, T]`` uint8, it comes first."""
    import torch

    from ssl_core.data.voices import SAID, SPEAKERS

    if "syllable" not in st.session_state:
        param = Knob(SAID[0], choices=SAID)
        st.session_state.syllable = url_params.initial_value("syllable", param)
    url_params.show_complaints(["syllable"])
    said = st.segmented_control("Syllable", SAID, key="syllable")
    url_params.write("syllable", "" if said in (None, SAID[0]) else said)
    images, what, who = _spoken()
    first = int(np.flatnonzero(what == SAID.index(said or SAID[0]))[0])
    rest = [row for row in range(len(images)) if row != first][:OTHERS]
    st.caption(
        f"“{SAID[what[first]]}”, said by {tuple(SPEAKERS)[who[first]]}. Time runs to the "
        "right, low frequencies are at the bottom, and brighter is louder. Each value "
        "is a level in a band of frequency, from 80 dB below full scale to full scale."
    )
    return torch.from_numpy(images[[first, *rest]])


@st.cache_data(max_entries=2, show_spinner=False)
def _spoken() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from ssl_core.data.voices import voices

    spoken = voices(count=128, held_out=8, seed=3)
    factors = spoken.factors
    said, speaker = factors["said"].values, factors["speaker"].values
    return spoken.images.numpy(), said.numpy(), speaker.numpy()
