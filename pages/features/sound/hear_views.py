"""A syllable and its two views, to see and to hear, under the learner's own policy."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.features.sound import augmentation_switches
from pages.shell import url_params
from pages.widgets.audio import spectrogram
from pages.widgets.knobs import url_selectbox
from pages.widgets.palette import ANCHOR, POSITIVE
from ssl_core.knobs import Knob

if TYPE_CHECKING:
    from ssl_core.data import SoundSet

# Clips to choose from; with this seed every speaker says every syllable at least twice.
COUNT, SEED = 288, 2290
COUNTER = Knob(0, low=0, high=9999)  # how often a button was pressed
OTHERS = 15  # clips that mixup may put behind the one shown
# Augmentation -> what it changes between two views.
CHANGES = {
    "mixup": "the background",
    "time_frequency_crop": "pitch and tempo",
    "time_shift": "the moment",
    "gain": "the loudness",
    "hiss": "the noise",
    "time_mask": "which moments are heard",
    "frequency_mask": "which frequencies are heard",
}
# What two views share -> the augmentations that take it away.
SHARED = {
    "pitch and tempo": {"time_frequency_crop"},
    "the moment": {"time_shift", "time_frequency_crop"},
    "the loudness": {"gain"},
    "the background noise": {"mixup", "hiss"},
}


def draw() -> None:
    """Choose a clip, switch what may change, roll the dice, look and listen."""
    st.subheader("Listen to two views", anchor=False)
    spoken = pool()
    row = _chosen(spoken)
    strengths = augmentation_switches.strengths_on()
    roll = _counter("roll")
    if st.button("Roll the dice again", icon=":material/casino:", key="roll_sound"):
        roll = st.session_state.sound_roll = roll + 1
    url_params.write("roll", str(roll) if roll else "")
    st.markdown(f"**{says(set(strengths))}**")
    _views(spoken, row, strengths, roll)
    st.caption(
        f"Roll {roll + 1}: the same roll gives the same views. The views are played from "
        "what you see (Griffin-Lim, 1984): a spectrogram has lost the fine structure of "
        "a sound, so they come out a little hoarse."
    )


def says(on: set[str]) -> str:
    """What the dice change and what both views still share, as a sentence."""
    if not on:
        return (
            "Nothing may change: both views are the same, and nothing is to be learned."
        )
    changes = [CHANGES[s] for s in CHANGES if s in on]
    if "time_frequency_crop" in on and "time_shift" not in on:
        changes.append("the moment")
    changed = _listed(changes)
    who = "who says it"
    if "time_frequency_crop" in on:
        who += " (blurred: the crop stretches the voice)"
    kept = [what for what, taken_by in SHARED.items() if not taken_by & on]
    return (
        f"The dice change {changed}. Both views still share "
        f"{_listed(['what is said', who, *kept])}."
    )


@st.cache_resource(show_spinner="Speaking the syllables …")
def pool() -> "SoundSet":
    """Clips to choose from; strangers to the training set, by their seed."""
    from ssl_core.data.voices import voices

    return voices(count=COUNT, held_out=0, seed=SEED)


def _chosen(spoken: "SoundSet") -> int:
    """The row of the clip that the learner asks for."""
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
        said = url_selectbox("Syllable", _same(SAID), "said", SAID[0])
    with columns[1]:
        speaker = url_selectbox("Speaker", _same(SPEAKERS), "speaker", first)
    factors = spoken.factors
    fits = (factors["said"].values == SAID.index(said)) & (
        factors["speaker"].values == list(SPEAKERS).index(speaker)
    )
    rows = fits.nonzero().squeeze(1).tolist()
    take = _counter("take")
    with columns[2]:
        if st.button("Next clip", icon=":material/skip_next:", key="next_clip"):
            take = st.session_state.sound_take = take + 1
    url_params.write("take", str(take) if take else "")
    st.caption(
        f"Take {take % len(rows) + 1} of {len(rows)} of “{said}” by {speaker}: each at its "
        "own pitch, tempo, loudness and moment, in its own noise."
    )
    return int(rows[take % len(rows)])


def _same(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}


def _counter(name: str) -> int:
    """How often a button was pressed, from the link at first."""
    key = f"sound_{name}"
    if key not in st.session_state:
        st.session_state[key] = url_params.initial_value(name, COUNTER, key)
    url_params.show_complaints([name])
    return int(st.session_state[key])


def _views(
    spoken: "SoundSet", row: int, strengths: dict[str, float], roll: int
) -> None:
    from pages.widgets import augmented_views
    from ssl_core.augment import Policy

    rest = [r for r in range(len(spoken.images)) if r != row][:OTHERS]
    made = augmented_views.two_views(
        spoken.images[[row, *rest]], Policy.of(strengths), roll
    )
    levels = [view[:, :, 0] for view in (made.original, *made.images)]
    columns = st.columns(3)
    with columns[0]:
        st.markdown("**The clip**")
        spectrogram.draw_chart(
            levels[0],
            "Spectrogram of the clip: time in seconds to the right, frequency in hertz "
            "upwards; brighter is louder.",
            "sound_clip",
        )
        spectrogram.draw_player(spoken.clips[row].numpy(), "The clip as it was spoken")
    for column, view, dice, role, colour, name in zip(
        columns[1:],
        levels[1:],
        made.params,
        (":orange[**One view**]", ":green[**Its partner**]"),
        (ANCHOR, POSITIVE),
        ("One view", "Its partner"),
        strict=True,
    ):
        with column:
            st.markdown(role)
            alt = f"{name}, a spectrogram. Dice: {augmented_views.params_text(dice)}"
            spectrogram.draw_picture(np.ascontiguousarray(view), colour, alt)
            spectrogram.draw_levels_player(
                np.ascontiguousarray(view), f"{name}, made audible"
            )


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
