"""Without negatives: a recorded run that collapses beside one that does not."""

import streamlit as st

from pages.widgets.recording import recording_player

RUNS = {
    "simsiam_collapse": "**Without stop-gradient** (SimSiam)",
    "byol": "**With predictor, stop-gradient and moving average** (BYOL)",
}


def draw() -> None:
    """Draw both recordings side by side; they play in the browser."""
    for column, (slug, name) in zip(
        st.columns(2, gap="medium"), RUNS.items(), strict=True
    ):
        with column:
            st.markdown(name)
            recording_player.draw(slug, f"lesson_{slug}", height=300)
