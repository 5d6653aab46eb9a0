"""A lab is a record; this draws it in the order in which a learner meets it.

Question, two paragraphs, a prediction, two arms side by side, what happened, our
evidence beside the paper's number, the misreading to avoid, the code that ran, links.
"""

import streamlit as st

from pages.features.labs import lab_arms, lab_cases, lab_prediction
from pages.features.labs.lab import Lab
from pages.shell import identity
from pages.widgets import evidence, source_code
from pages.widgets.recording import recording_player


def page(lab: Lab) -> None:
    """Draw a lab."""
    identity.set_cookie()
    st.title(lab.question, anchor=False)
    for paragraph in lab.about:
        st.markdown(evidence.fill_numbers(paragraph))
    if lab.opening:
        lab.opening()
    slug, case, seed = lab_cases.choose(lab.slug, lab.cases)
    begun = lab_arms.was_started(lab.slug, slug, seed)
    lab_prediction.ask(lab.slug, slug, case, begun)
    st.subheader("Run it", anchor=False)
    outcomes = lab_arms.draw_arms(lab.slug, slug, case, seed, lab.curves)
    if lab.recording and not begun:
        st.markdown("**Meanwhile, a recorded run** of the same code:")
        recording_player.draw(lab.recording, f"recording_{lab.slug}", height=300)
    if outcomes:
        st.subheader("What happened", anchor=False)
        lab_prediction.compare(lab.slug, slug, case, *outcomes)
        st.markdown(case.explain(*outcomes))
    st.subheader("Our evidence, and the paper's number", anchor=False)
    lab.evidence()
    st.warning(
        f"**Careful.** {evidence.fill_numbers(lab.careful)}", icon=":material/warning:"
    )
    if lab.closing:
        lab.closing()
    lab_cases.links(lab.slug, lab.cases, lab.also)
    with st.expander("The code that ran", icon=":material/code:"):
        for part in lab.code:
            source_code.draw(part)
