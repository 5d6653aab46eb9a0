"""Augmentations: what may change between two views of one picture or sound."""

import streamlit as st

from pages._ui import learner, notices, pairs, pictures, sidebar, source
from pages._ui.palette import ANCHOR, GHOST, POSITIVE
from ssl_core.augment import AUGMENTATIONS, Policy, offered

st.title("Augmentations", anchor=False)
learner.remember()
sound = sidebar.medium() == "sound"
one = "sound" if sound else "picture"
st.markdown(
    f"A :orange[view] and its :green[partner] come from one {one}. Whatever the switches "
    "in the sidebar may change, the encoder learns to **ignore**; whatever they leave alone, "
    "it may use. Move them and look."
)
notices.draw()

if sound:
    from pages._ui.sound import shown, syllable

    images = syllable.choose()
else:
    images = pictures.choose()
roll = st.button(
    "Roll the dice again", icon=":material/casino:", key="roll", type="primary"
)
seed = st.session_state.setdefault("roll_seed", 0) + int(roll)
st.session_state.roll_seed = seed
policy = Policy.of(sidebar.values()["augment"])

st.subheader("All switches together: two views", anchor=False)
views = pictures.two(images, policy, seed)
columns = st.columns(3)
captions = (f"The {one}", ":orange[**One view**]", ":green[**Its partner**]")
alts = (
    "The spectrogram of the sound." if sound else "The original picture.",
    *(
        f"View {v}: {pictures.dice_text(d)}"
        for v, d in zip("AB", views.dice, strict=True)
    ),
)
for column, view, caption, colour, alt in zip(
    columns,
    [views.original, *views.images],
    captions,
    (GHOST, ANCHOR, POSITIVE),
    alts,
    strict=True,
):
    with column:
        if sound:
            levels = view[:, :, 0].copy()
            shown.picture(levels, colour, alt)
            st.markdown(caption)
            shown.play_levels(levels, f"{alt} Made audible.")
        else:
            st.image(pairs.data_url(view), width="stretch", alt=alt)
            st.markdown(caption)
on = ", ".join(a.label for a in policy.augmentations) or "nothing"
st.caption(f"On: {on}. Seed {seed}: the same seed rolls the same dice.")
if sound:
    st.caption(
        "What you hear is made from what you see (Griffin-Lim); a spectrogram has lost "
        "the fine structure of a sound, so it comes out a little hoarse."
    )
with st.expander("The dice that made these views", icon=":material/casino:"):
    st.dataframe(
        pictures.dice_table(views.dice),
        hide_index=True,
        alt="Every random number behind the two views",
    )

st.subheader("Each one alone", anchor=False)
st.caption(
    "At the strength set in the sidebar; its own default where it is switched off."
)
tiles = pictures.alone(images, sidebar.strengths(), seed)
across = 3 if sound else 6
for start in range(0, len(tiles), across):
    for column, tile in zip(
        st.columns(across), tiles[start : start + across], strict=False
    ):
        with column:
            alt = f"{tile.label}: {tile.dice}"
            if sound:
                shown.picture(tile.image[:, :, 0].copy(), GHOST, alt)
            else:
                st.image(pairs.data_url(tile.image), width="stretch", alt=alt)
            st.markdown(f"**{tile.label}**")
            st.caption(tile.dice)

st.subheader("The code that ran", anchor=False)
slug = st.selectbox(
    "Augmentation",
    list(offered(sidebar.medium())),
    key="source_of",
    format_func=lambda s: AUGMENTATIONS[s].label,
)
source.show(AUGMENTATIONS[slug])
