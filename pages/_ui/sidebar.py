"""The sidebar of playground and Augmentations: what to learn from, how, and what runs it."""

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from pages._ui import address, cache, notices, runs, uploads
from pages._ui.knobs import linked_menu, widget
from ssl_core.augment import AUGMENTATIONS, medium_of, offered, require
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import PHOTO_VIEWS, SOUND_VIEWS, SOURCES
from ssl_core.knobs import Knob, knobs_of
from ssl_core.methods import METHODS

FIRST_VIEWS = {
    "pictures": (
        *("crop", "flip", "rotation", "brightness", "contrast", "saturation"),
        *("hue", "gray"),
    ),
    "sound": (
        *("mixup", "time_frequency_crop", "gain", "hiss", "time_mask"),
        "frequency_mask",
    ),
}
MAIN = ("batch_size", "temperature", "learning_rate", "seed")
MORE = ("encoder", "weight_decay", "slice_size", "device", "precision")


def draw() -> None:
    """Draw the sidebar, then pass changed knobs on to the learner's run."""
    notices.check_link(url_knobs())
    with st.sidebar:
        runs.controls("sidebar")
        # On the playground the map's feed tells sooner; other pages have only this.
        now = runs.state()
        pace = 5.0 if now == "queued" else 2.0
        st.fragment(runs.follow, run_every=pace if now in runs.ACTIVE else None)()
        _source()
        method = linked_menu(
            "Method",
            {slug: m.label for slug, m in METHODS.items()},
            "method",
            "simclr",
            on_change=_default_switches,
            help=knobs_of(RunConfig)["method"].help,
        )
        if METHODS[method].uses_labels:
            st.caption(
                "This one learns from the labels, to be compared with the others."
            )
        with st.expander("Views: what may change", expanded=True):
            first = FIRST_VIEWS[medium()]
            _views(first)
            with st.popover("More views", width="stretch"):
                _views(s for s in offered(medium()) if s not in first)
        knobs = all_knobs(method)
        for name in MAIN:
            if name in knobs:
                widget(name, knobs[name])
        with st.expander("More switches"):
            for name, knob in knobs_of(METHODS[method].Config).items():
                if name not in MAIN:
                    widget(name, knob)
            for name in MORE:
                widget(name, knobs[name])
        with st.expander("Limits of this server"):
            st.caption(cache.service().limits.words())
    runs.sync(values())


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
    return _medium(st.session_state.get("data", "shapes"))


def strengths() -> dict[str, float]:
    """The strength of every augmentation of this medium, also of those that are off."""
    defaults = _default_strengths(st.session_state.get("data", "shapes"))
    return {
        slug: st.session_state.get(f"{slug}_strength", default)
        for slug, default in defaults.items()
    }


def switched_on(slug: str) -> bool:
    """Whether an augmentation is on."""
    on = _views_of(st.session_state.get("data", "shapes"))
    return bool(st.session_state.get(slug, slug in on))


def url_knobs() -> dict[str, Any]:
    """Every knob that a link may carry, by URL parameter."""
    every: dict[str, Any] = dict(knobs_of(RunConfig))
    every["data"] = Knob(default="shapes", choices=(*SOURCES, "upload"))
    source = st.query_params.get("data")
    source = source if source in every["data"].choices else "shapes"
    for method in METHODS.values():
        every |= knobs_of(method.Config)
    for slug, augmentation in AUGMENTATIONS.items():
        fits = medium_of(slug) == _medium(source)
        of_slug = augmentation.strength_knob(), Knob(slug in _views_of(source))
        knobs = of_slug if fits else (_Misplaced(source, slug),) * 2
        every[f"{slug}_strength"], every[slug] = knobs
    return every


class _Misplaced:
    """Stands for a knob that a link cannot set, because the data is of another medium."""

    default = None  # nothing takes its place

    def __init__(self, source: str, slug: str) -> None:
        self.source, self.slug = source, slug

    def check(self, name: str, value: Any) -> None:
        """Say what it is for, and what is allowed."""
        require([self.slug], _medium(self.source), self.source)


def _medium(source: str) -> str:
    return uploads.medium() if source == "upload" else SOURCES[source].medium


def _views_of(source: str) -> Mapping[str, float]:
    """The views that are on by default: slug -> strength."""
    if source != "upload":
        return SOURCES[source].views
    return SOUND_VIEWS if _medium(source) == "sound" else PHOTO_VIEWS


def _default_strengths(source: str) -> dict[str, float]:
    """Of every augmentation that is offered, on or off."""
    on = _views_of(source)
    return {
        slug: on.get(slug, augmentation.strength_knob().default)
        for slug, augmentation in offered(_medium(source)).items()
    }


def _source() -> None:
    names = {slug: s.label for slug, s in SOURCES.items()} | {
        "upload": "Your own images or sounds"
    }
    source = linked_menu(
        "Data",
        names,
        "data",
        "shapes",
        on_change=_default_views,
        help="What is learned from. No label is used, unless the method says so.",
    )
    if source == "upload":
        uploads.draw()
    else:
        st.caption(SOURCES[source].about)
    # An upload's medium is known only now.
    if st.session_state.setdefault("views_are_for", medium()) != medium():
        _default_views()
    st.session_state.views_are_for = medium()
    for slug in AUGMENTATIONS:
        if medium_of(slug) != medium():
            address.write(slug, "")
            address.write(f"{slug}_strength", "")


def _default_switches() -> None:
    """A new method brings its own defaults; what all methods share stays as it is."""
    for name, knob in knobs_of(METHODS[st.session_state.method].Config).items():
        if name in st.session_state and name not in MAIN:
            st.session_state[name] = knob.default


def _default_views() -> None:
    """A new source brings its own default views."""
    source = st.session_state.data
    for slug, strength in _default_strengths(source).items():
        st.session_state[slug] = slug in _views_of(source)
        st.session_state[f"{slug}_strength"] = strength


def _views(slugs: Iterable[str]) -> None:
    source = st.session_state.get("data", "shapes")
    defaults = _default_strengths(source)
    for slug in slugs:
        augmentation = AUGMENTATIONS[slug]
        knob = augmentation.strength_knob()
        left, right = st.columns([0.5, 0.5], vertical_alignment="center")
        with left:
            on = st.checkbox(
                augmentation.label,
                slug in _views_of(source),
                key=slug,
                bind="query-params",
            )
        with right:
            widget(
                f"{augmentation.label} strength",
                knob,
                key=f"{slug}_strength",
                default=defaults[slug],
                disabled=not on,
                label_visibility="collapsed",
            )
