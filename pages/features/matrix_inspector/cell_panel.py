"""The selected cell and its row: pictures, text, numbers and softmax weights."""

import numpy as np
import streamlit as st

from pages.features.matrix_inspector.batch_source import InspectedBatch
from pages.features.matrix_inspector.row_plot import row_bars
from pages.widgets.matrix import cell_text
from pages.widgets.matrix.cell_text import view_name
from pages.widgets.palette import ANCHOR, NEGATIVE, POSITIVE
from pages.widgets.plots import draw_plot
from pages.widgets.tiles import add_frame, data_url, enlarge
from ssl_core.similarity import Cell, SimilarityMatrix

COLOURS = {"self": ANCHOR, "positive": POSITIVE, "negative": NEGATIVE}
COLOUR_NAMES = {"self": "orange", "positive": "green", "negative": "red"}
ROLES = {"self": "itself", "positive": "its partner", "negative": "a negative"}


def draw_cell(batch: InspectedBatch, matrix: SimilarityMatrix, cell: Cell) -> None:
    """Draw both pictures, a description, and the steps from cosine to gradient."""
    anchor, other = view_name(cell.anchor), view_name(cell.other)
    with st.container(horizontal=True):
        _thumbnail(batch, cell.anchor, ANCHOR, f":orange[{anchor}, the anchor]")
        caption = f":{COLOUR_NAMES[cell.role]}[{other}, {ROLES[cell.role]}]"
        _thumbnail(batch, cell.other, COLOURS[cell.role], caption)
    st.markdown(cell_text.cell_description(matrix, cell))
    if st.session_state.matrix_labels and batch.labels is not None:
        st.markdown(_label_text(batch, matrix, cell))
    st.markdown(cell_text.table(matrix, cell))


def _label_text(batch: InspectedBatch, matrix: SimilarityMatrix, cell: Cell) -> str:
    same = same_class(batch, matrix)
    assert batch.labels is not None and same is not None
    classes = [batch.label_names[c] for c in batch.labels.repeat(2)]
    return cell_text.label_text(
        matrix, cell, classes, int(same[cell.anchor].sum()), batch.label_word
    )


def same_class(batch: InspectedBatch, matrix: SimilarityMatrix) -> np.ndarray | None:
    """``[2N, 2N]`` bool mask of false negatives, None while the labels are hidden."""
    import torch

    if batch.labels is None or not st.session_state.matrix_labels:
        return None
    return matrix.false_negatives(torch.from_numpy(batch.labels)).numpy()


def draw_row(batch: InspectedBatch, matrix: SimilarityMatrix, cell: Cell) -> None:
    """Draw the row's softmax weights and its hardest negative."""
    hardest = matrix.hardest(cell.anchor)
    left, right = st.columns([0.8, 0.2], gap="medium")
    with left:
        draw_plot(row_bars(matrix, cell.anchor, cell.other), "matrix_row_bars")
    with right:
        name = view_name(hardest)
        _thumbnail(batch, hardest, NEGATIVE, f":red[{name}, the hardest negative]")


def _thumbnail(batch: InspectedBatch, view: int, colour: str, caption: str) -> None:
    text = caption.partition("[")[2].rstrip("]")
    pixels = batch.views[view]
    rgb = np.broadcast_to(pixels, (3, *pixels.shape[1:]))
    picture = add_frame(enlarge(rgb, 4), colour, width=6, margin=0)
    # All thumbnails have one height; a spectrogram is wider.
    width = round(112 * picture.shape[1] / picture.shape[0])
    st.image(data_url(picture), caption=caption, width=width, alt=f"View {text}.")
