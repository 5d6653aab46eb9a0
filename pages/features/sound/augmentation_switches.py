"""Which of sound's augmentations are on, and how strongly; the link holds them."""

from dataclasses import replace

import streamlit as st

from pages.shell import url_params
from pages.widgets.knobs import widget


def strengths_on() -> dict[str, float]:
    """slug -> strength of the augmentations that are on."""
    from ssl_core.augment import offered
    from ssl_core.data import SOUND_VIEWS

    kinds = offered("sound")
    labels = {slug: kind.label for slug, kind in kinds.items()}
    if "sound_views" not in st.session_state:
        param = url_params.TextParam(list(SOUND_VIEWS), _slugs, "the default")
        st.session_state.sound_views = url_params.initial_value(
            "change", param, "sound_views"
        )
    url_params.show_complaints(["change"])
    on = st.pills(
        "Between two views may change",
        list(kinds),
        selection_mode="multi",
        format_func=labels.__getitem__,
        key="sound_views",
    )
    as_ever = set(on) == set(SOUND_VIEWS)
    url_params.write("change", "" if as_ever else ",".join(on) or "none")
    with st.expander("How strongly", icon=":material/tune:"):
        columns = st.columns(3)
        strengths = {}
        for i, (slug, kind) in enumerate(kinds.items()):
            knob = kind.strength_knob()
            with columns[i % 3]:
                key, start = f"{slug}_view", SOUND_VIEWS.get(slug, knob.default)
                url_params.check({key: replace(knob, default=start)})
                strengths[slug] = widget(
                    labels[slug],
                    knob,
                    key=key,
                    default=start,
                    disabled=slug not in on,
                )
    return {slug: strengths[slug] for slug in kinds if slug in on}


def _slugs(text: str) -> list[str]:
    from ssl_core.augment import offered

    known, found = offered("sound"), [s for s in text.split(",") if s != "none"]
    if unknown := [slug for slug in found if slug not in known]:
        raise ValueError(
            f"change is {unknown[0]!r}; allowed are {', '.join(known)} or none"
        )
    return found
