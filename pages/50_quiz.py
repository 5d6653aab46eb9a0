"""The quiz: what is due today, sets by lesson, a mixed ten, and exams."""

import streamlit as st

from pages._ui import address, learner
from pages._ui.quiz import exam, hub, screen, store
from pages._ui.quiz.shelf import library
from ssl_core.quiz.sets import Set

learner.remember()
asked = st.query_params.to_dict()
place = asked.get("q", "")  # the question, within its set if there is one
chosen, problems = hub.asked_for(asked)


def head(title: str, back: bool = True) -> None:
    """The title, the way back, and what in the link means nothing."""
    st.title(title, anchor=False)
    if back:
        hub.way_back()
    for problem in problems:
        address.complain(f"In this link, {problem}.")


if asked.get("review", "").lower() == "true":
    head("Review")
    hub.draw_review()
elif asked.get("mixed", "").lower() == "true":
    head("A mixed ten")
    screen.series(hub.mixed(), "mixed")
elif chosen != Set():
    head(hub.name_of(chosen))
    if chosen.exam:
        exam.draw(chosen.link(), chosen.ids(library()))
    else:
        screen.series(chosen.ids(library()), f"set_{chosen.link()}")
elif place in library():
    head("One question")
    screen.single(place, "one")
else:
    head("Quiz", back=False)
    hub.draw(store.now())
