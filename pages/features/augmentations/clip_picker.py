"""The spoken syllable of the augmentations page."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.shell import url_params
from pages.widgets import augmented_views
from ssl_core.knobs import Knob

if TYPE_CHECKING:
    from torch import Tensor


def choose() -> "Tensor":
    """Let the learner choose a syllable.

    Returns:
        ``[n, 1, F, T]`` uint8: the chosen clip, then those that mixup may mix into it.
    """
    import torch

    from ssl_core.data.voices import SAID, SPEAKERS

    url_params.set_initial("syllable", Knob(SAID[0], choices=SAID))
    url_params.show_complaints(["syllable"])
    syllable = st.segmented_control(
        "Syllable", SAID, key="syllable", persist_state="session"
    )
    url_params.write("syllable", "" if syllable in (None, SAID[0]) else syllable)
    images, syllables, speakers = _load_clips()
    first = int(np.flatnonzero(syllables == SAID.index(syllable or SAID[0]))[0])
    st.caption(
        f"“{SAID[syllables[first]]}”, said by {tuple(SPEAKERS)[speakers[first]]}. Time runs "
        "to the right, low frequencies are at the bottom, and brighter is louder. Each value "
        "is a level in a band of frequency, from 80 dB below full scale to full scale."
    )
    return torch.from_numpy(images[augmented_views.mixup_rows(first, len(images))])


@st.cache_data(max_entries=2, show_spinner=False)
def _load_clips() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from ssl_core.data.voices import voices

    sounds = voices(count=128, held_out=8, seed=3)
    factors = sounds.factors
    syllables, speakers = factors["said"].values, factors["speaker"].values
    return sounds.images.numpy(), syllables.numpy(), speakers.numpy()
