"""Sounds for the augmentations page: a spoken syllable, seen and heard."""

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ssl_core.data.voices import SAID, SPEAKERS, voices

ENLARGED = 8  # a spectrogram is small: each of its values becomes a square
OTHERS = 15  # sounds that may be mixed into the one shown


def choose() -> Tensor:
    """Let the learner take a syllable; ``[1 + OTHERS, 1, F, T]`` uint8, it comes first."""
    said = st.segmented_control("Syllable", SAID, default=SAID[0], key="syllable")
    images, what, who = _spoken()
    first = int(np.flatnonzero(what == SAID.index(said or SAID[0]))[0])
    rest = [row for row in range(len(images)) if row != first][:OTHERS]
    st.caption(
        f"“{SAID[what[first]]}”, said by {tuple(SPEAKERS)[who[first]]}. Time runs to the "
        "right, low frequencies are at the bottom, and brighter is louder. Each value "
        "is a level in a band of frequency, from 80 dB below full scale to full scale."
    )
    return torch.from_numpy(images[[first, *rest]])


def enlarged(picture: np.ndarray) -> np.ndarray:
    """``[H, W, 3]`` larger, its values still told apart."""
    return picture.repeat(ENLARGED, 0).repeat(ENLARGED, 1)


@st.cache_data(max_entries=2, show_spinner=False)
def _spoken() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    spoken = voices(count=128, held_out=8, seed=3)
    factors = spoken.factors
    said, speaker = factors["said"].values, factors["speaker"].values
    return spoken.images.numpy(), said.numpy(), speaker.numpy()
