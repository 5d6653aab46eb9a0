"""The quiz: what is due today, sets by lesson, a mixed ten, and exams."""

import streamlit as st

from pages._ui import learner
from pages._ui.quiz import exam, hub, screen, store
from pages._ui.quiz.shelf import library

learner.remember()
asked = st.query_params.to_dict()
place = asked.pop("q", "")  # the question within the set

if asked.get("review"):
    st.title("Review", anchor=False)
    hub.way_back()
    hub.draw_review()
elif asked.get("mixed"):
    st.title("A mixed ten", anchor=False)
    hub.way_back()
    screen.series(hub.mixed(), "mixed")
elif asked:
    chosen, problems = hub.asked_for(asked)
    st.title(hub.name_of(chosen), anchor=False)
    hub.way_back()
    for problem in problems:
        st.warning(f"In this link, {problem}.", icon=":material/link_off:")
    if chosen.exam:
        exam.draw(chosen.link(), chosen.ids(library()))
    else:
        screen.series(chosen.ids(library()), f"set_{chosen.link()}")
elif place in library():
    st.title("One question", anchor=False)
    hub.way_back()
    screen.single(place, "one")
else:
    st.title("Quiz", anchor=False)
    if place:
        st.warning(
            f"In this link, q is {place[:60]!r}; there is no such question.",
            icon=":material/link_off:",
        )
    hub.draw(store.now())
