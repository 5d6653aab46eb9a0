"""Welcome: one promise, one thing to touch, and the doors."""

import streamlit as st

from pages._ui import learner, welcome, words

learner.remember()
st.title("Understand contrastive learning by doing it", anchor=False)
st.markdown(
    "Train a real encoder on images that nobody labelled: here, in seconds, with every "
    "part of it under your hand. Nothing on these pages is pre-drawn."
)

st.subheader("Touch it: one pair, one loss", anchor=False)
left, right = st.columns([0.42, 0.58], gap="large", vertical_alignment="center")
with left:
    st.markdown(words.two_pairs())
    turn = st.slider(
        "Angle between a view and its partner",
        0,
        180,
        40,
        5,
        format="%d°",
        key="pair_angle",
    )
    temperature = st.slider("Temperature", 0.05, 1.0, 0.5, 0.05, key="pair_temperature")
with right:
    shown = welcome.two_pairs(turn, temperature)
    st.plotly_chart(
        shown.figure, key="pair_chart", alt=shown.says, config=welcome.CONFIG
    )
    st.markdown(shown.says)

st.subheader("Two doors", anchor=False)
play, look = st.columns(2, gap="medium")
with play, st.container(border=True):
    st.markdown(
        "**Play.** Press Train and watch 300 unseen images find their places: "
        "most of eight shapes told apart within half a minute on two CPU cores."
    )
    welcome.door(
        "pages/01_playground.py",
        label="Open the playground",
        icon=":material/play_circle:",
    )
with look, st.container(border=True):
    st.markdown(
        "**Look.** What may change between two views is what the features learn "
        "to ignore. See each augmentation, its dice and its code."
    )
    welcome.door(
        "pages/02_augmentations.py",
        label="Open the augmentations",
        icon=":material/auto_fix:",
    )
