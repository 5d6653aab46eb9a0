"""A spoken syllable and two views of it: spectrograms with audio players."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.features.sound import augmentation_switches
from pages.shell import url_params
from pages.widgets import count_button, run_text
from pages.widgets.audio import spectrogram
from pages.widgets.knobs import url_selectbox
from pages.widgets.palette import ANCHOR, POSITIVE
from ssl_core.knobs import Knob

if TYPE_CHECKING:
    from ssl_core.data import SoundSet

# With this seed every speaker says every syllable at least twice.
CLIPS, CLIPS_SEED = 288, 2290
COUNTER = Knob(0, low=0, high=9999)  # counts the presses of a button
# Augmentation -> the cue that it changes.
CUE_OF = {
    "mixup": "the background",
    "time_frequency_crop": "pitch and tempo",
    "time_shift": "the moment",
    "gain": "the loudness",
    "hiss": "the noise",
    "time_mask": "which moments are heard",
    "frequency_mask": "which frequencies are heard",
}
# Cue -> the augmentations that remove it from what two views share.
SHARED_CUES = {
    "pitch and tempo": {"time_frequency_crop"},
    "the moment": {"time_shift", "time_frequency_crop"},
    "the loudness": {"gain"},
    "the background noise": {"mixup", "hiss"},
}


def draw() -> None:
    """Draw the menus, the augmentation switches, and two views of the chosen clip."""
    st.subheader("Listen to two views", anchor=False)
    sounds = load_clips()
    row = _choose_clip(sounds)
    strengths = augmentation_switches.choose()
    _load_counter("roll")
    seed = count_button.draw(
        "Roll the dice again", "roll_sound", "sound_roll", icon=":material/casino:"
    )
    url_params.write("roll", str(seed) if seed else "")
    st.markdown(f"**{describe_views(set(strengths))}**")
    _draw_views(sounds, row, strengths, seed)
    st.caption(
        f"Roll {seed + 1}: the same roll gives the same views. The views are played from "
        "what you see (Griffin-Lim, 1984): a spectrogram has lost the fine structure of "
        "a sound, so they come out a little hoarse."
    )


def describe_views(switched_on: set[str]) -> str:
    """Say which cues change between the views and which both views share.

    Args:
        switched_on: slugs of the augmentations that are on.
    """
    if not switched_on:
        return (
            "Nothing may change: both views are the same, and nothing is to be learned."
        )
    cues = [CUE_OF[s] for s in CUE_OF if s in switched_on]
    if "time_frequency_crop" in switched_on and "time_shift" not in switched_on:
        cues.append("the moment")
    changed = run_text.join_words(cues)
    speaker = "who says it"
    if "time_frequency_crop" in switched_on:
        speaker += " (blurred: the crop stretches the voice)"
    shared = [
        cue
        for cue, augmentations in SHARED_CUES.items()
        if not augmentations & switched_on
    ]
    return (
        f"The dice change {changed}. Both views still share "
        f"{run_text.join_words(['what is said', speaker, *shared])}."
    )


@st.cache_resource(show_spinner="Speaking the syllables …")
def load_clips() -> "SoundSet":
    """Load the clips to choose from; none is in the training set."""
    from ssl_core.data.voices import voices

    return voices(count=CLIPS, held_out=0, seed=CLIPS_SEED)


def _choose_clip(sounds: "SoundSet") -> int:
    """Let the learner choose a clip; return its row."""
    from ssl_core.data.voices import SAID, SPEAKERS

    columns = st.columns([0.35, 0.35, 0.3], vertical_alignment="bottom")
    first = next(iter(SPEAKERS))
    url_params.check(
        {
            "said": Knob(SAID[0], choices=SAID),
            "speaker": Knob(first, choices=tuple(SPEAKERS)),
        }
    )
    with columns[0]:
        syllable = url_selectbox(
            "Syllable", {name: name for name in SAID}, "said", SAID[0]
        )
    with columns[1]:
        speaker = url_selectbox(
            "Speaker", {name: name for name in SPEAKERS}, "speaker", first
        )
    factors = sounds.factors
    matches = (factors["said"].values == SAID.index(syllable)) & (
        factors["speaker"].values == list(SPEAKERS).index(speaker)
    )
    rows = matches.nonzero().squeeze(1).tolist()
    _load_counter("take")
    with columns[2]:
        clip = count_button.draw(
            "Next clip", "next_clip", "sound_take", icon=":material/skip_next:"
        )
    url_params.write("take", str(clip) if clip else "")
    st.caption(
        f"Take {clip % len(rows) + 1} of {len(rows)} of “{syllable}” by {speaker}: each at "
        "its own pitch, tempo, loudness and moment, in its own noise."
    )
    return int(rows[clip % len(rows)])


def _load_counter(name: str) -> None:
    """Let a link set the count of a button's presses."""
    url_params.set_initial(name, COUNTER, f"sound_{name}")
    url_params.show_complaints([name])


def _draw_views(
    sounds: "SoundSet", row: int, strengths: dict[str, float], seed: int
) -> None:
    from pages.widgets import augmented_views
    from ssl_core.augment import Policy

    rows = augmented_views.mixup_rows(row, len(sounds.images))
    views = augmented_views.two_views(sounds.images[rows], Policy.of(strengths), seed)
    levels = [level[:, :, 0] for level in (views.original, *views.images)]
    columns = st.columns(3)
    with columns[0]:
        st.markdown("**The clip**")
        spectrogram.draw_chart(
            levels[0],
            "Spectrogram of the clip: time in seconds to the right, frequency in hertz "
            "upwards; brighter is louder.",
            "sound_clip",
        )
        spectrogram.draw_player(sounds.clips[row].numpy(), "The clip as it was spoken")
    for column, level, params, role, colour, name in zip(
        columns[1:],
        levels[1:],
        views.params,
        (":orange[**One view**]", ":green[**Its partner**]"),
        (ANCHOR, POSITIVE),
        ("One view", "Its partner"),
        strict=True,
    ):
        with column:
            st.markdown(role)
            alt = f"{name}, a spectrogram. Dice: {augmented_views.params_text(params)}"
            spectrogram.draw_picture(np.ascontiguousarray(level), colour, alt)
            spectrogram.draw_levels_player(
                np.ascontiguousarray(level), f"{name}, made audible"
            )
