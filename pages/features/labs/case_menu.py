"""The menu of a lab's cases, and links that open a case with its seed."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from pages.features.labs.lab import Case
from pages.shell import url_params
from pages.widgets.knobs import url_selectbox
from ssl_core.knobs import Knob

MAX_SEED = 9999
SEED = Knob(0, low=0, high=MAX_SEED)


def choose(lab: str, cases: Mapping[str, Case]) -> tuple[str, Case, int]:
    """Let the learner choose a case and a seed; the URL sets both at first.

    Args:
        lab: slug of the lab.
        cases: slug -> case.

    Returns:
        Slug of the case, the case, and the seed of both arms.
    """
    first, case_key, seed_key = next(iter(cases)), f"case_{lab}", f"seed_{lab}"
    params = {"case": Knob(first, choices=tuple(cases)), "seed": SEED}
    url_params.check(params, {"case": case_key, "seed": seed_key})
    left, right = st.columns([0.7, 0.3], vertical_alignment="bottom")
    with left:
        names = {slug: case.label for slug, case in cases.items()}
        slug = url_selectbox("What differs", names, case_key, first, param="case")
    with right:
        url_params.set_initial("seed", SEED, seed_key)
        seed = st.number_input(
            "Seed",
            0,
            MAX_SEED,
            key=seed_key,
            persist_state="session",
            help="Of both arms, unless the seed is what differs: same weights, same batches.",
        )
    url_params.write("seed", str(seed) if seed else "")
    return slug, cases[slug], int(seed)


def draw_links(
    lab: str,
    cases: Mapping[str, Case],
    more_links: Mapping[str, tuple[str, Mapping[str, str]]],
) -> None:
    """Draw links that reproduce each case, and links to other pages.

    Args:
        lab: slug of the lab.
        cases: slug -> case.
        more_links: label -> (page, URL parameters).
    """
    st.markdown("**Open with everything set**")
    items = [
        f"[{case.label}]({lab}?{urlencode({'case': slug, 'seed': 7})})"
        for slug, case in cases.items()
    ]
    items += [
        f"[{label}]({page}?{urlencode(query)})"
        for label, (page, query) in more_links.items()
    ]
    st.markdown(" · ".join(items))
