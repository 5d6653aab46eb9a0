"""Matrices worth seeing once: each sets the page, and with it the link in the address."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.features.matrix_inspector.batch_source import (
    DRAWN,
    TRAINED,
    UNTRAINED,
    shipped_encoders,
)
from pages.features.matrix_inspector.inspector import SHADES

_PLAIN = {name: knob.default for name, knob in DRAWN.items()} | {
    "matrix_from": UNTRAINED,
    "matrix_row": "1a",
    "matrix_column": "1b",
    "matrix_shade": SHADES[0],
    "matrix_labels": False,
}
GALLERY: dict[str, dict[str, Any]] = {
    "Untrained: hardly a pattern": {"matrix_n": 16},
    "Trained: the positives stand out": {"matrix_from": TRAINED, "matrix_n": 16},
    "Crop only: partners are easy to find": {
        "matrix_n": 16,
        "matrix_views": "Crop only",
    },
    "τ = 0.05: few negatives push": {"matrix_tau": 0.05, "matrix_shade": SHADES[1]},
    "N = 2: two negatives": {"matrix_n": 2},
}


def draw() -> None:
    """One button for each; what it does not name goes back to its default."""
    with st.container(horizontal=True):
        for place, (label, changes) in enumerate(GALLERY.items()):
            if changes.get("matrix_from") == TRAINED and not shipped_encoders():
                continue
            st.button(
                label,
                icon=":material/grid_on:",
                key=f"matrix_gallery_{place}",
                on_click=_open,
                args=(changes,),
            )
    st.caption("The address bar then holds this very matrix: copy it to share it.")


def _open(changes: Mapping[str, Any]) -> None:
    st.session_state.update(_PLAIN | dict(changes))
    # Left out, the temperature is the source's own.
    own = "matrix_tau" not in changes
    st.session_state.matrix_tau_of = None if own else st.session_state.matrix_from
