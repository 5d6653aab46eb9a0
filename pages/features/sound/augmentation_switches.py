"""Switches and strengths of the sound augmentations; the URL holds them."""

from dataclasses import replace

import streamlit as st

from pages.shell import url_params
from pages.widgets.knobs import draw_knob


def choose() -> dict[str, float]:
    """Let the learner choose; return slug -> strength of the augmentations that are on."""
    from ssl_core.augment import offered
    from ssl_core.data import SOUND_VIEWS

    augmentations = offered("sound")
    labels = {slug: augmentation.label for slug, augmentation in augmentations.items()}
    param = url_params.TextParam(list(SOUND_VIEWS), _parse_slugs, "the default")
    url_params.set_initial("change", param, "sound_views")
    url_params.show_complaints(["change"])
    switched_on = st.pills(
        "Between two views may change",
        list(augmentations),
        selection_mode="multi",
        format_func=labels.__getitem__,
        key="sound_views",
        persist_state="session",
    )
    is_default = set(switched_on) == set(SOUND_VIEWS)
    url_params.write("change", "" if is_default else ",".join(switched_on) or "none")
    with st.expander("How strongly", icon=":material/tune:"):
        columns = st.columns(3)
        strengths = {}
        for i, (slug, augmentation) in enumerate(augmentations.items()):
            knob = augmentation.strength_knob()
            with columns[i % 3]:
                key, default = f"{slug}_view", SOUND_VIEWS.get(slug, knob.default)
                url_params.check({key: replace(knob, default=default)})
                strengths[slug] = draw_knob(
                    labels[slug],
                    knob,
                    key=key,
                    default=default,
                    disabled=slug not in switched_on,
                )
    return {slug: strengths[slug] for slug in augmentations if slug in switched_on}


def _parse_slugs(text: str) -> list[str]:
    from ssl_core.augment import offered

    allowed, slugs = offered("sound"), [s for s in text.split(",") if s != "none"]
    if unknown := [slug for slug in slugs if slug not in allowed]:
        raise ValueError(
            f"change is {unknown[0]!r}; allowed are {', '.join(allowed)} or none"
        )
    return slugs
