"""The similarity matrix as a canvas; a cell is chosen by mouse, touch or keyboard.

:func:`send_views` sends the pictures once per batch, and :func:`draw_matrix` sends the numbers
and the chosen cell. The front end is in ``assets/components/matrix``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st

from pages.shell import components
from pages.widgets import palette
from pages.widgets.map.map_codec import as_base64
from pages.widgets.map.sprite_sheet import thumbnail_sheet
from pages.widgets.tiles import png_data_url

Quantity = Literal["cosine", "softmax"]

_pictures_mount = components.declare("ssl_lab_matrix_pictures", "matrix_images")
_matrix_mount = components.declare("ssl_lab_matrix", "matrix", styles=["matrix"])


@dataclass(frozen=True)
class MatrixView:
    """What the canvas shows.

    Args:
        cosines, weights: ``[2N, 2N]`` float.
        names: of the 2N views, in order.
        row, column: the chosen cell.
        show: which of the two quantities colours the cells.
        same_class: ``[2N, 2N]`` bool, cells to mark; None while labels are hidden.
        title: a sentence above the matrix.
        alt: the same for learners who do not see the matrix.
    """

    cosines: np.ndarray
    weights: np.ndarray
    names: Sequence[str]
    row: int
    column: int
    show: Quantity
    same_class: np.ndarray | None
    title: str
    alt: str


def send_views(batch_id: str, views: np.ndarray) -> None:
    """Send a batch's views once; draws nothing visible.

    Call it outside the fragment that draws the matrix.

    Args:
        batch_id: must change with the batch.
        views: ``[2N, C, H, W]`` uint8.
    """
    sheet_png, tile, columns = thumbnail_sheet(views)
    _pictures_mount(
        key="matrix_pictures",
        height=1,
        data={
            "batch_id": batch_id,
            "sheet": png_data_url(sheet_png),
            "tile": tile,
            "columns": columns,
        },
    )


def draw_matrix(
    batch_id: str, view: MatrixView, *, key: str, on_chosen: Callable[[], None]
) -> None:
    """Draw the matrix.

    Args:
        batch_id: as in :func:`send_views` on the same page.
        view: what to show.
        key: of this matrix on its page.
        on_chosen: called before the script runs again because a cell was chosen;
            :func:`chosen_cell` returns it.
    """
    same_class = view.same_class
    _matrix_mount(
        key=key,
        data={
            "batch_id": batch_id,
            "cosines": as_base64(view.cosines, "<f4"),
            "weights": as_base64(view.weights, "<f4"),
            "names": list(view.names),
            "row": view.row,
            "column": view.column,
            "show": view.show,
            "same": None if same_class is None else np.flatnonzero(same_class).tolist(),
            "title": view.title,
            "alt": view.alt,
            "scale": _SCALES[view.show],
            "marks": _legend(labels_visible=same_class is not None),
            "colours": {
                "middle": palette.PRIMARY,
                "anchor": palette.ANCHOR,
                "positive": palette.POSITIVE,
                "negative": palette.NEGATIVE,
                "neutral": palette.NEUTRAL,
            },
        },
        on_chosen_change=on_chosen,
    )


def chosen_cell(key: str, count: int) -> tuple[int, int] | None:
    """Row and column that the browser has just sent.

    Args:
        key: of the matrix.
        count: rows of the matrix.

    Returns:
        None if the message is missing, or outside a matrix of this size.
    """
    message: Any = st.session_state.get(key, {}).get("chosen")
    if not isinstance(message, Mapping):
        return None
    cell = message.get("row"), message.get("column")
    valid = all(type(i) is int and 0 <= i < count for i in cell)
    return cell if valid else None  # type: ignore[return-value]


_SCALES = {
    "cosine": ("cosine", "−1", "1"),
    "softmax": ("softmax weight, by its root", "0", "1"),
}


def _legend(labels_visible: bool) -> list[dict[str, str]]:
    marks = [
        ("band", palette.ANCHOR, "the anchor’s row"),
        ("frame", palette.POSITIVE, "positive"),
        ("struck", palette.NEUTRAL, "self, masked"),
    ]
    if labels_visible:
        marks.append(("dot", palette.NEGATIVE, "negative of the same class"))
    return [{"kind": k, "colour": c, "text": t} for k, c, t in marks]
