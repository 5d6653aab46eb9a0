"""Draws a lab: predict, run two arms, compare with the evidence."""

import streamlit as st

from pages.features.labs import arm_runs, arm_view, case_menu, lab_prediction
from pages.features.labs.lab import Lab
from pages.widgets import evidence, source_code
from pages.widgets.recording import recording_player


def draw(lab: Lab) -> None:
    """Draw the page of a lab from top to bottom."""
    st.title(lab.question, anchor=False)
    for paragraph in lab.introduction:
        st.markdown(evidence.fill_numbers(paragraph))
    if lab.draw_before_prediction:
        lab.draw_before_prediction()
    slug, case, seed = case_menu.choose(lab.slug, lab.cases)
    started = any(arm_runs.find_runs(lab.slug, slug, seed))
    lab_prediction.ask(lab.slug, slug, case, started)
    st.subheader("Run it", anchor=False)
    outcomes = arm_view.draw(lab.slug, slug, case, seed, lab.curves)
    if lab.recording and not started:
        st.markdown("**Meanwhile, a recorded run** of the same code:")
        recording_player.draw(lab.recording, f"recording_{lab.slug}", height=300)
    if outcomes:
        st.subheader("What happened", anchor=False)
        lab_prediction.compare(lab.slug, slug, case, *outcomes)
        st.markdown(case.explain(*outcomes))
    st.subheader("Our evidence, and the paper's number", anchor=False)
    lab.draw_evidence()
    st.warning(
        f"**Careful.** {evidence.fill_numbers(lab.caution)}", icon=":material/warning:"
    )
    if lab.draw_after_evidence:
        lab.draw_after_evidence()
    case_menu.draw_links(lab.slug, lab.cases, lab.more_links)
    with st.expander("The code that ran", icon=":material/code:"):
        for part in lab.code:
            source_code.draw(part)
