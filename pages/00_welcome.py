"""Welcome: what the app is, one interactive figure, and links to the parts."""

import streamlit as st

from pages.features import welcome
from pages.shell import page_links
from pages.widgets import run_text
from pages.widgets.two_pairs import two_pairs

st.title("Understand contrastive learning by doing it", anchor=False)
st.markdown(
    "Train a real encoder on images that nobody labelled: here, in seconds, with every "
    "part of it under your hand. Nothing is invented: what plays before you press Train "
    "is a recording of the same code, and every number was measured by it."
)

st.subheader("Touch it: one pair, one loss", anchor=False)
left, right = st.columns([0.42, 0.58], gap="large", vertical_alignment="center")
with left:
    st.markdown(run_text.two_pairs_task())
    angle = st.slider(
        "Angle between a view and its partner",
        0,
        180,
        40,
        5,
        format="%d°",
        key="pair_angle",
        persist_state="session",
    )
    temperature = st.slider(
        "Temperature",
        0.05,
        1.0,
        0.5,
        0.05,
        key="pair_temperature",
        persist_state="session",
    )
with right:
    drawing, sentence = two_pairs(angle, temperature)
    st.image(drawing, alt=sentence, width=440)
    st.markdown(sentence)

st.subheader("Three doors", anchor=False)
playground, lessons, quiz = st.columns([0.27, 0.46, 0.27], gap="medium")
with playground, st.container(border=True, height="stretch"):
    st.markdown(
        "**Play.** Press Train and watch 300 unseen images find their places: "
        "most of eight shapes told apart within half a minute on two CPU cores."
    )
    page_links.page_link("playground", "Open the playground", "play_circle")
with lessons, st.container(border=True, height="stretch"):
    welcome.draw_lessons()
with quiz, st.container(border=True, height="stretch"):
    welcome.draw_quiz()

inspect, experiment = st.columns(2, gap="medium")
with inspect:
    st.markdown(
        "**Look inside.** What two views may differ in, what the loss wants from each "
        "point, and what one cell of the similarity matrix does."
    )
    welcome.draw_page_links(
        ("augmentations", "Augmentations", "auto_fix"),
        ("loss_by_hand", "The loss by hand", "pan_tool"),
        ("matrix_inspector", "Matrix inspector", "grid_on"),
    )
with experiment:
    st.markdown(
        "**Ask.** Predict, run two arms that differ in one thing, and read what happened "
        "beside our evidence and the paper's number."
    )
    welcome.draw_page_links(
        ("shortcuts", "Why isn't cropping enough?", "palette"),
        ("negatives", "Do you need a huge batch?", "groups"),
        ("temperature", "What does the temperature decide?", "device_thermostat"),
        ("collapse", "Why doesn't it collapse?", "compress"),
        ("features", "What do the features keep?", "inventory_2"),
        ("reading_the_map", "Can you trust the map?", "map"),
    )
