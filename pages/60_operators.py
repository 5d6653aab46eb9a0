"""Operators: queue, workers, memory, disk, errors and settings of the server."""

import streamlit as st

from pages.features import operators
from pages.shell import operator_session, resources

REFRESH_S = 2.0


def draw_report() -> None:
    """Draw the parts that change while the server runs."""
    if not operator_session.is_signed_in():  # the hour is over while the page is open
        st.rerun()
    report = resources.service().report()
    operators.draw_status(report)
    st.subheader("Memory and disk", anchor=False)
    operators.draw_memory(report)
    st.subheader("Last errors", anchor=False)
    operators.draw_errors(report.errors)


st.title("Operators", anchor=False)
# Not st.stop(): the router still has to store the learner's progress.
if operator_session.is_signed_in():
    operators.draw_sign_out()
    st.fragment(draw_report, run_every=REFRESH_S)()
    st.subheader("Settings that differ from the defaults", anchor=False)
    operators.draw_settings(resources.settings().changed())
else:
    operators.draw_sign_in()
