"""What you know, how well you judge yourself, and where your answers are kept."""

import streamlit as st

from pages.features.quiz import progress_report, storage_settings
from pages.shell import identity

identity.set_cookie()
st.title("Your progress", anchor=False)
progress_report.concepts()
progress_report.judgement()
progress_report.sure_but_wrong()
progress_report.to_come()
st.subheader("Where your answers are", anchor=False)
storage_settings.draw()
