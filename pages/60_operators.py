"""For who runs the server: the queue, the workers, memory, disk, errors, settings."""

import streamlit as st

from pages.features import operators
from pages.shell import resources

REFRESH_SECONDS = 2.0


def look() -> None:
    """All that changes, from one report."""
    report = resources.service().report()
    operators.status(report)
    st.subheader("Memory and disk", anchor=False)
    operators.memory(report)
    st.subheader("Last errors", anchor=False)
    operators.errors(report.errors)


st.title("Operators", anchor=False)
if not operators.is_admin():
    st.info("There is nothing to see here.", icon=":material/lock:")
    st.stop()

st.fragment(look, run_every=REFRESH_SECONDS)()
st.subheader("Settings that differ from the defaults", anchor=False)
operators.changed(resources.settings().changed())
