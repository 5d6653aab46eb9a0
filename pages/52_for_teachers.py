"""For teachers: a set with its own link, files for Moodle and Anki, results, own questions."""

import streamlit as st

from pages.features.teachers import exports, own_questions, question_preview, set_picker
from pages.shell import identity
from pages.widgets.questions.catalogue import library

identity.set_cookie()
st.title("Questions for your class", anchor=False)
st.markdown(
    "Choose questions, and share them as a link, take them into Moodle or Anki, or write "
    "your own. Nobody needs an account, and nothing that you hand in leaves this visit."
)

chosen = set_picker.choose()
questions = [library()[ident] for ident in chosen.ids(library())]
set_picker.show_count(questions)
if questions:
    set_picker.show_link(chosen)
    exports.files(questions)
    st.subheader("What is in the set", anchor=False)
    question_preview.draw(questions)

st.subheader("Your own questions", anchor=False)
own_questions.draw()

st.subheader("Results", anchor=False)
exports.results()
