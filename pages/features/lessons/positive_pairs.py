"""Positive pairs: two random views of drawn shapes, and the cues that both share."""

import numpy as np
import streamlit as st

from pages.widgets import count_button, run_text
from pages.widgets.palette import ANCHOR, NEUTRAL, POSITIVE
from pages.widgets.tiles import add_frame, data_url, to_uint8

# Switch -> (augmentations, the cue that they change).
SWITCHES = {
    "Crop": (("crop",), "place and size"),
    "Flip": (("flip",), "left and right"),
    "Rotation": (("rotation",), "orientation"),
    "Colour": (("brightness", "contrast", "saturation", "hue"), "colours"),
    "Grey": (("gray",), "whether there is any colour"),
}
IMAGES, SIDE = 4, 96


def draw() -> None:
    """Draw switches and, for each picture, a row of original and two views."""
    switches = st.pills(
        "Between two views may change",
        list(SWITCHES),
        selection_mode="multi",
        default=["Crop", "Colour"],
        key="lesson_views",
        persist_state="session",
    )
    seed = count_button.draw(
        "Roll the dice again", "lesson_roll", "lesson_rolls", icon=":material/casino:"
    )
    originals, view_a, view_b = make_views(tuple(switches), seed)
    sentence = describe_views(tuple(switches))
    st.markdown(f"**{sentence}**")
    half = IMAGES // 2
    for column, rows in zip(
        st.columns(2), (slice(half), slice(half, None)), strict=True
    ):
        column.image(
            data_url(views_image(originals[rows], view_a[rows], view_b[rows])),
            width=420,
            alt=f"{half} drawn shapes, each with two random views beside it. {sentence}",
        )
    st.caption(
        f"Each row: the picture (grey), one view (:orange[gold]) and its "
        f":green[partner] (green). Roll {seed + 1}; neither view is the picture itself."
    )


def describe_views(switches: tuple[str, ...]) -> str:
    """Say which cues change between the views and which both views share."""
    shared = [cue for name, (_, cue) in SWITCHES.items() if name not in switches]
    shared = [cue for cue in shared if not cue.startswith("whether")]
    changed = [SWITCHES[name][1] for name in SWITCHES if name in switches]
    if not changed:
        return (
            "Nothing may change: both views are the same, and nothing is to be learned."
        )
    return (
        f"The dice change {run_text.join_words(changed)}; both views of a row still "
        f"share what is drawn{''.join(f', {cue}' for cue in shared)}."
    )


@st.cache_data(max_entries=32, show_spinner=False)
def make_views(
    switches: tuple[str, ...], seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make pictures and two views of each.

    Args:
        switches: names in ``SWITCHES`` that are on.
        seed: of the augmentations.

    Returns:
        Pictures, first views, second views: ``[IMAGES, 3, SIDE, SIDE]`` uint8 each.
    """
    import torch

    from ssl_core.augment import Policy, two_views
    from ssl_core.data import default_views
    from ssl_core.data.shapes import shapes

    # Another seed than the training set's, and larger pictures for the eye.
    images = shapes(count=IMAGES, held_out=0, size=SIDE, seed=31).images
    strengths = default_views("shapes")
    slugs = [slug for name in switches for slug in SWITCHES[name][0]]
    policy = Policy.of({slug: strengths[slug] for slug in slugs})
    a, b = two_views(images, policy, torch.Generator().manual_seed(seed))
    return images.numpy(), to_uint8(a), to_uint8(b)


def views_image(
    originals: np.ndarray, view_a: np.ndarray, view_b: np.ndarray
) -> np.ndarray:
    """Image with a row for each picture: original, anchor view, positive view."""
    columns = [
        np.vstack([add_frame(x, colour) for x in pictures])
        for pictures, colour in (
            (originals, NEUTRAL),
            (view_a, ANCHOR),
            (view_b, POSITIVE),
        )
    ]
    return np.hstack(columns)
