"""Your progress: concepts, calibration, reviews, and storage of the answers."""

import streamlit as st

from pages.features.quiz import progress_report, storage_settings

st.title("Your progress", anchor=False)
storage_settings.draw_problems()
progress_report.draw_concepts()
progress_report.draw_calibration()
progress_report.draw_confident_mistakes()
progress_report.draw_upcoming_reviews()
st.subheader("Where your answers are", anchor=False)
storage_settings.draw()
