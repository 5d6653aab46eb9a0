"""A recorded run on a page: it plays in the browser alone, and says that it is recorded."""

import hashlib
from functools import lru_cache

import streamlit as st

from pages._ui import components, palette, words
from pages._ui.address import complain
from pages._ui.knobs import linked_menu
from pages._ui.map import map_images_from
from pages._ui.recorded import replay
from pages._ui.sound import hearing
from ssl_core.data import medium_of

_mount = components.declare(
    "ssl_lab_recording", "recording", styles=["map", "recording"]
)


def draw(slug: str, key: str, *, height: int = 420) -> None:
    """Play a shipped recording: map, curves and what is kept, with play, pause and scrub.

    Says what to look for and where the recording comes from. The frames are fetched
    once, by the browser; playing runs no script and asks the server for nothing.

    Args:
        slug: one of :data:`pages._ui.replay.SHELF`.
        key: names this player on its page.
        height: of the map's canvas, in CSS pixels.
    """
    if slug in replay.SHELF:
        st.markdown(replay.SHELF[slug].watch)
    _play(slug, key, height)


def _play(slug: str, key: str, height: int) -> None:
    try:
        shown, address = replay.recording(slug), replay.address(slug)
    except ValueError as error:
        st.info(f"No recording plays here: {error}.", icon=":material/videocam_off:")
        return
    known, data = shown.map_set, str(shown.about["config"]["data"])
    holds = replay.SHELF[slug].holds
    # Recordings of the same images share their pictures: points glide from one to the next.
    set_id = f"{key}-{_name_of_images(slug)}"
    _mount(
        key=key,
        data={
            "key": key,
            "address": address,
            "set_id": set_id,
            "height": height,
            "label": f"Recorded run: {replay.SHELF[slug].label}",
            "alt": words.map_alt(shown.frames[-1], len(known.rows), holds),
            "colours": {"line": palette.LINE, "ghost": palette.GHOST},
        },
    )
    st.caption(words.recorded(shown.about))
    sounds = hearing.of_recording(slug) if medium_of(data) == "sound" else None
    map_images_from(set_id, known.images, known.factors, known.label, sounds)


def shelf(key: str = "recording", *, height: int = 420) -> None:
    """Let the learner choose among the recordings, and play the chosen one.

    Args:
        key: URL parameter of the choice; the player's key is made from it.
        height: of the map's canvas, in CSS pixels.
    """
    options = {slug: replay.SHELF[slug].label for slug in replay.available()}
    if not options:
        return
    first = next(iter(options))
    asked = st.query_params.get(key, first)
    if asked not in options:
        complain(
            f"In this link, {key} is {asked[:40]}; allowed are {', '.join(options)}; "
            f"{first} plays instead."
        )
    menu, watch = st.columns([0.38, 0.62], gap="medium", vertical_alignment="bottom")
    with menu:
        chosen = linked_menu("Recorded run", options, key, first)
    watch.markdown(replay.SHELF[chosen].watch)
    _play(chosen, f"{key}_player", height)


@lru_cache(maxsize=len(replay.SHELF))
def _name_of_images(slug: str) -> str:
    known = replay.recording(slug).map_set
    named = hashlib.sha256(known.images.tobytes())
    for name, factor in known.factors.items():
        named.update(name.encode() + factor.values.tobytes())
    return named.hexdigest()[:12]
