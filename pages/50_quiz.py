"""The quiz: review, sets by lesson, mixed questions, and exams."""

import streamlit as st

from pages.features.quiz import exam, landing, practice, set_link
from pages.shell import learner_progress, url_params
from pages.widgets.questions import question_view
from pages.widgets.questions.catalogue import library
from ssl_core.quiz.sets import Set

query = st.query_params.to_dict()
question_id = query.get("q", "")  # within the set, if there is one
chosen, complaints = set_link.parse(query)


def draw_head(title: str, link_back: bool = True) -> None:
    """Draw the title, a link to the landing page, and complaints about the URL."""
    st.title(title, anchor=False)
    if link_back:
        landing.draw_link()
    for complaint in complaints:
        url_params.complain(f"In this link, {complaint}.")


if query.get("review", "").lower() == "true":
    draw_head("Review")
    practice.draw_review()
elif query.get("mixed", "").lower() == "true":
    draw_head("A mixed ten")
    practice.draw_mixed()
elif chosen != Set():
    draw_head(set_link.title_of(chosen))
    if chosen.exam:
        exam.draw(chosen.link(), chosen.ids(library()))
    else:
        question_view.draw_set(chosen.ids(library()), f"set_{chosen.link()}")
elif question_id in library():
    draw_head("One question")
    question_view.draw_question(question_id, "one")
else:
    draw_head("Quiz", link_back=False)
    landing.draw(learner_progress.now())
