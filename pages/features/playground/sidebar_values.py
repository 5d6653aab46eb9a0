"""Knob values of the sidebar, and the knobs that a link may set in it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.features.playground import uploads
from pages.shell.url_params import UrlParam, is_in_link
from pages.widgets.knobs import SliderParam
from ssl_core.augment import AUGMENTATIONS, medium_of, offered, require
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import PHOTO_VIEWS, SOUND_VIEWS, SOURCES
from ssl_core.knobs import Knob, knobs_of
from ssl_core.methods import METHODS

# Knobs that are always visible; another method does not reset them.
MAIN_KNOBS = ("batch_size", "temperature", "learning_rate", "seed")


def values() -> dict[str, Any]:
    """Flat knob values of the sidebar, for :meth:`RunConfig.of`.

    A knob without a widget keeps its default.
    """
    state = st.session_state
    method = state.get("method", "simclr")
    values = {n: state[n] for n in all_knobs(method) if n in state}
    values["data"] = state.get("data", "shapes")
    if values["data"] == "upload":
        values["data"] = uploads.path()
    values["augment"] = {s: v for s, v in strengths().items() if is_on(s)}
    return values


def medium() -> str:
    """Medium of the chosen data: "pictures" or "sound"."""
    return medium_of_source(st.session_state.get("data", "shapes"))


def strengths() -> dict[str, float]:
    """Strength of every augmentation of the chosen medium, on or off: slug -> strength."""
    defaults = default_strengths(st.session_state.get("data", "shapes"))
    return {
        slug: st.session_state.get(f"{slug}_strength", default)
        for slug, default in defaults.items()
    }


def is_on(slug: str) -> bool:
    """Whether an augmentation is on."""
    defaults = default_views(st.session_state.get("data", "shapes"))
    return bool(st.session_state.get(slug, slug in defaults))


def url_knobs() -> dict[str, UrlParam]:
    """What a link may set: URL parameter -> its default and check."""
    knobs: dict[str, UrlParam] = dict(knobs_of(RunConfig))
    sources = (*SOURCES, "upload")
    knobs["data"] = Knob(default="shapes", choices=sources)
    source = st.query_params.get("data")
    source = source if source in sources else "shapes"
    # The menu shows the link's method, then the one that the learner chose.
    chosen = st.session_state.get("method")
    if chosen is None or is_in_link("method"):
        chosen = st.query_params.get("method")
    chosen = chosen if chosen in METHODS else "simclr"
    for method in (*METHODS.values(), METHODS[chosen]):  # the last default wins
        knobs |= knobs_of(method.Config)
    defaults = default_views(source)
    for slug, augmentation in AUGMENTATIONS.items():
        fits = medium_of(slug) == medium_of_source(source)
        strength = augmentation.strength_knob()
        start = defaults.get(slug, strength.default)
        of_other = _KnobOfOtherMedium(source, slug)
        knobs[slug] = Knob(slug in defaults) if fits else of_other
        knobs[f"{slug}_strength"] = (
            replace(strength, default=start) if fits else of_other
        )
    return {
        name: SliderParam(knob) if isinstance(knob, Knob) else knob
        for name, knob in knobs.items()
    }


class _KnobOfOtherMedium:
    """A knob that a link cannot set, because the data is of another medium."""

    default = None  # the link is ignored

    def __init__(self, source: str, slug: str) -> None:
        self.source, self.slug = source, slug

    def check(self, name: str, value: Any) -> None:
        """Raise a ``ValueError`` that names the medium and what it allows."""
        require([self.slug], medium_of_source(self.source), self.source)


def medium_of_source(source: str) -> str:
    """Medium of a data source: "pictures" or "sound"."""
    return uploads.medium() if source == "upload" else SOURCES[source].medium


def default_views(source: str) -> Mapping[str, float]:
    """Views that are on by default: slug -> strength."""
    if source != "upload":
        return SOURCES[source].views
    return SOUND_VIEWS if medium_of_source(source) == "sound" else PHOTO_VIEWS


def default_strengths(source: str) -> dict[str, float]:
    """Default strength of every augmentation of the source's medium: slug -> strength."""
    defaults = default_views(source)
    return {
        slug: defaults.get(slug, augmentation.strength_knob().default)
        for slug, augmentation in offered(medium_of_source(source)).items()
    }
