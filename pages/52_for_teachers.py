"""For teachers: a set with its own link, files for Moodle and Anki, results, own questions."""

import streamlit as st

from pages._ui import learner
from pages._ui.quiz import own_bank, preview, take_along, teachers
from pages._ui.quiz.shelf import library

learner.remember()
st.title("Questions for your class", anchor=False)
st.markdown(
    "Choose questions, and share them as a link, take them into Moodle or Anki, or write "
    "your own. Nobody needs an account, and nothing that you hand in leaves this visit."
)

chosen = teachers.choose()
questions = [library()[ident] for ident in chosen.ids(library())]
teachers.found(questions)
if questions:
    teachers.share(chosen)
    take_along.files(questions)
    st.subheader("What is in the set", anchor=False)
    preview.draw(questions)

st.subheader("Your own questions", anchor=False)
own_bank.draw()

st.subheader("Results", anchor=False)
take_along.results()
