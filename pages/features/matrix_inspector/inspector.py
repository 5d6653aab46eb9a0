"""The matrix inspector's parts: temperature, matrix, chosen cell, its row."""

import numpy as np
import streamlit as st

from pages.features.matrix_inspector.batch_source import RealBatch
from pages.features.matrix_inspector.cell_panel import draw_cell, draw_row, same_class
from pages.shell import url_params
from pages.widgets.matrix import cell_text
from pages.widgets.matrix import matrix_canvas as matrix
from pages.widgets.matrix.cell_text import view_name
from pages.widgets.matrix.matrix_canvas import MatrixView, draw_matrix, send_views
from ssl_core.knobs import Knob
from ssl_core.similarity import Cell, SimilarityMatrix

CANVAS = "matrix_canvas"
SHADES = ("cosine", "softmax")
LEAST_TAU, MOST_TAU, USUAL_TAU = 0.01, 1.0, 0.2


def draw(batch: RealBatch) -> None:
    """Everything that moves with the chosen cell and the temperature."""
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
            "matrix_tau": Knob(_own_tau(batch), low=LEAST_TAU, high=MOST_TAU),
            "matrix_row": Knob(names[0], choices=tuple(names)),
            "matrix_column": Knob(names[1], choices=tuple(names)),
            "matrix_shade": Knob(SHADES[0], choices=SHADES),
            "matrix_labels": Knob(False),
        }
    )
    send_views(batch.ident, batch.views)
    _start_from(batch)
    _moving_part(batch, names)


def _start_from(batch: RealBatch) -> None:
    """Another source brings its own temperature."""
    source = st.session_state.get("matrix_from")
    if st.session_state.get("matrix_tau_of", source) != source:
        st.session_state.matrix_tau = _own_tau(batch)
    st.session_state.matrix_tau_of = source


def _keep_in_range(names: list[str]) -> None:
    """A smaller batch has fewer cells."""
    for key, default in (("matrix_row", names[0]), ("matrix_column", names[1])):
        if st.session_state.get(key, default) not in names:
            st.session_state[key] = default


def _own_tau(batch: RealBatch) -> float:
    own = USUAL_TAU if batch.temperature is None else batch.temperature
    return float(min(max(own, LEAST_TAU), MOST_TAU))


@st.fragment
def _moving_part(batch: RealBatch, names: list[str]) -> None:
    _keep_in_range(names)
    guess = st.pills(
        "Your prediction, if you like: which negatives push hardest on an anchor?",
        list(cell_text.PREDICTIONS),
        key="matrix_guess",
    )
    said = st.container()
    numbers = _temperature(batch)
    if guess:
        said.markdown(cell_text.feedback(cell_text.PREDICTIONS[guess], numbers))
    left, right = st.columns([0.52, 0.48], gap="large")
    with right:
        anchor, other = _choice(numbers, names)
        cell = numbers.cell(anchor, other)
        draw_cell(batch, numbers, cell)
    with left:
        _matrix(batch, numbers, cell, names)
    draw_row(batch, numbers, cell)


def _temperature(batch: RealBatch) -> SimilarityMatrix:
    import torch

    with st.container(horizontal=True, vertical_alignment="center"):
        tau = st.slider(
            "Temperature τ"
            + (f" (its own: {batch.temperature:g})" if batch.temperature else ""),
            LEAST_TAU,
            MOST_TAU,
            _own_tau(batch),
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


def _choice(numbers: SimilarityMatrix, names: list[str]) -> tuple[int, int]:
    """The chosen cell: from the matrix, from here, or from the link."""
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
            ("Hardest negative", numbers.hardest(anchor)),
            ("Itself", anchor),
        ):
            st.button(
                label,
                key=f"matrix_to_{label.split()[0].lower()}",
                on_click=_to_column,
                args=(names[j],),
            )
    return anchor, names.index(column)


def _to_column(name: str) -> None:
    st.session_state.matrix_column = name


def _on_chosen() -> None:
    """A click or a key in the matrix."""
    cell = matrix.chosen_cell(CANVAS, 2 * 32)
    if cell:
        st.session_state.matrix_row = view_name(cell[0])
        st.session_state.matrix_column = view_name(cell[1])


def _matrix(
    batch: RealBatch, numbers: SimilarityMatrix, cell: Cell, names: list[str]
) -> None:
    shown = MatrixView(
        cosines=batch.cosines,
        weights=numbers.weights.numpy(),
        names=names,
        row=cell.anchor,
        column=cell.other,
        show=st.session_state.matrix_shade or SHADES[0],  # a link may empty it
        same_class=same_class(batch, numbers),
        title=cell_text.title(numbers),
        alt=cell_text.alt(numbers, cell),
    )
    draw_matrix(batch.ident, shown, key=CANVAS, on_chosen=_on_chosen)
