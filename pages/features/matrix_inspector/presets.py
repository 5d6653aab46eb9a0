"""Presets of the matrix inspector: buttons that set its widgets and its URL."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.features.matrix_inspector.batch_source import (
    BATCH_KNOBS,
    TRAINED,
    UNTRAINED,
    shipped_encoders,
)
from pages.features.matrix_inspector.inspector import SHADES

_DEFAULTS = {name: knob.default for name, knob in BATCH_KNOBS.items()} | {
    "matrix_from": UNTRAINED,
    "matrix_row": "1a",
    "matrix_column": "1b",
    "matrix_shade": SHADES[0],
    "matrix_labels": False,
}
PRESETS: dict[str, dict[str, Any]] = {
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
    """Draw a button for each preset."""
    with st.container(horizontal=True):
        for index, (label, values) in enumerate(PRESETS.items()):
            if values.get("matrix_from") == TRAINED and not shipped_encoders():
                continue
            st.button(
                label,
                icon=":material/grid_on:",
                key=f"matrix_preset_{index}",
                on_click=_apply,
                args=(values,),
            )
    st.caption("The address bar then holds this very matrix: copy it to share it.")


def _apply(values: Mapping[str, Any]) -> None:
    """Set the widgets; those that the preset leaves out get their defaults."""
    st.session_state.update(_DEFAULTS | dict(values))
    # Without a temperature in the preset, the source's own is used.
    source_tau = "matrix_tau" not in values
    st.session_state.matrix_tau_of = (
        None if source_tau else st.session_state.matrix_from
    )
