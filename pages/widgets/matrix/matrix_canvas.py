"""The similarity matrix as a canvas whose cells can be chosen by mouse, touch and keys.

Pictures are sent once a batch by :func:`matrix_pictures`; :func:`similarity_canvas` sends
numbers and the chosen cell. The front end stands in ``assets/components/matrix``.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st

from pages.shell import components
from pages.widgets import palette
from pages.widgets.map.map_codec import as_base64
from pages.widgets.map.sprite_sheet import thumbnail_sheet

Show = Literal["cosine", "softmax"]

_pictures_mount = components.declare("ssl_lab_matrix_pictures", "matrix_images")
_matrix_mount = components.declare("ssl_lab_matrix", "matrix", styles=["matrix"])


@dataclass(frozen=True)
class Shown:
    """What the canvas shows.

    Args:
        cosines, weights: ``[2N, 2N]`` float.
        names: of the 2N views, in order.
        row, column: the chosen cell.
        show: which of the two numbers gives a cell its shade.
        same_class: ``[2N, 2N]`` bool cells to mark, None while labels are hidden.
        title: the sentence above it.
        alt: the same for those who do not see it.
    """

    cosines: np.ndarray
    weights: np.ndarray
    names: Sequence[str]
    row: int
    column: int
    show: Show
    same_class: np.ndarray | None
    title: str
    alt: str


def matrix_pictures(batch_id: str, views: np.ndarray) -> None:
    """Send a batch's views ``[2N, C, H, W]`` uint8 once; shows nothing.

    Call it outside the fragment that draws the matrix.
    """
    sheet, tile, columns = thumbnail_sheet(views)
    _pictures_mount(
        key="matrix_pictures",
        height=1,
        data={
            "batch_id": batch_id,
            "sheet": "data:image/png;base64," + base64.b64encode(sheet).decode(),
            "tile": tile,
            "columns": columns,
        },
    )


def similarity_canvas(
    batch_id: str, shown: Shown, *, key: str, on_chosen: Callable[[], None]
) -> None:
    """Draw the matrix.

    Args:
        batch_id: as given to :func:`matrix_pictures` on the same page.
        key: names this matrix on its page.
        on_chosen: called before the script runs again because a cell was chosen;
            :func:`chosen_cell` says which.
    """
    same = shown.same_class
    _matrix_mount(
        key=key,
        data={
            "batch_id": batch_id,
            "cosines": as_base64(shown.cosines, "<f4"),
            "weights": as_base64(shown.weights, "<f4"),
            "names": list(shown.names),
            "row": shown.row,
            "column": shown.column,
            "show": shown.show,
            "same": None if same is None else np.flatnonzero(same).tolist(),
            "title": shown.title,
            "alt": shown.alt,
            "scale": _SCALES[shown.show],
            "marks": _marks(same is not None),
            "colours": {
                "middle": palette.LINE,
                "anchor": palette.ANCHOR,
                "positive": palette.POSITIVE,
                "negative": palette.NEGATIVE,
                "ghost": palette.GHOST,
            },
        },
        on_chosen_change=on_chosen,
    )


def chosen_cell(key: str, count: int) -> tuple[int, int] | None:
    """Row and column that the browser has just sent, None if they are not of a matrix
    of ``count`` rows."""
    sent: Any = st.session_state.get(key, {}).get("chosen")
    if not isinstance(sent, Mapping):
        return None
    cell = sent.get("row"), sent.get("column")
    fits = all(type(i) is int and 0 <= i < count for i in cell)
    return cell if fits else None  # type: ignore[return-value]


_SCALES = {
    "cosine": ("cosine", "−1", "1"),
    "softmax": ("softmax weight, by its root", "0", "1"),
}


def _marks(revealed: bool) -> list[dict[str, str]]:
    marks = [
        ("band", palette.ANCHOR, "the anchor’s row"),
        ("frame", palette.POSITIVE, "positive"),
        ("struck", palette.GHOST, "self, masked"),
    ]
    if revealed:
        marks.append(("dot", palette.NEGATIVE, "negative of the same class"))
    return [{"kind": k, "colour": c, "text": t} for k, c, t in marks]
