"""Measured numbers on a page: every one is read from the evidence that ships."""

import re
from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from pages.widgets.plots import CONFIG, Plot
from ssl_core.experiments import EXPERIMENTS
from ssl_core.experiments.evidence import Evidence, path_of, read
from ssl_core.experiments.statistics import CONTRADICTED, REPRODUCED, UNSEEN

PLACE = re.compile(r"\{([a-z_]+)\|([^|{}]+)\|([a-z_0-9]+)\}")
NOT_YET = "(not measured yet)"
_BADGES = {
    REPRODUCED: ("green", ":material/check_circle:"),
    UNSEEN: ("gray", ":material/help:"),
    CONTRADICTED: ("red", ":material/cancel:"),
}


def of(slug: str) -> Evidence | None:
    """The evidence of an experiment; None if it was not run or cannot be read."""
    path = path_of(slug)
    return _read(slug, path.stat().st_mtime_ns) if path.exists() else None


@lru_cache(maxsize=32)
def _read(slug: str, _changed: int) -> Evidence | None:
    # Every placeholder of every rerun asks; the file is parsed once.
    try:
        found = read(EXPERIMENTS[slug])
    except ValueError:
        return None
    return found if found and found.runs else None


def fill_numbers(text: str) -> str:
    """Prose with each ``{slug|arm|quantity}`` replaced by its mean and interval."""

    def number(place: re.Match[str]) -> str:
        slug, arm, quantity = place.groups()
        found = of(slug)
        value = found.at(arm, quantity) if found else None
        return str(value) if value else NOT_YET

    return PLACE.sub(number, text)


def verdict(slug: str) -> Evidence | None:
    """The claim, what became of each of its sentences, and where the numbers come from."""
    found = of(slug)
    if found is None:
        st.info(
            f"Not measured yet: `python -m ssl_core experiment {slug}` does it.",
            icon=":material/science:",
        )
        return None
    st.markdown(f"**The claim.** {found.experiment.claim}")
    for effect in found.effects:
        colour, icon = _BADGES[effect.verdict]
        least = f", wanted: more than {effect.least:g}" if effect.least else ""
        st.markdown(
            f":{colour}-badge[{icon} {effect.verdict}] {effect.sentence}: "
            f"effect {effect.size}{least}, n = {effect.size.n}"
        )
    if found.experiment.note:
        st.caption(found.experiment.note)
    return found


def figure(shown: Plot, key: str) -> None:
    """A figure of evidence under the sentence that says what it shows."""
    st.markdown(f"**{shown.says}**")
    st.plotly_chart(shown.figure, key=key, config=CONFIG, alt=shown.says)


def provenance(*slugs: str) -> None:
    """Papers, command, commit and date of what stands above."""
    with st.expander("Where these numbers come from", icon=":material/receipt_long:"):
        for slug in slugs:
            if (found := of(slug)) is None:
                continue
            about = found.about
            st.markdown(
                f"`{about['command']}`, {len(found.runs)} runs, seeds "
                f"{', '.join(map(str, found.seeds))}; {about['date']}, commit "
                f"`{about['commit']}`, {about['device']}, {about['precision']}, "
                f"torch {about['versions']['torch']}."
            )
            _published(found)


def _published(found: Evidence) -> None:
    rows = found.experiment.published
    if rows:
        st.dataframe(
            {
                "published": [p.label for p in rows],
                "value": [f"{p.value:g} {p.unit}" for p in rows],
                "source": [p.source for p in rows],
            },
            hide_index=True,
            alt="Numbers that papers printed",
        )


def table(
    found: Evidence, quantities: Sequence[str], arms: Sequence[str] | None = None
) -> None:
    """The numbers behind a figure, for those who do not see it."""
    names = [a for a in arms or found.arms if found.at(a, quantities[0])]
    columns = {
        found.experiment.quantities[q].label: [
            str(found.at(a, q) or "-") for a in names
        ]
        for q in quantities
    }
    with st.expander("As a table", icon=":material/table:"):
        st.dataframe(
            {"arm": names} | columns, hide_index=True, alt="The same as a table"
        )
