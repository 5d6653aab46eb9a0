"""Where a learner answers: one way for each kind of question, all of them by keyboard."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.shell import callbacks
from ssl_core.quiz import judging
from ssl_core.quiz.judging import LONGEST, Answer, shuffled
from ssl_core.quiz.progress import Attempt
from ssl_core.quiz.questions import (
    Base,
    Choice,
    Numeric,
    Order,
    Predict,
    Short,
    TrueFalse,
)

LETTERS = "ABCD"


@dataclass(frozen=True)
class AnswerForm:
    """A question before a learner.

    Args:
        question: any kind.
        key: tells the places apart where the same question may stand.
        seed: shuffles for this learner.
        given: the answer so far; None if there is none.
        score: of that answer; None hides what is right, as an exam does.
        submit: takes an answer.
        below: drawn right below the option that was chosen.
        exam: whether feedback comes only with the whole set.
    """

    question: Base
    key: str
    seed: int
    given: Answer | None
    score: float | None
    submit: Callable[[Answer], None]
    below: Callable[[], None]
    exam: bool = False


def draw(sheet: AnswerForm) -> None:
    """The field, buttons or list in which this kind of question is answered."""
    match sheet.question:
        case Choice() | Predict():
            _options(sheet, sheet.question)
        case TrueFalse():
            _true_false(sheet, sheet.question)
        case Numeric():
            _number(sheet, sheet.question)
        case Order():
            _order(sheet, sheet.question)
        case Short():
            _written(sheet, sheet.question)


def _options(sheet: AnswerForm, question: Choice | Predict) -> None:
    with st.container(key=f"options_{sheet.key}"):
        places = shuffled(question, sheet.seed)
        for letter, place in zip(LETTERS, places, strict=False):
            option = question.options[place]
            _button(sheet, place, f"**{letter}** {option.text}", option.right, letter)


def _true_false(sheet: AnswerForm, question: TrueFalse) -> None:
    with st.container(key=f"options_{sheet.key}"):
        for letter, value in zip(LETTERS, (True, False), strict=False):
            text = f"**{letter}** {'True' if value else 'False'}"
            _button(sheet, value, text, value == question.answer, letter)


def _button(
    sheet: AnswerForm, value: Answer, text: str, right: bool, letter: str
) -> None:
    chosen = sheet.given is not None and sheet.given == value
    icon = None
    if chosen:
        text += " · **your answer**"
        icon = ":material/radio_button_checked:"
    if sheet.score is not None and (chosen or right):
        icon = ":material/check_circle:" if right else ":material/cancel:"
        text += ", **right**" if chosen and right else " · **right**" if right else ""
    st.button(
        text,
        key=f"{sheet.key}_{value}",
        icon=icon,
        width="stretch",
        # "c" is taken by Streamlit: numbers, in the order on the screen.
        shortcut=str(LETTERS.index(letter) + 1),
        on_click=callbacks.uninterruptible(sheet.submit),
        args=(value,),
    )
    if chosen:
        sheet.below()


def _number(sheet: AnswerForm, question: Numeric) -> None:
    field, problem = f"{sheet.key}_number", f"{sheet.key}_problem"

    @callbacks.uninterruptible
    def check() -> None:
        st.session_state[problem] = ""
        try:
            sheet.submit(judging.number(st.session_state[field]))
        except ValueError as error:
            st.session_state[problem] = str(error)

    with st.form(f"{sheet.key}_form", border=False):
        given = "" if sheet.given is None else f"{sheet.given:.12g}"
        unit = f" ({question.unit})" if question.unit else ""
        st.text_input(f"Your number{unit}", given, max_chars=40, key=field, width=320)
        label = "Keep" if sheet.exam else "Check"
        st.form_submit_button(label, type="primary", on_click=check)
    if st.session_state.get(problem):
        st.warning(st.session_state[problem], icon=":material/error:")
    elif sheet.given is not None:
        sheet.below()


def _order(sheet: AnswerForm, question: Order) -> None:
    picked_key = f"{sheet.key}_picked"
    picked: list[int] = list(st.session_state.get(picked_key, sheet.given or ()))
    done = len(picked) == len(question.steps)

    @callbacks.uninterruptible
    def pick(step: int) -> None:
        st.session_state[picked_key] = [*picked, step]
        if len(picked) + 1 == len(question.steps):
            sheet.submit((*picked, step))

    def change(kept: list[int]) -> None:
        st.session_state[picked_key] = kept

    st.caption(
        "Your order." if done else "Press what comes first, then what comes next …"
    )
    for place, step in enumerate(picked):
        mark = ""
        if done and sheet.score is not None:
            right = step == place
            mark = ":material/check_circle: " if right else ":material/cancel: "
            mark += "" if right else f"(belongs at {step + 1}) "
        st.markdown(f"{place + 1}. {mark}{question.steps[step].text}")
    with st.container(key=f"options_{sheet.key}"):
        left = [s for s in shuffled(question, sheet.seed) if s not in picked]
        for number, step in enumerate(left, start=1):
            st.button(
                question.steps[step].text,
                key=f"{sheet.key}_step_{step}",
                width="stretch",
                shortcut=str(number),
                on_click=pick,
                args=(step,),
            )
    with st.container(horizontal=True):
        if picked and not done:
            st.button(
                "Take back the last",
                icon=":material/undo:",
                key=f"{sheet.key}_undo",
                on_click=change,
                args=(picked[:-1],),
            )
        if done:
            st.button(
                "Order them again",
                icon=":material/replay:",
                key=f"{sheet.key}_again",
                on_click=change,
                args=([],),
            )
    if done and sheet.given is not None:
        sheet.below()


def _written(sheet: AnswerForm, question: Short) -> None:
    field = f"{sheet.key}_text"

    @callbacks.uninterruptible
    def reveal() -> None:
        text = str(st.session_state[field]).strip()
        if text and text != sheet.given:  # the same again would lose its ticks
            sheet.submit(text)

    with st.form(f"{sheet.key}_form", border=False):
        st.text_area(
            "Your answer, in your own words",
            str(sheet.given or ""),
            max_chars=LONGEST,
            height=140,
            key=field,
            help="Nobody grades it but you: next comes a model answer to compare it with.",
        )
        label = "Keep my answer" if sheet.exam else "Reveal the model answer"
        st.form_submit_button(label, type="primary", on_click=reveal)
    if sheet.given is not None:
        sheet.below()


def compare(
    key: str, question: Short, attempt: Attempt, keep: Callable[[tuple[int, ...]], None]
) -> None:
    """The learner's words beside the model answer, and its ideas to tick off."""
    own, model = st.columns(2, gap="medium")
    with own, st.container(border=True, height="stretch"):
        st.markdown("**Your answer**")
        # As text, not as Markdown: what looks like a formula may be none.
        st.text(str(attempt.answer))
    with model, st.container(border=True, height="stretch"):
        st.markdown(f"**A model answer**\n\n{question.model_answer}")

    @callbacks.uninterruptible
    def hand_in() -> None:
        boxes = range(len(question.ideas))
        keep(tuple(i for i in boxes if st.session_state[f"{key}_idea_{i}"]))

    with st.form(f"{key}_ideas"):
        st.markdown("**Which of its ideas does yours hold?**")
        for i, idea in enumerate(question.ideas):
            st.checkbox(idea, i in attempt.ideas, key=f"{key}_idea_{i}")
        st.form_submit_button("Keep my ticks", type="primary", on_click=hand_in)
    if attempt.score is not None:
        held = sum(i < len(question.ideas) for i in set(attempt.ideas))
        st.info(
            f"You found {held} of {len(question.ideas)} ideas in your answer."
            + (
                " What is missing comes again in your review."
                if not attempt.right
                else ""
            ),
            icon=":material/checklist:",
        )
