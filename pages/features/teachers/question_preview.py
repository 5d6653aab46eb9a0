"""A preview of a set: each question, with answers and feedback in an expander."""

from collections.abc import Iterator, Sequence

import streamlit as st

from pages.shell import page_links
from pages.widgets.questions.catalogue import concept_name
from pages.widgets.questions.feedback import one_line
from pages.widgets.questions.question_view import MAX_LINE_WIDTH
from ssl_core.quiz.questions import (
    Choice,
    Numeric,
    Order,
    Predict,
    Question,
    Short,
    TrueFalse,
)

PREVIEW_COUNT = 8  # questions before "Show all"


def draw(questions: Sequence[Question]) -> None:
    """Draw each question with its answers in an expander."""
    show_all = False
    if len(questions) > PREVIEW_COUNT:
        show_all = st.toggle(
            f"Show all {len(questions)}", key="preview_all", persist_state="session"
        )
    for number, question in enumerate(questions, 1):
        if number > PREVIEW_COUNT and not show_all:
            st.caption(f"… and {len(questions) - PREVIEW_COUNT} more.")
            break
        _draw_question(number, question)


def _draw_question(number: int, question: Question) -> None:
    tags = ", ".join(concept_name(concept) for concept in question.concepts)
    with st.container(border=True, width=MAX_LINE_WIDTH):
        st.caption(
            f"{number} · {question.id} · difficulty {question.difficulty} · {tags}"
        )
        st.markdown(question.stem)
        with st.expander("Answers and feedback", icon=":material/visibility:"):
            st.markdown("\n".join(_answers(question)))
            st.markdown(f"**In full.** {question.explanation}")
            for hint in question.hints:
                st.markdown(f"**Hint.** {hint}")
            sources = "; ".join(s.text for s in question.sources)
            st.caption(f"Rests on: {sources}")
            page_links.page_link(question.lab, "See it happen", "science")


def _answers(question: Question) -> Iterator[str]:
    """Markdown lines: each answer, right or wrong, with its feedback."""
    match question:
        case Choice() | Predict():
            for option in question.options:
                yield _format_answer(option.right, option.text, option.feedback)
        case TrueFalse():
            yield _format_answer(question.answer, "True", question.if_true)
            yield _format_answer(not question.answer, "False", question.if_false)
        case Numeric():
            within = f" ± {question.tolerance:g}" if question.tolerance else ""
            unit = f" {question.unit}" if question.unit else ""
            yield _format_answer(
                True, f"{question.answer:,g}{within}{unit}", question.right
            )
            for mistake in question.mistakes:
                yield _format_answer(
                    False, f"{mistake.value:,g}{unit}", mistake.feedback
                )
            yield _format_answer(False, "Any other number", question.otherwise)
        case Order():
            yield f"{one_line(question.right)}\n"
            for place, step in enumerate(question.steps, 1):
                yield f"{place}. {one_line(step.text)}  \n   {one_line(step.why)}"
        case Short():
            yield f"**A good answer.** {question.model_answer}\n\nIt holds:\n"
            yield from (f"- {one_line(idea)}" for idea in question.ideas)


def _format_answer(right: bool, text: str, feedback: str) -> str:
    mark = ":material/check_circle: Right" if right else ":material/cancel: Wrong"
    return f"- {mark}: **{one_line(text)}**  \n  {one_line(feedback)}"
