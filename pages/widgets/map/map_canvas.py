"""The live map: a canvas with the held-out images at their positions in feature space.

:func:`send_sprite_sheet` sends once what does not change in a run: pictures and factors.
:func:`draw_map` sends the first frame: positions, neighbours and texts. The browser fetches
the following frames from :mod:`pages.widgets.map.map_stream`. The front end is in
``assets/components/map``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import streamlit as st

from pages.shell import components
from pages.widgets import palette
from pages.widgets.map.map_codec import as_base64
from pages.widgets.map.sprite_sheet import thumbnail_sheet
from pages.widgets.tiles import png_data_url

CLASS_MARKERS = 64  # different ones; the 65th class looks like the first

_images_mount = components.declare("ssl_lab_map_images", "map_images")
_frame_mount = components.declare("ssl_lab_map", "map", styles=["map"])


class Factor(Protocol):
    """A factor of the points, as in the service's map set.

    ``kind`` is "class" (``values [M]`` are indices into ``names``), "number" or "angle"
    (``values`` are fractions of a full turn).
    """

    @property
    def kind(self) -> str: ...

    @property
    def values(self) -> np.ndarray: ...

    @property
    def names(self) -> Sequence[str]: ...


def send_sprite_sheet(
    set_id: str,
    sheet_png: bytes,
    *,
    tile: tuple[int, int],
    columns: int,
    factors: Mapping[str, Factor],
    label: str | None,
    sounds: str | None = None,
) -> None:
    """Send the pictures and factors of a map's points; draws nothing visible.

    Call it once per page and set, outside the fragment that refreshes the map. Maps on the
    page take the pictures when they arrive.

    Args:
        set_id: of these points; must change when one of the other arguments changes.
        sheet_png: all thumbnails in one PNG, row by row.
        tile: width and height of a thumbnail in the sheet, in pixels.
        columns: thumbnails in a row of the sheet.
        factors: name -> factor; values are in the order of the points.
        label: the factor that colours the points until the learner chooses another.
        sounds: URL of the points' sounds; the browser adds ``/<index of the point>``.

    Raises:
        ValueError: a factor of unknown kind or of another length, or an unknown label.
    """
    if label is not None and label not in factors:
        raise ValueError(
            f"label is {label!r}; the factors are {', '.join(factors) or 'none'}"
        )
    lengths = {len(factor.values) for factor in factors.values()}
    if len(lengths) > 1:
        raise ValueError(f"factors have {sorted(lengths)} values; all describe one set")
    _images_mount(
        # A random id may contain "__", which Streamlit reserves.
        key="map_images_" + set_id.replace("_", "-"),
        height=1,
        data={
            "set_id": set_id,
            "sheet": png_data_url(sheet_png),
            "tile": tile,
            "columns": columns,
            "factors": [
                _encode_factor(name, factor) for name, factor in factors.items()
            ],
            "label": label,
            "sounds": sounds,
            "palette": _palette(),
        },
    )


def send_thumbnails(
    set_id: str,
    thumbnails: np.ndarray,
    factors: Mapping[str, Factor],
    label: str | None,
    sounds: str | None = None,
) -> None:
    """:func:`send_sprite_sheet` for an array; the sheet is made once per ``set_id``.

    Args:
        set_id: of these points; the same id means the same pictures.
        thumbnails: ``[M, C, H, W]`` uint8 with C 1 or 3, in the order of the points.
        factors: name -> factor.
        label: the factor that holds the classes, or None.
        sounds: see :func:`send_sprite_sheet`.

    Raises:
        ValueError: thumbnails of another shape or type, or factors of another length.
    """
    for name, factor in factors.items():
        if len(factor.values) != len(thumbnails):
            raise ValueError(
                f"{name} has {len(factor.values)} values; "
                f"there are {len(thumbnails)} thumbnails"
            )
    sheet_png, tile, columns = _sprite_sheet(set_id, thumbnails)
    send_sprite_sheet(
        set_id,
        sheet_png,
        tile=tile,
        columns=columns,
        factors=factors,
        label=label,
        sounds=sounds,
    )


def draw_map(
    set_id: str,
    frame: Mapping[str, Any],
    *,
    key: str,
    frames_url: str | None = None,
    height: int = 420,
) -> None:
    """Draw a map; the browser animates the points from frame to frame.

    Zoom, selection and the learner's choice of colour belong to ``key``. For a second map
    on the page, as of a pinned run, call it with another ``key`` and ``set_id``.

    Args:
        set_id: of the points, as in :func:`send_sprite_sheet` on the same page.
        frame: encoded positions (:mod:`pages.widgets.map.map_codec`) with ``frame_id``
            (changes with the frame), ``state``, ``title`` (a sentence above the map that
            says what it shows now) and ``alt`` (for learners who do not see the map).
            ``chosen`` is the index of a point to select.
        key: of this map on its page.
        frames_url: where the browser fetches the following frames; None for a still map.
        height: of the canvas in CSS pixels, without the text and thumbnails around it.
    """
    _frame_mount(
        key=key,
        data={
            "key": key,
            "set_id": set_id,
            "frames_url": frames_url,
            "height": height,
            **frame,
        },
        on_state_change=_do_nothing,
    )


def _do_nothing() -> None:
    """A fetched frame has another ``state`` than the page.

    Streamlit runs the script again after any callback; nothing more is needed.
    """


@st.cache_data(max_entries=8, show_spinner=False)
def _sprite_sheet(
    set_id: str, _thumbnails: np.ndarray
) -> tuple[bytes, tuple[int, int], int]:
    return thumbnail_sheet(_thumbnails)


def _encode_factor(name: str, factor: Factor) -> dict[str, Any]:
    if factor.kind not in ("class", "number", "angle"):
        raise ValueError(
            f"{name} is a {factor.kind!r}; a map knows class, number and angle"
        )
    return {
        "name": name,
        "kind": factor.kind,
        "values": as_base64(factor.values, "<f4"),
        "names": list(factor.names),
    }


def _palette() -> dict[str, Any]:
    themes: tuple[palette.Theme, ...] = ("light", "dark")
    classes = range(CLASS_MARKERS)
    return {
        theme: {
            "class": [palette.class_colour(i, theme) for i in classes],
            "number": palette.number_scale(theme),
            "angle": palette.hue_wheel(theme),
        }
        for theme in themes
    } | {
        "symbols": [palette.class_symbol(i) for i in classes],
        "anchor": palette.ANCHOR,
    }
