"""The questions of a set to read: what is asked, and behind it what is answered."""

from collections.abc import Iterator, Sequence

import streamlit as st

from pages.shell import navigation
from pages.widgets.questions.catalogue import concept_name
from ssl_core.quiz.questions import (
    Choice,
    Numeric,
    Order,
    Predict,
    Question,
    Short,
    TrueFalse,
)

READABLE = 860  # pixels: a line that the eye finds back from
FEW = 8  # questions that are shown before anybody asks for more


def draw(questions: Sequence[Question]) -> None:
    """Each question with its answers folded away."""
    all_of_them = False
    if len(questions) > FEW:
        all_of_them = st.toggle(f"Show all {len(questions)}", key="preview_all")
    for place, question in enumerate(questions, 1):
        if place > FEW and not all_of_them:
            st.caption(f"… and {len(questions) - FEW} more.")
            break
        _question(place, question)


def _question(place: int, question: Question) -> None:
    tags = ", ".join(concept_name(concept) for concept in question.concepts)
    with st.container(border=True, width=READABLE):
        st.caption(
            f"{place} · {question.id} · difficulty {question.difficulty} · {tags}"
        )
        st.markdown(question.stem)
        with st.expander("Answers and feedback", icon=":material/visibility:"):
            st.markdown("\n".join(_answers(question)))
            st.markdown(f"**In full.** {question.explanation}")
            for hint in question.hints:
                st.markdown(f"**Hint.** {hint}")
            sources = "; ".join(s.text for s in question.sources)
            st.caption(f"Rests on: {sources}")
            navigation.page_link(question.lab, "See it happen", "science")


def _answers(question: Question) -> Iterator[str]:
    """Lines of a list: each answer, whether it is right in words, and its feedback."""
    match question:
        case Choice() | Predict():
            for option in question.options:
                yield _line(option.right, option.text, option.feedback)
        case TrueFalse():
            yield _line(question.answer, "True", question.if_true)
            yield _line(not question.answer, "False", question.if_false)
        case Numeric():
            within = f" ± {question.tolerance:g}" if question.tolerance else ""
            unit = f" {question.unit}" if question.unit else ""
            yield _line(True, f"{question.answer:,g}{within}{unit}", question.right)
            for mistake in question.mistakes:
                yield _line(False, f"{mistake.value:,g}{unit}", mistake.feedback)
            yield _line(False, "Any other number", question.otherwise)
        case Order():
            yield f"{_flat(question.right)}\n"
            for place, step in enumerate(question.steps, 1):
                yield f"{place}. {_flat(step.text)}  \n   {_flat(step.why)}"
        case Short():
            yield f"**A good answer.** {question.model_answer}\n\nIt holds:\n"
            yield from (f"- {_flat(idea)}" for idea in question.ideas)


def _line(right: bool, text: str, feedback: str) -> str:
    mark = ":material/check_circle: Right" if right else ":material/cancel: Wrong"
    return f"- {mark}: **{_flat(text)}**  \n  {_flat(feedback)}"


def _flat(text: str) -> str:
    return " ".join(text.split())  # a list's line holds no paragraph
