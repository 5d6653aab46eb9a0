"""For teachers: links to sets, files for Moodle and Anki, own questions, results."""

import streamlit as st

from pages.features.teachers import exports, own_questions, question_preview, set_picker
from pages.widgets.questions.catalogue import library

st.title("Questions for your class", anchor=False)
st.markdown(
    "Choose questions, and share them as a link, take them into Moodle or Anki, or write "
    "your own. Nobody needs an account, and nothing that you hand in leaves this visit."
)

chosen = set_picker.choose()
questions = [library()[question_id] for question_id in chosen.ids(library())]
set_picker.draw_count(questions)
if questions:
    set_picker.draw_link(chosen)
    exports.draw_set_files(questions)
    st.subheader("What is in the set", anchor=False)
    question_preview.draw(questions)

st.subheader("Your own questions", anchor=False)
own_questions.draw()

st.subheader("Results", anchor=False)
exports.draw_results()
