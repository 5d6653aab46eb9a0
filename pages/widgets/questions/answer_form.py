"""Forms in which learners answer; every kind of question can be answered by keyboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from ssl_core.quiz import judging
from ssl_core.quiz.judging import LONGEST, Answer, shuffled
from ssl_core.quiz.questions import (
    Base,
    Choice,
    Numeric,
    Order,
    Predict,
    Short,
    TrueFalse,
)

OPTION_LETTERS = "ABCD"


@dataclass(frozen=True)
class AnswerForm:
    """A question and the learner's answer to it.

    Args:
        question: of any kind.
        key: prefix of the widgets' keys; another one wherever the question is drawn.
        seed: decides the order of the options for this learner.
        answer: the learner's answer; None if there is none.
        score: of the answer, in [0, 1]; None hides which option is right, as in an exam.
        submit: is called with a new answer.
        draw_below: draws below the chosen option.
        exam: whether the feedback comes only after the whole exam.
    """

    question: Base
    key: str
    seed: int
    answer: Answer | None
    score: float | None
    submit: Callable[[Answer], None]
    draw_below: Callable[[], None]
    exam: bool = False


def draw(form: AnswerForm) -> None:
    """Draw the field, the buttons or the list for this kind of question."""
    match form.question:
        case Choice() | Predict():
            _draw_options(form, form.question)
        case TrueFalse():
            _draw_true_false(form, form.question)
        case Numeric():
            _draw_number(form, form.question)
        case Order():
            _draw_order(form, form.question)
        case Short():
            _draw_short(form)


def _draw_options(form: AnswerForm, question: Choice | Predict) -> None:
    with st.container(key=f"options_{form.key}"):
        places = shuffled(question, form.seed)
        for letter, place in zip(OPTION_LETTERS, places, strict=False):
            option = question.options[place]
            _draw_option(
                form, place, f"**{letter}** {option.text}", option.right, letter
            )


def _draw_true_false(form: AnswerForm, question: TrueFalse) -> None:
    with st.container(key=f"options_{form.key}"):
        for letter, value in zip(OPTION_LETTERS, (True, False), strict=False):
            text = f"**{letter}** {'True' if value else 'False'}"
            _draw_option(form, value, text, value == question.answer, letter)


def _draw_option(
    form: AnswerForm, value: Answer, text: str, right: bool, letter: str
) -> None:
    chosen = form.answer is not None and form.answer == value
    icon = None
    if chosen:
        text += " · **your answer**"
        icon = ":material/radio_button_checked:"
    if form.score is not None and (chosen or right):
        icon = ":material/check_circle:" if right else ":material/cancel:"
        text += ", **right**" if chosen and right else " · **right**" if right else ""
    st.button(
        text,
        key=f"{form.key}_{value}",
        icon=icon,
        width="stretch",
        # Numbers, because Streamlit uses the letter C itself.
        shortcut=str(OPTION_LETTERS.index(letter) + 1),
        on_click=form.submit,
        args=(value,),
    )
    if chosen:
        form.draw_below()


def _draw_number(form: AnswerForm, question: Numeric) -> None:
    field, error_key = f"{form.key}_number", f"{form.key}_error"

    def check() -> None:
        st.session_state[error_key] = ""
        try:
            form.submit(judging.number(st.session_state[field]))
        except ValueError as error:
            st.session_state[error_key] = str(error)

    with st.form(f"{form.key}_form", border=False):
        text = "" if form.answer is None else f"{form.answer:.12g}"
        unit = f" ({question.unit})" if question.unit else ""
        st.text_input(f"Your number{unit}", text, max_chars=40, key=field, width=320)
        label = "Keep" if form.exam else "Check"
        st.form_submit_button(label, type="primary", on_click=check)
    if st.session_state.get(error_key):
        st.warning(st.session_state[error_key], icon=":material/error:")
    elif form.answer is not None:
        form.draw_below()


def _draw_order(form: AnswerForm, question: Order) -> None:
    picked_key = f"{form.key}_picked"

    def read_picked() -> tuple[int, ...]:
        return tuple(st.session_state.get(picked_key, form.answer or ()))

    def pick(step: int) -> None:
        before = (
            read_picked()
        )  # now: a fast press may have picked one since the drawing
        if step in before:
            return
        st.session_state[picked_key] = after = (*before, step)
        if len(after) == len(question.steps):
            form.submit(after)

    def take_back() -> None:
        st.session_state[picked_key] = read_picked()[:-1]

    def start_over() -> None:
        st.session_state[picked_key] = ()

    picked = read_picked()
    done = len(picked) == len(question.steps)
    _draw_picked(form, question, picked)
    with st.container(key=f"options_{form.key}"):
        steps = [s for s in shuffled(question, form.seed) if s not in picked]
        for number, step in enumerate(steps, start=1):
            st.button(
                question.steps[step].text,
                key=f"{form.key}_step_{step}",
                width="stretch",
                shortcut=str(number),
                on_click=pick,
                args=(step,),
            )
    if done:
        label, icon = "Order them again", ":material/replay:"
        st.button(label, icon=icon, key=f"{form.key}_again", on_click=start_over)
    elif picked:
        label, icon = "Take back the last", ":material/undo:"
        st.button(label, icon=icon, key=f"{form.key}_undo", on_click=take_back)
    if done and form.answer is not None:
        form.draw_below()


def _draw_picked(form: AnswerForm, question: Order, picked: Sequence[int]) -> None:
    """The steps that are picked; when all are, each with its verdict."""
    done = len(picked) == len(question.steps)
    st.caption(
        "Your order." if done else "Press what comes first, then what comes next …"
    )
    for place, step in enumerate(picked):
        mark = ""
        if done and form.score is not None:
            right = step == place
            mark = ":material/check_circle: " if right else ":material/cancel: "
            mark += "" if right else f"(belongs at {step + 1}) "
        st.markdown(f"{place + 1}. {mark}{question.steps[step].text}")


def _draw_short(form: AnswerForm) -> None:
    field = f"{form.key}_text"

    def reveal() -> None:
        if text := str(st.session_state[field]).strip():
            form.submit(text)

    with st.form(f"{form.key}_form", border=False):
        st.text_area(
            "Your answer, in your own words",
            str(form.answer or ""),
            max_chars=LONGEST,
            height=140,
            key=field,
            help="Nobody grades it but you: next comes a model answer to compare it with.",
        )
        label = "Keep my answer" if form.exam else "Reveal the model answer"
        st.form_submit_button(label, type="primary", on_click=reveal)
    if form.answer is not None:
        form.draw_below()
