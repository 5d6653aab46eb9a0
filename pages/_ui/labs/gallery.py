"""Which case a lab shows, and seeded links that open with everything set."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from pages._ui import address
from pages._ui.knobs import linked_menu
from ssl_core.config import RunConfig
from ssl_core.knobs import knobs_of

if TYPE_CHECKING:
    from pages._ui.labs.story import Case


def chosen(lab: str, cases: Mapping[str, "Case"]) -> tuple[str, "Case", int]:
    """The case and the seed that the address asks for, or that the learner picks."""
    _complain(cases)
    left, right = st.columns([0.7, 0.3], vertical_alignment="bottom")
    first = next(iter(cases))
    with left:
        names = {slug: case.label for slug, case in cases.items()}
        slug = linked_menu("What differs", names, "case", first)
    with right:
        seed = st.number_input(
            "Seed",
            0,
            9999,
            _seed_of_link(),
            key=f"seed_{lab}",
            help="Of both arms, unless the seed is what differs: same weights, same batches.",
        )
    address.write("seed", str(seed) if seed else "")
    return slug, cases[slug], int(seed)


def links(
    lab: str,
    cases: Mapping[str, "Case"],
    also: Mapping[str, tuple[str, Mapping[str, str]]],
) -> None:
    """Links that reproduce each case, and what else is worth opening."""
    st.markdown("**Open with everything set**")
    items = [
        f"[{case.label}]({lab}?{urlencode({'case': slug, 'seed': 7})})"
        for slug, case in cases.items()
    ]
    items += [
        f"[{label}]({page}?{urlencode(query)})" for label, (page, query) in also.items()
    ]
    st.markdown(" · ".join(items))


def _seed_of_link() -> int:
    text = st.query_params.get("seed", "0")
    return int(text) if text.isdigit() and int(text) <= 9999 else 0


def _complain(cases: Mapping[str, "Case"]) -> None:
    """One sentence for each nonsense value of a link, at its first opening."""
    asked = st.query_params
    if "case" in asked and asked["case"] not in cases:
        allowed = ", ".join(cases)
        _say(f"case is {asked['case'][:40]!r}; allowed are {allowed}")
    if "seed" in asked:
        try:
            value = knobs_of(RunConfig)["seed"].check("seed", asked["seed"])
            if value > 9999:
                raise ValueError(f"seed is {value}; this page allows 0 to 9999")
        except ValueError as error:
            _say(str(error))


def _say(problem: str) -> None:
    address.complain(f"In this link, {problem}.")
