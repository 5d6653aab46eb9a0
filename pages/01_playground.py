"""Playground: press Train and watch an encoder learn from data nobody labelled."""

import streamlit as st

from pages.features.playground import notices, run_controls, viewer
from pages.shell import identity, user_runs


def watch(run: str) -> None:
    """A run as it goes: map, curves and the current batch."""
    viewer.images_of(run)
    # A paused run may take a step at any moment; one that has ended costs nothing to show.
    moving = user_runs.state() in user_runs.ACTIVE
    # While it waits for its turn, only its place in the line changes.
    training = moving and user_runs.state() != "queued"
    pace = 1.0 if training else 3.0
    left, right = st.columns([0.52, 0.48], gap="medium")
    with left:
        st.fragment(viewer.status, run_every=pace if moving else None)(run)
        viewer.map_of(run)
    with right:
        st.fragment(viewer.curves, run_every=2.0 if training else None)(run)
    st.fragment(viewer.batch, run_every=2.0 if training else None)(run)
    viewer.pinned_map()
    viewer.keep(run)


st.title("Playground", anchor=False)
identity.set_cookie()
notices.draw()
run_controls.controls("main")

# Not st.stop(): after a stopped run Streamlit keeps the parameters of widgets that went.
if (shown := user_runs.current()) is None:
    viewer.invitation()
elif damage := viewer.damage(shown):  # a disk may fail; the learner starts another
    st.error(f"{damage[:1].upper()}{damage[1:]}.", icon=":material/heart_broken:")
else:
    watch(shown)
