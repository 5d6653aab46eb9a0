"""The player of recorded runs: it runs in the browser and says that it is a recording."""

import hashlib
from functools import lru_cache

import streamlit as st

from pages.shell import components, url_params
from pages.widgets import palette, run_text
from pages.widgets.audio import sound_urls
from pages.widgets.knobs import url_selectbox
from pages.widgets.map.map_canvas import send_thumbnails
from pages.widgets.recording import recording_catalogue
from pages.widgets.recording.recording_catalogue import RECORDINGS
from pages.widgets.recording.recording_route import recording_url
from ssl_core.data import medium_of
from ssl_core.knobs import Knob

HEIGHT = 420  # of the map's canvas, in CSS pixels
_URL_PARAM = "recording"  # of the menu's choice

_mount = components.declare(
    "ssl_lab_recording", "recording", styles=["map", "recording"]
)


def draw(slug: str, key: str, *, height: int = HEIGHT) -> None:
    """Draw a player of a recording with map, curves and probes.

    It says what to look for and where the recording comes from. The browser fetches all
    frames once; playing them runs no script and sends no request.

    Args:
        slug: one of :data:`pages.widgets.recording.recording_catalogue.RECORDINGS`.
        key: of this player on its page.
        height: of the map's canvas in CSS pixels.
    """
    if slug in RECORDINGS:
        st.markdown(RECORDINGS[slug].hint)
    _draw_player(slug, key, height)


def _draw_player(slug: str, key: str, height: int) -> None:
    try:
        recording, url = recording_catalogue.load(slug), recording_url(slug)
    except ValueError as error:
        st.info(f"No recording plays here: {error}.", icon=":material/videocam_off:")
        return
    map_set, info = recording.map_set, RECORDINGS[slug]
    # The same id for recordings of the same images: their pictures are sent once, and the
    # points move from one recording to the other.
    set_id = f"{key}-{_images_id(slug)}"
    _mount(
        key=key,
        data={
            "key": key,
            "url": url,
            "set_id": set_id,
            "height": height,
            "label": f"Recorded run: {info.label}",
            "alt": run_text.map_alt(
                recording.frames[-1], len(map_set.rows), info.things
            ),
            "colours": {"line": palette.PRIMARY, "neutral": palette.NEUTRAL},
        },
    )
    st.caption(run_text.recording_origin(recording.about))
    is_sound = medium_of(str(recording.about["config"]["data"])) == "sound"
    sounds = sound_urls.sounds_of_recording(slug) if is_sound else None
    send_thumbnails(set_id, map_set.images, map_set.factors, map_set.label, sounds)


def draw_menu() -> None:
    """Draw a menu of the recordings, and the player of the chosen one."""
    options = {slug: RECORDINGS[slug].label for slug in recording_catalogue.available()}
    if not options:
        return
    first = next(iter(options))
    url_params.check({_URL_PARAM: Knob(first, choices=tuple(options))})
    menu, hint = st.columns([0.38, 0.62], gap="medium", vertical_alignment="bottom")
    with menu:
        chosen = url_selectbox("Recorded run", options, _URL_PARAM, first)
    hint.markdown(RECORDINGS[chosen].hint)
    _draw_player(chosen, "recording_player", HEIGHT)


@lru_cache(maxsize=len(RECORDINGS))
def _images_id(slug: str) -> str:
    """A hash of the recording's images and factors."""
    map_set = recording_catalogue.load(slug).map_set
    digest = hashlib.sha256(map_set.images.tobytes())
    for name, factor in map_set.factors.items():
        digest.update(name.encode() + factor.values.tobytes())
    return digest.hexdigest()[:12]
