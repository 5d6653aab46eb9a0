"""Augmentation is meaning, measured: which factor survives which views."""

import streamlit as st

from pages._ui.labs import evidence, figures
from pages._ui.matrix import link
from pages._ui.palette import ANCHOR
from ssl_core.experiments.evidence import Evidence
from ssl_core.experiments.meaning import FACTORS
from ssl_core.knobs import Knob


def draw() -> None:
    """The table of views by factors, and the learner's own question put to it."""
    found = evidence.of("meaning")
    if found is None:
        evidence.verdict("meaning")
        return
    names = [f.replace("_", " ") for f in FACTORS]
    default = "background hue"
    link.check({"lesson_factor": Knob(default, choices=tuple(names))})
    asked = st.pills(
        "I want to ask the features for the …",
        names,
        default=default,
        required=True,
        key="lesson_factor",
        bind="query-params",
    )
    st.markdown(answer(found, FACTORS[names.index(asked)]))
    arms = list(found.arms)
    values = [[found.at(a, f"probe_{f}") for f in FACTORS] for a in arms]
    shown = figures.matrix(arms, names, values, "Linear probe accuracy")
    shown.figure.update_traces(showscale=False)  # each cell has its number
    at = names.index(asked)
    shown.figure.add_shape(
        type="rect",
        **{"x0": at - 0.5, "x1": at + 0.5, "y0": -0.5, "y1": len(arms) - 0.5},
        line={"color": ANCHOR, "width": 3},
    )
    evidence.figure(shown, "lesson_meaning")
    evidence.table(found, [f"probe_{f}" for f in FACTORS])
    evidence.provenance("meaning")


def answer(found: Evidence, factor: str) -> str:
    """Which views keep a factor best and worst, beside the untrained encoder."""
    known = {a: e for a in found.arms if (e := found.at(a, f"probe_{factor}"))}
    best = max(known, key=lambda a: known[a].mean)
    worst = min(known, key=lambda a: known[a].mean)
    untrained = found.at(best, f"untrained_{factor}")
    return (
        f"**{factor.replace('_', ' ').capitalize()}** is read best after training with "
        f"**{best}** ({known[best]}) and worst with **{worst}** ({known[worst]}). The "
        f"untrained encoder gives {untrained}."
    )
