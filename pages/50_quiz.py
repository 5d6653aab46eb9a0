"""The quiz: what is due today, sets by lesson, a mixed ten, and exams."""

import streamlit as st

from pages.features.quiz import exam, landing
from pages.shell import identity, learner_progress, url_params
from pages.widgets.questions import question_view
from pages.widgets.questions.catalogue import library
from ssl_core.quiz.sets import Set

identity.set_cookie()
asked = st.query_params.to_dict()
place = asked.get("q", "")  # the question, within its set if there is one
chosen, problems = landing.set_of_link(asked)


def head(title: str, back: bool = True) -> None:
    """The title, the way back, and what in the link means nothing."""
    st.title(title, anchor=False)
    if back:
        landing.link_to_landing()
    for problem in problems:
        url_params.complain(f"In this link, {problem}.")


if asked.get("review", "").lower() == "true":
    head("Review")
    landing.draw_review()
elif asked.get("mixed", "").lower() == "true":
    head("A mixed ten")
    question_view.draw_set(landing.mixed_ten(), "mixed")
elif chosen != Set():
    head(landing.name_of(chosen))
    if chosen.exam:
        exam.draw(chosen.link(), chosen.ids(library()))
    else:
        question_view.draw_set(chosen.ids(library()), f"set_{chosen.link()}")
elif place in library():
    head("One question")
    question_view.draw_question(place, "one")
else:
    head("Quiz", back=False)
    landing.draw(learner_progress.now())
