"""What follows an answer: why it is right or wrong, and where to see it happen."""

import streamlit as st

from pages.shell import navigation
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

LETTERS = "ABCD"


def verdict(found: Verdict) -> None:
    """Right or not, and why: announced to those who listen, as an alert."""
    if found.score is None:
        return
    if found.score == 1:
        st.success(f"**Right.** {found.feedback}", icon=":material/check_circle:")
    else:
        st.error(f"**Not quite.** {found.feedback}", icon=":material/cancel:")


def rest(question: Base, given: object, seed: int) -> None:
    """All that an answer leaves open."""
    _others(question, given, seed)
    st.markdown(f"**In full.** {question.explanation}")
    st.caption(f"Rests on: {'; '.join(map(_source, question.sources))}")
    navigation.page_link(question.lab, "See it happen", "science")


def _others(question: Base, given: object, seed: int) -> None:
    match question:
        case Choice() | Predict():
            lines = [
                f"- **{letter}** {question.options[place].text}  \n"
                f"  {_inline(question.options[place].feedback)}"
                for letter, place in zip(
                    LETTERS, shuffled(question, seed), strict=False
                )
                if place != given
            ]
            _unfold("The other answers", lines)
        case TrueFalse():
            other = question.if_false if given else question.if_true
            _unfold("The other answer", [f"- {'False' if given else 'True'}: {other}"])
        case Numeric():
            _unfold(
                "Where other numbers come from",
                [f"- **{m.value:,g}**: {m.feedback}" for m in question.mistakes],
            )
        case Order():
            _unfold(
                "The order, and why",
                [
                    f"{place}. {step.text} *{step.why}*"
                    for place, step in enumerate(question.steps, start=1)
                ],
            )


def _unfold(title: str, lines: list[str]) -> None:
    st.markdown("\n".join([f"**{title}**", "", *lines]))


def _inline(text: str) -> str:
    return " ".join(text.split())  # a list's line holds no paragraph


def _source(source: Source) -> str:
    text = source.text.replace("[", "(").replace("]", ")")
    return f"[{text}]({source.url})" if source.url else text
