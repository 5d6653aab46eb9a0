"""Playground: press Train and watch an encoder learn from data nobody labelled."""

import streamlit as st

from pages._ui import learner, live, notices, runs


def watch(run: str) -> None:
    """A run as it goes: map, curves and the current batch."""
    live.images_of(run)
    # A paused run may take a step at any moment; one that has ended costs nothing to show.
    moving = runs.state() in runs.ACTIVE
    # While it waits for its turn, only its place in the line changes.
    training = moving and runs.state() != "queued"
    pace = 1.0 if training else 3.0
    left, right = st.columns([0.52, 0.48], gap="medium")
    with left:
        st.fragment(live.status, run_every=pace if moving else None)(run)
        live.map_of(run)
    with right:
        st.fragment(live.curves, run_every=2.0 if training else None)(run)
    st.fragment(live.batch, run_every=2.0 if training else None)(run)
    live.pinned_map()
    live.keep(run)


st.title("Playground", anchor=False)
learner.remember()
notices.draw()
runs.controls("main")

# Not st.stop(): after a stopped run Streamlit keeps the parameters of widgets that went.
if (shown := runs.current()) is None:
    live.invitation()
elif damage := live.damage(shown):  # a disk may fail; the learner starts another
    st.error(f"{damage[:1].upper()}{damage[1:]}.", icon=":material/heart_broken:")
else:
    watch(shown)
