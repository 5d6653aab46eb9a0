"""Playground: press Train and watch an encoder learn from data nobody labelled."""

import streamlit as st

from pages.features.playground import notices, run_controls, run_viewer
from pages.shell import user_runs


def draw_run(run: str) -> None:
    """Draw map, curves and current batch of a run; they update while it trains."""
    run_viewer.send_images(run)
    # A paused run may take a step at any time; an ended run needs no polling.
    active = user_runs.state() in user_runs.ACTIVE
    # A queued run changes only its place in the queue.
    training = active and user_runs.state() != "queued"
    status_interval_s = 1.0 if training else 3.0
    left, right = st.columns([0.52, 0.48], gap="medium")
    with left:
        st.fragment(
            run_viewer.draw_status, run_every=status_interval_s if active else None
        )(run)
        run_viewer.draw_map(run)
    with right:
        st.fragment(run_viewer.draw_curves, run_every=2.0 if training else None)(run)
    st.fragment(run_viewer.draw_batch, run_every=2.0 if training else None)(run)
    run_viewer.draw_pinned_map()
    run_viewer.draw_actions(run)


st.title("Playground", anchor=False)
notices.draw()
run_controls.draw("main")

# Not st.stop(): Streamlit would keep the URL parameters of widgets that are gone.
if (run := user_runs.current()) is None:
    run_viewer.draw_start()
elif error := run_viewer.load_error(run):  # the files may be damaged
    st.error(f"{error[:1].upper()}{error[1:]}.", icon=":material/heart_broken:")
else:
    draw_run(run)
