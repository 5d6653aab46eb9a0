"""The live map: a canvas on which held-out images glide to where the encoder puts them.

What never changes in a run (pictures, factors, drawing code) is sent once by
:func:`map_images`; a frame of :func:`live_map` carries positions, neighbours and words,
and the frames that follow come from a feed (:mod:`pages.widgets.map.map_stream`).
The front end stands in ``assets/components/map``.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import streamlit as st

from pages.shell import components
from pages.widgets import palette
from pages.widgets.map.map_codec import as_base64
from pages.widgets.map.sprite_sheet import thumbnail_sheet

CLASS_MARKERS = 64  # that differ; a 65th class looks like the first

_images_mount = components.declare("ssl_lab_map_images", "map_images")
_frame_mount = components.declare("ssl_lab_map", "map", styles=["map"])


class Factor(Protocol):
    """One thing known of every point: what the service's map set holds.

    ``kind`` is "class" (``values [M]`` are indices into ``names``), "number" or "angle"
    (parts of a full turn).
    """

    @property
    def kind(self) -> str: ...

    @property
    def values(self) -> np.ndarray: ...

    @property
    def names(self) -> Sequence[str]: ...


def map_images(
    set_id: str,
    atlas_png: bytes,
    *,
    tile: tuple[int, int],
    columns: int,
    factors: Mapping[str, Factor],
    label: str | None,
    sounds: str | None = None,
) -> None:
    """Send the pictures and factors of a map's points; shows nothing.

    Call it once per page and set, outside the fragment that refreshes itself. Maps that
    are already on the page pick the pictures up when they arrive.

    Args:
        set_id: names these points; change it when any of what follows changes.
        atlas_png: all thumbnails in one PNG, row by row.
        tile: width and height of a thumbnail in it, in pixels.
        columns: thumbnails in a row of it.
        factors: name -> what is known of the points, in their order.
        label: the factor that colours the points until the learner picks another.
        sounds: where the browser gets the sound of a chosen point, at ``/<its number>``.

    Raises:
        ValueError: a factor of unknown kind, of another length, or no such label.
    """
    if label is not None and label not in factors:
        raise ValueError(
            f"label is {label!r}; the factors are {', '.join(factors) or 'none'}"
        )
    lengths = {len(factor.values) for factor in factors.values()}
    if len(lengths) > 1:
        raise ValueError(f"factors have {sorted(lengths)} values; all describe one set")
    atlas = "data:image/png;base64," + base64.b64encode(atlas_png).decode()
    _images_mount(
        # Streamlit keeps "__" for itself, and a random id may hold it.
        key="map_images_" + set_id.replace("_", "-"),
        height=1,
        data={
            "set_id": set_id,
            "atlas": atlas,
            "tile": tile,
            "columns": columns,
            "factors": [_packed(name, factor) for name, factor in factors.items()],
            "label": label,
            "sounds": sounds,
            "palette": _palette(),
        },
    )


def map_images_from(
    set_id: str,
    thumbnails: np.ndarray,
    factors: Mapping[str, Factor],
    label: str | None,
    sounds: str | None = None,
) -> None:
    """:func:`map_images` from an array; the atlas is made once per ``set_id``.

    Args:
        set_id: names these points; the same name means the same pictures.
        thumbnails: ``[M, C, H, W]`` uint8 with C 1 or 3, in the order of the points.
        factors: name -> what is known of the points.
        label: the factor that stands for the class, or None.
        sounds: as :func:`map_images` has it.

    Raises:
        ValueError: thumbnails of another shape or type, or factors that do not fit.
    """
    for name, factor in factors.items():
        if len(factor.values) != len(thumbnails):
            raise ValueError(
                f"{name} has {len(factor.values)} values; "
                f"there are {len(thumbnails)} thumbnails"
            )
    atlas_png, tile, columns = _atlas(set_id, thumbnails)
    map_images(
        set_id,
        atlas_png,
        tile=tile,
        columns=columns,
        factors=factors,
        label=label,
        sounds=sounds,
    )


def live_map(
    set_id: str,
    frame: Mapping[str, Any],
    *,
    key: str,
    feed: str | None = None,
    colour_by: str | None = None,
    height: int = 420,
    on_turned: Callable[[], None] | None = None,
) -> None:
    """Draw a map; points glide from frame to frame.

    Zoom, selection and the learner's choice of colour are kept per ``key``. A pinned
    run's map beside the live one is the same call with its own ``key`` and ``set_id``.

    Args:
        set_id: the points, as named by :func:`map_images` on the same page.
        frame: packed positions (:mod:`pages.widgets.map.map_codec`) with ``frame_id``,
            ``state``, ``title`` (a sentence that says what the map shows now; stands above
            it) and ``alt`` (the same for those who do not see the map). Another ``frame_id``
            means another frame. ``chosen`` is a point that is selected with it.
        key: names this map on its page.
        feed: where the browser gets the frames that follow; None for a still map.
        colour_by: the factor that colours the points until the learner picks another;
            None means the set's label.
        height: of the canvas, in CSS pixels; text and thumbnails stand above and below.
        on_turned: called before the script runs again because a frame from the feed
            had another ``state`` than the page.
    """
    _frame_mount(
        key=key,
        data={
            "key": key,
            "set_id": set_id,
            "feed": feed,
            "colour_by": colour_by,
            "height": height,
            **frame,
        },
        on_turned_change=on_turned or _nothing,
    )


def _nothing() -> None:
    """The script runs again all the same, which is what is wanted."""


@st.cache_data(max_entries=8, show_spinner=False)
def _atlas(set_id: str, _thumbnails: np.ndarray) -> tuple[bytes, tuple[int, int], int]:
    return thumbnail_sheet(_thumbnails)


def _packed(name: str, factor: Factor) -> dict[str, Any]:
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
