"""One question per screen: text, confidence, answer form, hints and feedback."""

from collections.abc import Sequence

import streamlit as st

from pages.shell import learner_progress
from pages.shell.paths import ASSETS
from pages.widgets.questions import (
    answer_form,
    feedback,
    pager,
    predict_question,
    self_grading,
)
from pages.widgets.questions.catalogue import DIFFICULTY_NAMES, library
from ssl_core.quiz.judging import Answer, fits, judge, ticked
from ssl_core.quiz.progress import CONFIDENCE, Attempt
from ssl_core.quiz.questions import Base, Predict, Short

MAX_LINE_WIDTH = 860  # pixels: maximum readable line width

_STYLE = ASSETS / "quiz.css"


def draw_set(
    ids: Sequence[str], key: str, since: int = 0, *, start_at_first: bool = False
) -> None:
    """Draw one question of a set, with buttons to all others.

    Args:
        ids: of questions of :func:`library`.
        key: of this set; the current question survives a page switch.
        since: Unix seconds; earlier answers do not count, as in a review.
        start_at_first: begin with the first question instead of the first unanswered one.
    """
    ids = [question_id for question_id in ids if question_id in library()]
    if not ids:
        st.info("There is no question in this set.", icon=":material/search_off:")
        return
    marks = [_mark(question_id, since) for question_id in ids]
    index = pager.draw_question_picker(ids, key, marks, start_at_first=start_at_first)
    number = f"Question {index + 1} of {len(ids)}"
    draw_question(ids[index], key, since=since, number=number)
    pager.draw_back_next(ids, key, index)


def draw_question(
    question_id: str, key: str, note: str = "", since: int = 0, number: str = ""
) -> None:
    """Draw one question.

    Args:
        question_id: of a question of :func:`library`.
        key: prefix of the widgets' keys.
        note: a line above the question.
        since: Unix seconds; an earlier answer does not count.
        number: "Question 2 of 8".
    """
    question = library()[question_id]
    key = f"{key}_{question_id}"
    latest = _latest(question, since)
    with st.container(width=MAX_LINE_WIDTH):
        load_style()
        draw_header(question, note, number)
        _draw_confidence(key, latest)
        _draw_form(question, key, latest, since)
        _draw_hints(question, key, answered=latest is not None)
        if latest is not None:
            feedback.draw_explanation(
                question, latest.answer, learner_progress.current().seed
            )


def _draw_form(question: Base, key: str, latest: Attempt | None, since: int) -> None:
    answer_form.draw(
        answer_form.AnswerForm(
            question,
            key,
            learner_progress.current().seed,
            latest.answer if latest else None,
            latest.score if latest else None,
            lambda answer: _submit(question, key, answer, since),
            lambda: _draw_below(question, key, latest),
        )
    )


def load_style() -> None:
    """Add the style of the options to the page."""
    st.html(_STYLE)


def draw_header(question: Base, note: str, number: str) -> None:
    """Draw the note, number, level and text of a question."""
    if note:
        st.markdown(note)
    level = DIFFICULTY_NAMES[question.difficulty]
    st.caption(" · ".join(part for part in (number, level) if part))
    first, _, rest = question.stem.strip().partition("\n\n")
    st.subheader(" ".join(first.split()), anchor=False)
    if rest:
        st.markdown(rest)


def _draw_confidence(key: str, latest: Attempt | None) -> None:
    if latest is not None:
        if latest.confidence is not None:
            st.caption(f"You said: {CONFIDENCE[latest.confidence]}.")
        return
    st.segmented_control(
        "How sure are you? (optional)",
        range(len(CONFIDENCE)),
        format_func=CONFIDENCE.__getitem__,
        key=f"{key}_sure",
        persist_state="session",
        help="Say it before you answer. It never counts against you: what you were sure "
        "of and got wrong comes again first, and your results show how well you judge.",
    )


def _submit(question: Base, key: str, answer: Answer, since: int) -> None:
    """Save a new answer; the same one once more changes nothing."""
    latest = _latest(question, since)
    again = latest is not None
    if latest is not None and latest.answer == answer:
        return
    verdict = judge(question, answer)
    if isinstance(question, Predict) and isinstance(answer, int):
        predict_question.take_to_lab(question, answer)
    learner_progress.save(
        learner_progress.current().with_attempt(
            Attempt(
                question=question.id,
                at=learner_progress.now(),
                answer=answer,
                score=verdict.score,
                confidence=None if again else st.session_state.get(f"{key}_sure"),
                hints=st.session_state.get(f"{key}_hints", 0),
                again=again,
                idea=verdict.idea,
            )
        )
    )


def _draw_below(question: Base, key: str, latest: Attempt | None) -> None:
    if latest is None:
        return
    if isinstance(question, Short):
        self_grading.draw(
            key, question, latest, lambda ideas: _save_ticks(question, ideas)
        )
        return
    feedback.draw_verdict(judge(question, latest.answer))
    if isinstance(question, Predict):
        predict_question.draw_outcome(question)


def _save_ticks(question: Short, ideas: tuple[int, ...]) -> None:
    score = ticked(question, ideas)
    learner_progress.save(
        learner_progress.current().with_ideas(
            question.id, ideas, score, learner_progress.now()
        )
    )


def _draw_hints(question: Base, key: str, answered: bool) -> None:
    count_key = f"{key}_hints"
    opened = st.session_state.get(count_key, 0)

    def open_hint() -> None:
        shown = st.session_state.get(count_key, 0) + 1
        st.session_state[count_key] = min(shown, len(question.hints))

    for number, hint in enumerate(question.hints[:opened], start=1):
        st.markdown(f":material/lightbulb: **Hint {number}.** {hint}")
    if opened < len(question.hints) and not answered:
        st.button(
            f"Hint {opened + 1} of {len(question.hints)}",
            icon=":material/lightbulb:",
            key=f"{key}_hint",
            type="tertiary",
            shortcut="h",
            on_click=open_hint,
        )


def _latest(question: Base, since: int) -> Attempt | None:
    """The last answer since a time; None if it does not fit the question.

    A progress file may hold an answer to another version of the question.
    """
    latest = learner_progress.current().latest(question.id)
    if latest is None or latest.at < since or not fits(question, latest.answer):
        return None
    return latest


def _mark(question_id: str, since: int) -> str:
    """The icon in front of the question's number."""
    latest = _latest(library()[question_id], since)
    if latest is None:
        return ""
    if latest.score is None:
        return ":material/edit: "
    return ":material/check: " if latest.right else ":material/close: "
