"""Positive pairs, live: the core's two views of drawn shapes, and what both still share."""

import numpy as np
import streamlit as st

from pages.widgets.palette import ANCHOR, NEUTRAL, POSITIVE
from pages.widgets.tiles import add_frame, data_url, to_uint8

# Switch -> (augmentations, what they change from view to view).
SWITCHES = {
    "Crop": (("crop",), "place and size"),
    "Flip": (("flip",), "left and right"),
    "Rotation": (("rotation",), "orientation"),
    "Colour": (("brightness", "contrast", "saturation", "hue"), "colours"),
    "Grey": (("gray",), "whether there is any colour"),
}
IMAGES, SIDE = 4, 96


def draw() -> None:
    """Switches, dice, and a row a picture: itself, one view, its partner."""
    on = st.pills(
        "Between two views may change",
        list(SWITCHES),
        selection_mode="multi",
        default=["Crop", "Colour"],
        key="lesson_views",
    )
    rolls = st.session_state.setdefault("lesson_rolls", 0)
    if st.button("Roll the dice again", icon=":material/casino:", key="lesson_roll"):
        rolls = st.session_state.lesson_rolls = rolls + 1
    originals, view_a, view_b = made(tuple(on), rolls)
    says = shared(tuple(on))
    st.markdown(f"**{says}**")
    half = IMAGES // 2
    for column, rows in zip(
        st.columns(2), (slice(half), slice(half, None)), strict=True
    ):
        column.image(
            data_url(sheet(originals[rows], view_a[rows], view_b[rows])),
            width=420,
            alt=f"{half} drawn shapes, each with two random views beside it. {says}",
        )
    st.caption(
        f"Each row: the picture (grey), one view (:orange[gold]) and its "
        f":green[partner] (green). Roll {rolls + 1}; neither view is the picture itself."
    )


def shared(on: tuple[str, ...]) -> str:
    """What the dice change and what every pair keeps in common, as a sentence."""
    kept = [what for name, (_, what) in SWITCHES.items() if name not in on]
    kept = [w for w in kept if not w.startswith("whether")]
    changed = [SWITCHES[name][1] for name in SWITCHES if name in on]
    if not changed:
        return (
            "Nothing may change: both views are the same, and nothing is to be learned."
        )
    return (
        f"The dice change {_listed(changed)}; both views of a row still share what is "
        f"drawn{''.join(f', {what}' for what in kept)}."
    )


@st.cache_data(max_entries=32, show_spinner=False)
def made(on: tuple[str, ...], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures and both views, ``[IMAGES, 3, SIDE, SIDE]`` uint8 each."""
    import torch

    from ssl_core.augment import Policy, two_views
    from ssl_core.data import default_views
    from ssl_core.data.shapes import shapes

    # Strangers to the training set: their own seed, and larger, to be looked at.
    images = shapes(count=IMAGES, held_out=0, size=SIDE, seed=31).images
    strengths = default_views("shapes")
    slugs = [slug for name in on for slug in SWITCHES[name][0]]
    policy = Policy.of({slug: strengths[slug] for slug in slugs})
    a, b = two_views(images, policy, torch.Generator().manual_seed(seed))
    return images.numpy(), to_uint8(a), to_uint8(b)


def sheet(originals: np.ndarray, view_a: np.ndarray, view_b: np.ndarray) -> np.ndarray:
    """A picture a row, with its two views in the colours of their roles."""
    columns = [
        np.vstack([add_frame(x, colour) for x in pictures])
        for pictures, colour in (
            (originals, NEUTRAL),
            (view_a, ANCHOR),
            (view_b, POSITIVE),
        )
    ]
    return np.hstack(columns)


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
