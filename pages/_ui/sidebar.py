"""The sidebar of every page: what to learn from, how, and the buttons that run it."""

from typing import Any

import streamlit as st

from pages._ui import notices, runs, uploads
from pages._ui.knobs import linked_menu, widget
from ssl_core.augment import AUGMENTATIONS
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import SOURCES, default_views
from ssl_core.knobs import Knob, knobs_of
from ssl_core.methods import METHODS

FIRST_VIEWS = (
    "crop",
    "flip",
    "rotation",
    "brightness",
    "contrast",
    "saturation",
    "hue",
    "gray",
)
MAIN = ("batch_size", "temperature", "learning_rate", "seed")
MORE = ("encoder", "weight_decay", "device", "precision")


def draw() -> None:
    """Draw the sidebar, then pass changed knobs on to the learner's run."""
    notices.check_link(url_knobs())
    with st.sidebar:
        runs.controls("sidebar")
        # On the playground the map's feed tells sooner; other pages have only this.
        st.fragment(
            runs.follow, run_every=2.0 if runs.state() in runs.ACTIVE else None
        )()
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
            _views(FIRST_VIEWS)
            with st.popover("More views", width="stretch"):
                _views([s for s in AUGMENTATIONS if s not in FIRST_VIEWS])
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


def strengths() -> dict[str, float]:
    """The strength of every augmentation, also of those that are off."""
    defaults = default_views(st.session_state.get("data", "shapes"))
    return {
        slug: st.session_state.get(
            f"{slug}_strength", defaults.get(slug, augmentation.strength_knob().default)
        )
        for slug, augmentation in AUGMENTATIONS.items()
    }


def switched_on(slug: str) -> bool:
    """Whether an augmentation is on."""
    defaults = default_views(st.session_state.get("data", "shapes"))
    return bool(st.session_state.get(slug, slug in defaults))


def url_knobs() -> dict[str, Any]:
    """Every knob that a link may carry, by URL parameter."""
    every: dict[str, Any] = dict(knobs_of(RunConfig))
    source = st.query_params.get("data", "shapes")
    every["data"] = Knob(default="shapes", choices=(*SOURCES, "upload"))
    for method in METHODS.values():
        every |= knobs_of(method.Config)
    for slug, augmentation in AUGMENTATIONS.items():
        every[f"{slug}_strength"] = augmentation.strength_knob()
        every[slug] = Knob(default=slug in default_views(source))
    return every


def _source() -> None:
    names = {slug: s.label for slug, s in SOURCES.items()} | {
        "upload": "Your own images"
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


def _default_switches() -> None:
    """A new method brings its own defaults; what all methods share stays as it is."""
    for name, knob in knobs_of(METHODS[st.session_state.method].Config).items():
        if name in st.session_state and name not in MAIN:
            st.session_state[name] = knob.default


def _default_views() -> None:
    """A new source brings its own default views."""
    defaults = default_views(st.session_state.data)
    for slug, augmentation in AUGMENTATIONS.items():
        st.session_state[slug] = slug in defaults
        st.session_state[f"{slug}_strength"] = defaults.get(
            slug, augmentation.strength_knob().default
        )


def _views(slugs: Any) -> None:
    defaults = default_views(st.session_state.get("data", "shapes"))
    for slug in slugs:
        augmentation = AUGMENTATIONS[slug]
        knob = augmentation.strength_knob()
        left, right = st.columns([0.5, 0.5], vertical_alignment="center")
        with left:
            on = st.checkbox(
                augmentation.label,
                slug in defaults,
                key=slug,
                bind="query-params",
            )
        with right:
            widget(
                f"{augmentation.label} strength",
                knob,
                key=f"{slug}_strength",
                default=defaults.get(slug, knob.default),
                disabled=not on,
                label_visibility="collapsed",
            )
