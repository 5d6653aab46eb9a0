"""Augmentations: what may change between two views of one picture, alone and composed."""

import inspect

import streamlit as st

from pages._ui import learner, notices, pairs, pictures, sidebar
from ssl_core.augment import AUGMENTATIONS, Policy

st.title("Augmentations", anchor=False)
learner.remember()
st.markdown(
    "A :orange[view] and its :green[partner] come from one picture. Whatever the switches "
    "in the sidebar may change, the encoder learns to **ignore**; whatever they leave alone, "
    "it may use. Move them and look."
)
notices.draw()

image = pictures.choose()
roll = st.button(
    "Roll the dice again", icon=":material/casino:", key="roll", type="primary"
)
seed = st.session_state.setdefault("roll_seed", 0) + int(roll)
st.session_state.roll_seed = seed
policy = Policy.of(sidebar.values()["augment"])

st.subheader("All switches together: two views", anchor=False)
views = pictures.two(image, policy, seed)
columns = st.columns(3)
captions = ("The picture", ":orange[**One view**]", ":green[**Its partner**]")
alts = (
    "The original picture.",
    *(
        f"View {v}: {pictures.dice_text(d)}"
        for v, d in zip("AB", views.dice, strict=True)
    ),
)
for column, shown, caption, alt in zip(
    columns, [views.original, *views.images], captions, alts, strict=True
):
    with column:
        st.image(pairs.data_url(shown), width="stretch", alt=alt)
        st.markdown(caption)
on = ", ".join(a.label for a in policy.augmentations) or "nothing"
st.caption(f"On: {on}. Seed {seed}: the same seed rolls the same dice.")
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
tiles = pictures.alone(image, sidebar.strengths(), seed)
for start in range(0, len(tiles), 6):
    for column, tile in zip(st.columns(6), tiles[start : start + 6], strict=False):
        with column:
            st.image(
                pairs.data_url(tile.image),
                width="stretch",
                alt=f"{tile.label}: {tile.dice}",
            )
            st.markdown(f"**{tile.label}**")
            st.caption(tile.dice)

st.subheader("The code that ran", anchor=False)
slug = st.selectbox(
    "Augmentation",
    list(AUGMENTATIONS),
    key="source_of",
    format_func=lambda s: AUGMENTATIONS[s].label,
)
st.code(inspect.getsource(AUGMENTATIONS[slug]), language="python")
