"""Feedback after an answer: verdict, explanation, sources and a link to a lab."""

import streamlit as st

from pages.shell import page_links
from pages.widgets.questions.answer_form import OPTION_LETTERS
from ssl_core.quiz.judging import Verdict, shuffled
from ssl_core.quiz.questions import (
    Base,
    Choice,
    Numeric,
    Order,
    Predict,
    Source,
    TrueFalse,
)


def draw_verdict(verdict: Verdict) -> None:
    """Draw whether the answer is right, and why; screen readers announce it."""
    if verdict.score is None:
        return
    if verdict.score == 1:
        st.success(f"**Right.** {verdict.feedback}", icon=":material/check_circle:")
    else:
        st.error(f"**Not quite.** {verdict.feedback}", icon=":material/cancel:")


def draw_explanation(question: Base, answer: object, seed: int) -> None:
    """Draw the other answers, the explanation, the sources and the link to the lab.

    Args:
        question: of any kind.
        answer: the learner's.
        seed: decides the order of the options for this learner.
    """
    _draw_other_answers(question, answer, seed)
    st.markdown(f"**In full.** {question.explanation}")
    st.caption(f"Rests on: {'; '.join(map(_source, question.sources))}")
    page_links.page_link(question.lab, "See it happen", "science")


def one_line(text: str) -> str:
    """The text on one line, as an item of a Markdown list must be."""
    return " ".join(text.split())


def _draw_other_answers(question: Base, answer: object, seed: int) -> None:
    match question:
        case Choice() | Predict():
            lines = [
                f"- **{letter}** {question.options[place].text}  \n"
                f"  {one_line(question.options[place].feedback)}"
                for letter, place in zip(
                    OPTION_LETTERS, shuffled(question, seed), strict=False
                )
                if place != answer
            ]
            _draw_list("The other answers", lines)
        case TrueFalse():
            other = question.if_false if answer else question.if_true
            _draw_list(
                "The other answer", [f"- {'False' if answer else 'True'}: {other}"]
            )
        case Numeric():
            _draw_list(
                "Where other numbers come from",
                [f"- **{m.value:,g}**: {m.feedback}" for m in question.mistakes],
            )
        case Order():
            _draw_list(
                "The order, and why",
                [
                    f"{place}. {step.text} *{step.why}*"
                    for place, step in enumerate(question.steps, start=1)
                ],
            )


def _draw_list(title: str, lines: list[str]) -> None:
    st.markdown("\n".join([f"**{title}**", "", *lines]))


def _source(source: Source) -> str:
    text = source.text.replace("[", "(").replace("]", ")")
    return f"[{text}]({source.url})" if source.url else text
