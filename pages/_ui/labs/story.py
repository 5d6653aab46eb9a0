"""A lab is a record; this draws it in the order in which a learner meets it.

Question, two paragraphs, a prediction, two arms side by side, what happened, our
evidence beside the paper's number, the misreading to avoid, the code that ran, links.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages._ui import learner, source
from pages._ui.labs import arms, evidence, gallery, prediction
from pages._ui.labs.arms import Outcome
from pages._ui.recorded import player


@dataclass(frozen=True)
class Case:
    """Two arms that differ in one thing, and what to predict of them.

    Args:
        label: of the menu and of the gallery's link.
        changed: the one knob that differs, in words, as "stop-gradient".
        left, right: name and flat config of each arm; ``steps`` in it overrides the case's.
        question, options: what to predict; the options are the measures' answers.
        answer: index of the option that this run's outcomes give.
        explain: what this run's outcomes mean, in a sentence or two.
        steps: optimisation steps of each arm.
    """

    label: str
    changed: str
    left: tuple[str, Mapping[str, Any]]
    right: tuple[str, Mapping[str, Any]]
    question: str
    options: tuple[str, ...]
    answer: Callable[[Outcome, Outcome], int]
    explain: Callable[[Outcome, Outcome], str]
    steps: int = 250


@dataclass(frozen=True)
class Lab:
    """One page.

    Args:
        slug: of the page's address and its session keys.
        question: the title.
        about: two short paragraphs; ``{slug|arm|quantity}`` becomes a measured number.
        cases: slug -> case; the first is open at first.
        curves: measures drawn over steps for both arms: "knn", "effective_rank",
            "feature_std", "loss", "uniformity".
        evidence: draws what ships, below what this run gave.
        careful: the misreading to avoid, with measured numbers as in ``about``.
        code: functions or classes whose source ran.
        also: links beyond the cases: label -> (page, parameters).
        recording: slug of a recorded run that plays until the learner runs the first
            case; "" for none.
        opening, closing: drawn before the prediction and after the evidence, if given.
    """

    slug: str
    question: str
    about: tuple[str, str]
    cases: Mapping[str, Case]
    curves: tuple[str, ...]
    evidence: Callable[[], None]
    careful: str
    code: tuple[Any, ...]
    also: Mapping[str, tuple[str, Mapping[str, str]]]
    recording: str = ""
    opening: Callable[[], None] | None = None
    closing: Callable[[], None] | None = None


def page(lab: Lab) -> None:
    """Draw a lab."""
    learner.remember()
    st.title(lab.question, anchor=False)
    for paragraph in lab.about:
        st.markdown(evidence.filled(paragraph))
    if lab.opening:
        lab.opening()
    slug, case, seed = gallery.chosen(lab.slug, lab.cases)
    begun = arms.begun(lab.slug, slug, seed)
    prediction.ask(lab.slug, slug, case, begun)
    st.subheader("Run it", anchor=False)
    outcomes = arms.pair(lab.slug, slug, case, seed, lab.curves)
    if lab.recording and not begun:
        st.markdown("**Meanwhile, a recorded run** of the same code:")
        player.draw(lab.recording, f"recording_{lab.slug}", height=300)
    if outcomes:
        st.subheader("What happened", anchor=False)
        prediction.settle(lab.slug, slug, case, *outcomes)
        st.markdown(case.explain(*outcomes))
    st.subheader("Our evidence, and the paper's number", anchor=False)
    lab.evidence()
    st.warning(
        f"**Careful.** {evidence.filled(lab.careful)}", icon=":material/warning:"
    )
    if lab.closing:
        lab.closing()
    gallery.links(lab.slug, lab.cases, lab.also)
    with st.expander("The code that ran", icon=":material/code:"):
        for part in lab.code:
            source.show(part)
