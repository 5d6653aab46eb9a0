"""The sidebar of playground and Augmentations: what to learn from, how, and what runs it."""

from collections.abc import Iterable

import streamlit as st

from pages.features.playground import (
    run_controls,
    run_sync,
    sidebar_values,
    uploads,
)
from pages.shell import resources, url_params, user_runs
from pages.widgets.knobs import url_selectbox, widget
from ssl_core.augment import AUGMENTATIONS, medium_of, offered
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import SOURCES
from ssl_core.knobs import knobs_of
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
    url_params.validate(sidebar_values.url_knobs())
    with st.sidebar:
        run_controls.controls("sidebar")
        # On the playground the map's feed tells sooner; other pages have only this.
        now = user_runs.state()
        pace = 5.0 if now == "queued" else 2.0
        st.fragment(
            run_controls.follow, run_every=pace if now in user_runs.ACTIVE else None
        )()
        _source()
        method = url_selectbox(
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
            first = FIRST_VIEWS[sidebar_values.medium()]
            _views(first)
            with st.popover("More views", width="stretch"):
                _views(s for s in offered(sidebar_values.medium()) if s not in first)
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
            st.caption(resources.service().limits.words())
    run_sync.sync(sidebar_values.values())


def _source() -> None:
    names = {slug: s.label for slug, s in SOURCES.items()} | {
        "upload": "Your own images or sounds"
    }
    source = url_selectbox(
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
    if (
        st.session_state.setdefault("views_are_for", sidebar_values.medium())
        != sidebar_values.medium()
    ):
        _default_views()
    st.session_state.views_are_for = sidebar_values.medium()
    for slug in AUGMENTATIONS:
        if medium_of(slug) != sidebar_values.medium():
            url_params.write(slug, "")
            url_params.write(f"{slug}_strength", "")


def _default_switches() -> None:
    """A new method brings its own defaults; what all methods share stays as it is."""
    for name, knob in knobs_of(METHODS[st.session_state.method].Config).items():
        if name in st.session_state and name not in MAIN:
            st.session_state[name] = knob.default


def _default_views() -> None:
    """A new source brings its own default views."""
    source = st.session_state.data
    for slug, strength in sidebar_values.default_strengths(source).items():
        st.session_state[slug] = slug in sidebar_values.default_views(source)
        st.session_state[f"{slug}_strength"] = strength


def _views(slugs: Iterable[str]) -> None:
    source = st.session_state.get("data", "shapes")
    defaults = sidebar_values.default_strengths(source)
    for slug in slugs:
        augmentation = AUGMENTATIONS[slug]
        knob = augmentation.strength_knob()
        left, right = st.columns([0.5, 0.5], vertical_alignment="center")
        with left:
            on = st.checkbox(
                augmentation.label,
                slug in sidebar_values.default_views(source),
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
