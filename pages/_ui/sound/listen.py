"""A syllable and its two views, to see and to hear, under the learner's own policy."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages._ui.knobs import linked_menu, widget
from pages._ui.palette import ANCHOR, POSITIVE
from pages._ui.sound import shown

if TYPE_CHECKING:
    from ssl_core.data import SoundSet

# Clips to choose from; with this seed every speaker says every syllable at least twice.
COUNT, SEED = 288, 2290
OTHERS = 15  # clips that mixup may put behind the one shown
# Augmentation -> what it changes between two views.
CHANGES = {
    "mixup": "the background",
    "time_frequency_crop": "pitch, tempo and the moment",
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
    strengths = _switches()
    roll = st.session_state.setdefault("sound_roll", 0)
    if st.button("Roll the dice again", icon=":material/casino:", key="roll_sound"):
        roll = st.session_state.sound_roll = roll + 1
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
    changed = _listed(list(dict.fromkeys(CHANGES[s] for s in CHANGES if s in on)))
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
    with columns[0]:
        said = linked_menu("Syllable", {s: s for s in SAID}, "said", SAID[0])
    with columns[1]:
        first = next(iter(SPEAKERS))
        speaker = linked_menu("Speaker", {s: s for s in SPEAKERS}, "speaker", first)
    factors = spoken.factors
    fits = (factors["said"].values == SAID.index(said)) & (
        factors["speaker"].values == list(SPEAKERS).index(speaker)
    )
    rows = fits.nonzero().squeeze(1).tolist()
    take = st.session_state.setdefault("sound_take", 0)
    with columns[2]:
        if st.button("Next clip", icon=":material/skip_next:", key="next_clip"):
            take = st.session_state.sound_take = take + 1
    st.caption(
        f"Take {take % len(rows) + 1} of {len(rows)} of “{said}” by {speaker}: each at its "
        "own pitch, tempo, loudness and moment, in its own noise."
    )
    return int(rows[take % len(rows)])


def _switches() -> dict[str, float]:
    """slug -> strength of the augmentations that are on."""
    from ssl_core.augment import offered
    from ssl_core.data import SOUND_VIEWS

    kinds = offered("sound")
    labels = {slug: kind.label for slug, kind in kinds.items()}
    on = st.pills(
        "Between two views may change",
        list(kinds),
        selection_mode="multi",
        default=list(SOUND_VIEWS),
        format_func=labels.__getitem__,
        key="sound_views",
    )
    with st.expander("How strongly", icon=":material/tune:"):
        columns = st.columns(3)
        strengths = {}
        for i, (slug, kind) in enumerate(kinds.items()):
            knob = kind.strength_knob()
            with columns[i % 3]:
                strengths[slug] = widget(
                    labels[slug],
                    knob,
                    key=f"{slug}_view",
                    default=SOUND_VIEWS.get(slug, knob.default),
                    disabled=slug not in on,
                )
    return {slug: strengths[slug] for slug in kinds if slug in on}


def _views(
    spoken: "SoundSet", row: int, strengths: dict[str, float], roll: int
) -> None:
    from pages._ui import pictures
    from ssl_core.augment import Policy

    rest = [r for r in range(len(spoken.images)) if r != row][:OTHERS]
    made = pictures.two(spoken.images[[row, *rest]], Policy.of(strengths), roll)
    levels = [view[:, :, 0] for view in (made.original, *made.images)]
    columns = st.columns(3)
    with columns[0]:
        st.markdown("**The clip**")
        shown.chart(
            levels[0],
            "Spectrogram of the clip: time in seconds to the right, frequency in hertz "
            "upwards; brighter is louder.",
            "sound_clip",
        )
        shown.play(spoken.clips[row].numpy(), "The clip as it was spoken")
    for column, view, dice, role, colour, name in zip(
        columns[1:],
        levels[1:],
        made.dice,
        (":orange[**One view**]", ":green[**Its partner**]"),
        (ANCHOR, POSITIVE),
        ("One view", "Its partner"),
        strict=True,
    ):
        with column:
            st.markdown(role)
            alt = f"{name}, a spectrogram. Dice: {pictures.dice_text(dice)}"
            shown.picture(np.ascontiguousarray(view), colour, alt)
            shown.play_levels(np.ascontiguousarray(view), f"{name}, made audible")


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
