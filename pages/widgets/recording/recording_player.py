"""A recorded run on a page: it plays in the browser alone, and says that it is recorded."""

import hashlib
from functools import lru_cache

import streamlit as st

from pages.shell import components, url_params
from pages.widgets import palette, run_text
from pages.widgets.audio import sound_urls
from pages.widgets.knobs import linked_menu
from pages.widgets.map.map_canvas import map_images_from
from pages.widgets.recording import recording_route
from ssl_core.data import medium_of
from ssl_core.knobs import Knob

_mount = components.declare(
    "ssl_lab_recording", "recording", styles=["map", "recording"]
)


def draw(slug: str, key: str, *, height: int = 420) -> None:
    """Play a shipped recording: map, curves and what is kept, with play, pause and scrub.

    Says what to look for and where the recording comes from. The frames are fetched
    once, by the browser; playing runs no script and asks the server for nothing.

    Args:
        slug: one of :data:`pages.widgets.recording.recording_route.SHELF`.
        key: names this player on its page.
        height: of the map's canvas, in CSS pixels.
    """
    if slug in recording_route.RECORDINGS:
        st.markdown(recording_route.RECORDINGS[slug].watch)
    _play(slug, key, height)


def _play(slug: str, key: str, height: int) -> None:
    try:
        shown, address = recording_route.recording(slug), recording_route.address(slug)
    except ValueError as error:
        st.info(f"No recording plays here: {error}.", icon=":material/videocam_off:")
        return
    known, data = shown.map_set, str(shown.about["config"]["data"])
    holds = recording_route.RECORDINGS[slug].holds
    # Recordings of the same images share their pictures: points glide from one to the next.
    set_id = f"{key}-{_name_of_images(slug)}"
    _mount(
        key=key,
        data={
            "key": key,
            "address": address,
            "set_id": set_id,
            "height": height,
            "label": f"Recorded run: {recording_route.RECORDINGS[slug].label}",
            "alt": run_text.map_alt(shown.frames[-1], len(known.rows), holds),
            "colours": {"line": palette.LINE, "ghost": palette.GHOST},
        },
    )
    st.caption(run_text.recording_origin(shown.about))
    sounds = (
        sound_urls.sounds_of_recording(slug) if medium_of(data) == "sound" else None
    )
    map_images_from(set_id, known.images, known.factors, known.label, sounds)


def draw_menu(key: str = "recording", *, height: int = 420) -> None:
    """Let the learner choose among the recordings, and play the chosen one.

    Args:
        key: URL parameter of the choice; the player's key is made from it.
        height: of the map's canvas, in CSS pixels.
    """
    options = {
        slug: recording_route.RECORDINGS[slug].label
        for slug in recording_route.available()
    }
    if not options:
        return
    first = next(iter(options))
    url_params.check({key: Knob(first, choices=tuple(options))})
    menu, watch = st.columns([0.38, 0.62], gap="medium", vertical_alignment="bottom")
    with menu:
        chosen = linked_menu("Recorded run", options, key, first)
    watch.markdown(recording_route.RECORDINGS[chosen].watch)
    _play(chosen, f"{key}_player", height)


@lru_cache(maxsize=len(recording_route.RECORDINGS))
def _name_of_images(slug: str) -> str:
    known = recording_route.recording(slug).map_set
    named = hashlib.sha256(known.images.tobytes())
    for name, factor in known.factors.items():
        named.update(name.encode() + factor.values.tobytes())
    return named.hexdigest()[:12]
