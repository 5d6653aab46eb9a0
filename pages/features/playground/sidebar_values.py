"""What the sidebar says, as knob values; and what a link may set in it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.features.playground import uploads
from pages.widgets.knobs import SliderParam
from ssl_core.augment import AUGMENTATIONS, medium_of, offered, require
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import PHOTO_VIEWS, SOUND_VIEWS, SOURCES
from ssl_core.knobs import Knob, knobs_of
from ssl_core.methods import METHODS


def values() -> dict[str, Any]:
    """What the sidebar now says, as flat knob values for :meth:`RunConfig.of`.

    What has no widget on this screen keeps its knob's default.
    """
    state = st.session_state
    method = state.get("method", "simclr")
    said = {n: state[n] for n in all_knobs(method) if n in state}
    said["data"] = state.get("data", "shapes")
    if said["data"] == "upload":
        said["data"] = uploads.path()
    said["augment"] = {s: v for s, v in strengths().items() if switched_on(s)}
    return said


def medium() -> str:
    """What is learned from now: "pictures" or "sound"."""
    return medium_of_source(st.session_state.get("data", "shapes"))


def strengths() -> dict[str, float]:
    """The strength of every augmentation of this medium, also of those that are off."""
    defaults = default_strengths(st.session_state.get("data", "shapes"))
    return {
        slug: st.session_state.get(f"{slug}_strength", default)
        for slug, default in defaults.items()
    }


def switched_on(slug: str) -> bool:
    """Whether an augmentation is on."""
    on = default_views(st.session_state.get("data", "shapes"))
    return bool(st.session_state.get(slug, slug in on))


def url_knobs() -> dict[str, Any]:
    """Every knob that a link may carry, by URL parameter."""
    every: dict[str, Any] = dict(knobs_of(RunConfig))
    every["data"] = Knob(default="shapes", choices=(*SOURCES, "upload"))
    source = st.query_params.get("data")
    source = source if source in every["data"].choices else "shapes"
    for method in METHODS.values():
        every |= knobs_of(method.Config)
    on = default_views(source)
    for slug, augmentation in AUGMENTATIONS.items():
        fits = medium_of(slug) == medium_of_source(source)
        strength = augmentation.strength_knob()
        start = on.get(slug, strength.default)
        of_slug = replace(strength, default=start), Knob(slug in on)
        knobs = of_slug if fits else (_Misplaced(source, slug),) * 2
        every[f"{slug}_strength"], every[slug] = knobs
    return {
        name: SliderParam(knob) if isinstance(knob, Knob) else knob
        for name, knob in every.items()
    }


class _Misplaced:
    """Stands for a knob that a link cannot set, because the data is of another medium."""

    default = None  # nothing takes its place

    def __init__(self, source: str, slug: str) -> None:
        self.source, self.slug = source, slug

    def check(self, name: str, value: Any) -> None:
        """Say what it is for, and what is allowed."""
        require([self.slug], medium_of_source(self.source), self.source)


def medium_of_source(source: str) -> str:
    """What a data source holds: "pictures" or "sound"."""
    return uploads.medium() if source == "upload" else SOURCES[source].medium


def default_views(source: str) -> Mapping[str, float]:
    """The views that are on by default: slug -> strength."""
    if source != "upload":
        return SOURCES[source].views
    return SOUND_VIEWS if medium_of_source(source) == "sound" else PHOTO_VIEWS


def default_strengths(source: str) -> dict[str, float]:
    """Of every augmentation that is offered, on or off."""
    on = default_views(source)
    return {
        slug: on.get(slug, augmentation.strength_knob().default)
        for slug, augmentation in offered(medium_of_source(source)).items()
    }
