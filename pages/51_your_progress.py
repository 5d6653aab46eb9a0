"""What you know, how well you judge yourself, and where your answers are kept."""

import streamlit as st

from pages._ui import learner
from pages._ui.quiz import keeping, standing

learner.remember()
st.title("Your progress", anchor=False)
standing.concepts()
standing.judgement()
standing.sure_but_wrong()
standing.to_come()
st.subheader("Where your answers are", anchor=False)
keeping.draw()
