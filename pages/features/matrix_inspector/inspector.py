"""The interactive part of the matrix inspector: temperature, matrix and cell."""

import numpy as np
import streamlit as st

from pages.features.matrix_inspector.batch_source import MAX_PAIRS, InspectedBatch
from pages.features.matrix_inspector.cell_panel import draw_cell, draw_row, same_class
from pages.shell import url_params
from pages.widgets.matrix import cell_text, matrix_canvas
from pages.widgets.matrix.cell_text import view_name
from pages.widgets.matrix.matrix_canvas import MatrixView, draw_matrix, send_views
from ssl_core.knobs import Knob
from ssl_core.similarity import Cell, SimilarityMatrix

CANVAS = "matrix_canvas"
SHADES = ("cosine", "softmax")
MIN_TAU, MAX_TAU, DEFAULT_TAU = 0.01, 1.0, 0.2


def draw(batch: InspectedBatch) -> None:
    """Draw everything that depends on the selected cell and the temperature."""
    if not np.isfinite(batch.cosines).all():
        st.error(
            "This batch has no cosines: the run has diverged. Start it again with a "
            "lower learning rate, or choose another batch.",
            icon=":material/error:",
        )
        return
    names = [view_name(i) for i in range(len(batch.views))]
    url_params.check(
        {
            "matrix_tau": Knob(_batch_tau(batch), low=MIN_TAU, high=MAX_TAU),
            "matrix_row": Knob(names[0], choices=tuple(names)),
            "matrix_column": Knob(names[1], choices=tuple(names)),
            "matrix_shade": Knob(SHADES[0], choices=SHADES),
            "matrix_labels": Knob(False),
        }
    )
    send_views(batch.batch_id, batch.views)
    _reset_temperature(batch)
    _draw_interactive(batch, names)


def _reset_temperature(batch: InspectedBatch) -> None:
    """Set the temperature to the batch's own when the source changes."""
    source = st.session_state.get("matrix_from")
    if st.session_state.get("matrix_tau_of", source) != source:
        st.session_state.matrix_tau = _batch_tau(batch)
    st.session_state.matrix_tau_of = source


def _reset_missing_cell(names: list[str]) -> None:
    """Select the default cell if the selected one is not in this batch."""
    for key, default in (("matrix_row", names[0]), ("matrix_column", names[1])):
        if st.session_state.get(key, default) not in names:
            st.session_state[key] = default


def _batch_tau(batch: InspectedBatch) -> float:
    tau = DEFAULT_TAU if batch.temperature is None else batch.temperature
    return float(min(max(tau, MIN_TAU), MAX_TAU))


@st.fragment
def _draw_interactive(batch: InspectedBatch, names: list[str]) -> None:
    _reset_missing_cell(names)
    guess = st.pills(
        "Your prediction, if you like: which negatives push hardest on an anchor?",
        list(cell_text.PREDICTIONS),
        key="matrix_guess",
        persist_state="session",
    )
    feedback = st.container()
    matrix = _draw_controls(batch)
    if guess:
        feedback.markdown(cell_text.feedback(cell_text.PREDICTIONS[guess], matrix))
    left, right = st.columns([0.52, 0.48], gap="large")
    with right:
        anchor, other = _choose_cell(matrix, names)
        cell = matrix.cell(anchor, other)
        draw_cell(batch, matrix, cell)
    with left:
        _draw_matrix(batch, matrix, cell, names)
    draw_row(batch, matrix, cell)


def _draw_controls(batch: InspectedBatch) -> SimilarityMatrix:
    import torch

    with st.container(horizontal=True, vertical_alignment="center"):
        tau = st.slider(
            "Temperature τ"
            + (f" (its own: {batch.temperature:g})" if batch.temperature else ""),
            MIN_TAU,
            MAX_TAU,
            _batch_tau(batch),
            0.01,
            key="matrix_tau",
            bind="query-params",
            width=300,
            help="Only the numbers here change; the embeddings stay as they are.",
        )
        st.segmented_control(
            "Shade of a cell",
            SHADES,
            default=SHADES[0],
            key="matrix_shade",
            bind="query-params",
            required=True,
        )
        st.toggle(
            "Reveal hidden labels",
            key="matrix_labels",
            bind="query-params",
            disabled=batch.labels is None,
            help="Training never saw them: to the loss every other picture is a "
            "negative.",
        )
    return SimilarityMatrix(torch.from_numpy(batch.cosines), tau)


def _choose_cell(matrix: SimilarityMatrix, names: list[str]) -> tuple[int, int]:
    """Draw the menus that select a cell; return its row and column."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = st.selectbox(
            ":orange[Anchor], the row",
            names,
            key="matrix_row",
            bind="query-params",
            width=120,
        )
        anchor = names.index(row)
        column = st.selectbox(
            "Compared with",
            names,
            index=1,
            key="matrix_column",
            bind="query-params",
            width=120,
        )
        for label, j in (
            ("Partner", anchor ^ 1),
            ("Hardest negative", matrix.hardest(anchor)),
            ("Itself", anchor),
        ):
            st.button(
                label,
                key=f"matrix_to_{label.split()[0].lower()}",
                on_click=_select_column,
                args=(names[j],),
            )
    return anchor, names.index(column)


def _select_column(name: str) -> None:
    st.session_state.matrix_column = name


def _on_cell_chosen() -> None:
    """Select the cell that was clicked, or reached by keyboard, in the matrix."""
    cell = matrix_canvas.chosen_cell(CANVAS, 2 * MAX_PAIRS)
    if cell:
        st.session_state.matrix_row = view_name(cell[0])
        st.session_state.matrix_column = view_name(cell[1])


def _draw_matrix(
    batch: InspectedBatch, matrix: SimilarityMatrix, cell: Cell, names: list[str]
) -> None:
    content = MatrixView(
        cosines=batch.cosines,
        weights=matrix.weights.numpy(),
        names=names,
        row=cell.anchor,
        column=cell.other,
        show=st.session_state.matrix_shade or SHADES[0],  # a link may empty it
        same_class=same_class(batch, matrix),
        title=cell_text.title(matrix),
        alt=cell_text.alt(matrix, cell),
    )
    draw_matrix(batch.batch_id, content, key=CANVAS, on_chosen=_on_cell_chosen)
