"""Measured numbers on a page; all are read from the evidence files that ship."""

import re
from collections.abc import Sequence
from functools import cache, cached_property, lru_cache

import streamlit as st

from ssl_core.experiments import EXPERIMENTS
from ssl_core.experiments.evidence import Evidence, path_of, read
from ssl_core.experiments.statistics import CONTRADICTED, REPRODUCED, UNSEEN, Effect

PLACEHOLDER = re.compile(r"\{([a-z_]+)\|([^|{}]+)\|([a-z_0-9]+)\}")
NOT_MEASURED = "(not measured yet)"
_BADGES = {
    REPRODUCED: ("green", ":material/check_circle:"),
    UNSEEN: ("gray", ":material/help:"),
    CONTRADICTED: ("red", ":material/cancel:"),
}


class _CachedEvidence(Evidence):
    """Evidence that computes each number once: a lab needs hundreds in every script run."""

    def __init__(self, file: Evidence) -> None:
        super().__init__(file.experiment, file.arms, file.runs, file.about)
        self.at = cache(super().at)  # type: ignore[method-assign]
        self.series = cache(super().series)  # type: ignore[method-assign]

    @cached_property
    def effects(self) -> list[Effect]:
        return super().effects


def load(slug: str) -> Evidence | None:
    """The evidence of an experiment; None if its file is missing, empty or unreadable."""
    path = path_of(slug)
    return _load(slug, path.stat().st_mtime_ns) if path.exists() else None


@lru_cache(maxsize=32)
def _load(slug: str, _mtime_ns: int) -> Evidence | None:
    # Cached, because every placeholder loads the evidence in every script run.
    try:
        evidence = read(EXPERIMENTS[slug])
    except ValueError:
        return None
    return _CachedEvidence(evidence) if evidence and evidence.runs else None


def fill_numbers(text: str) -> str:
    """The text with each ``{slug|arm|quantity}`` replaced by its mean and interval."""

    def estimate(placeholder: re.Match[str]) -> str:
        slug, arm, quantity = placeholder.groups()
        evidence = load(slug)
        value = evidence.at(arm, quantity) if evidence else None
        return str(value) if value else NOT_MEASURED

    return PLACEHOLDER.sub(estimate, text)


def draw_verdict(slug: str) -> Evidence | None:
    """Draw the claim of an experiment and the verdict on each of its effects.

    Returns:
        The evidence; None if there is none, which the page then says.
    """
    evidence = load(slug)
    if evidence is None:
        st.info(
            f"Not measured yet: `python -m ssl_core experiment {slug}` does it.",
            icon=":material/science:",
        )
        return None
    st.markdown(f"**The claim.** {evidence.experiment.claim}")
    for effect in evidence.effects:
        colour, icon = _BADGES[effect.verdict]
        minimum = f", wanted: more than {effect.least:g}" if effect.least else ""
        st.markdown(
            f":{colour}-badge[{icon} {effect.verdict}] {effect.sentence}: "
            f"effect {effect.size}{minimum}, n = {effect.size.n}"
        )
    if evidence.experiment.note:
        st.caption(evidence.experiment.note)
    return evidence


def draw_provenance(*slugs: str) -> None:
    """Draw where the numbers of these experiments come from: command, commit, papers."""
    with st.expander("Where these numbers come from", icon=":material/receipt_long:"):
        for slug in slugs:
            if (evidence := load(slug)) is None:
                continue
            about = evidence.about
            st.markdown(
                f"`{about['command']}`, {len(evidence.runs)} runs, seeds "
                f"{', '.join(map(str, evidence.seeds))}; {about['date']}, commit "
                f"`{about['commit']}`, {about['device']}, {about['precision']}, "
                f"torch {about['versions']['torch']}."
            )
            _draw_published(evidence)


def _draw_published(evidence: Evidence) -> None:
    rows = evidence.experiment.published
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


def draw_table(
    evidence: Evidence, quantities: Sequence[str], arms: Sequence[str] | None = None
) -> None:
    """Draw the numbers of a plot as a table, for learners who do not see the plot.

    Args:
        evidence: of one experiment.
        quantities: names of the columns; the first one decides which arms are shown.
        arms: names of the rows; all that are measured if left out.
    """
    names = [a for a in arms or evidence.arms if evidence.at(a, quantities[0])]
    columns = {
        evidence.experiment.quantities[q].label: [
            str(evidence.at(a, q) or "-") for a in names
        ]
        for q in quantities
    }
    with st.expander("As a table", icon=":material/table:"):
        st.dataframe(
            {"arm": names} | columns, hide_index=True, alt="The same as a table"
        )
