"""The sidebar of Playground and Augmentations: data, method, views and knobs."""

from collections.abc import Collection, Iterable

import streamlit as st

from pages.features.playground import (
    knob_updates,
    run_controls,
    sidebar_values,
    uploads,
)
from pages.shell import resources, url_params, user_runs
from pages.widgets.knobs import draw_knob, url_selectbox
from ssl_core.augment import AUGMENTATIONS, medium_of, offered
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import SOURCES
from ssl_core.knobs import knobs_of
from ssl_core.methods import METHODS

MAIN_VIEWS = {
    "pictures": (
        *("crop", "flip", "rotation", "brightness", "contrast", "saturation"),
        *("hue", "gray"),
    ),
    "sound": (
        *("mixup", "time_frequency_crop", "gain", "hiss", "time_mask"),
        "frequency_mask",
    ),
}
ADVANCED_KNOBS = ("encoder", "weight_decay", "slice_size", "device", "precision")


def draw() -> None:
    """Draw the sidebar, then pass changed knobs on to the learner's run."""
    url_params.validate(sidebar_values.url_knobs())
    with st.sidebar:
        run_controls.draw("sidebar")
        # Pages without the map learn of a new state only by polling.
        state = user_runs.state()
        interval_s = 5.0 if state == "queued" else 2.0
        st.fragment(
            run_controls.rerun_on_change,
            run_every=interval_s if state in user_runs.ACTIVE else None,
        )()
        _draw_data()
        method = _choose_method()
        with st.expander("Views: what may change", expanded=True):
            medium = sidebar_values.medium()
            main_views = MAIN_VIEWS[medium]
            _draw_views(main_views)
            with st.popover("More views", width="stretch"):
                _draw_views(s for s in offered(medium) if s not in main_views)
        _draw_knobs(method)
        with st.expander("Limits of this server"):
            st.caption(resources.service().quotas.words())
    knob_updates.send_changes(sidebar_values.values())


def _choose_method() -> str:
    method = url_selectbox(
        "Method",
        {slug: m.label for slug, m in METHODS.items()},
        "method",
        "simclr",
        on_change=_reset_method_knobs,
        help=knobs_of(RunConfig)["method"].help,
    )
    if METHODS[method].uses_labels:
        st.caption("This one learns from the labels, to be compared with the others.")
    return method


def _draw_knobs(method: str) -> None:
    """Draw the main knobs, and the others in an expander."""
    knobs = all_knobs(method)
    for name in sidebar_values.MAIN_KNOBS:
        if name in knobs:
            draw_knob(name, knobs[name])
    with st.expander("More switches"):
        for name, knob in knobs_of(METHODS[method].Config).items():
            if name not in sidebar_values.MAIN_KNOBS:
                draw_knob(name, knob)
        for name in ADVANCED_KNOBS:
            draw_knob(name, knobs[name])


def _draw_data() -> None:
    """Draw the data menu; reset the views if the medium changes."""
    # A link with its own data also sets the views that it names.
    linked = set(st.query_params) if url_params.is_in_link("data") else set()
    names = {slug: s.label for slug, s in SOURCES.items()} | {
        "upload": "Your own images or sounds"
    }
    source = url_selectbox(
        "Data",
        names,
        "data",
        "shapes",
        on_change=_reset_views,
        help="What is learned from. No label is used, unless the method says so.",
    )
    if source == "upload":
        uploads.draw()
    else:
        st.caption(SOURCES[source].about)
    # The medium of an upload is known only after the upload.
    if (
        st.session_state.setdefault("views_are_for", sidebar_values.medium())
        != sidebar_values.medium()
    ):
        _reset_views(linked)
    st.session_state.views_are_for = sidebar_values.medium()
    for slug in AUGMENTATIONS:
        if medium_of(slug) != sidebar_values.medium():
            url_params.write(slug, "")
            url_params.write(f"{slug}_strength", "")


def _reset_method_knobs() -> None:
    """Set the knobs of a newly chosen method to its defaults; shared knobs stay."""
    for name, knob in knobs_of(METHODS[st.session_state.method].Config).items():
        if name in st.session_state and name not in sidebar_values.MAIN_KNOBS:
            st.session_state[name] = knob.default


def _reset_views(keep: Collection[str] = ()) -> None:
    """Set the views to the defaults of a newly chosen data source, except ``keep``."""
    source = st.session_state.data
    for slug, strength in sidebar_values.default_strengths(source).items():
        on = slug in sidebar_values.default_views(source)
        for key, value in ((slug, on), (f"{slug}_strength", strength)):
            if key not in keep:
                st.session_state[key] = value


def _draw_views(slugs: Iterable[str]) -> None:
    """Draw a checkbox and a strength slider for each augmentation."""
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
            draw_knob(
                f"{augmentation.label} strength",
                knob,
                key=f"{slug}_strength",
                default=defaults[slug],
                disabled=not on,
                label_visibility="collapsed",
            )
