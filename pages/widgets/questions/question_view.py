"""One question a screen: dots, stem, answer, how sure, feedback below, what comes next."""

from collections.abc import Sequence

import streamlit as st

from pages.shell import learner_progress
from pages.shell.paths import ASSETS
from pages.widgets.questions import answer_form, feedback, pager, predicted
from pages.widgets.questions.catalogue import library
from ssl_core.quiz.judging import Answer, fits, judge, ticked
from ssl_core.quiz.progress import CONFIDENCE, Attempt
from ssl_core.quiz.questions import Base, Predict, Short

TEXT_WIDTH = 860  # pixels: a line that the eye finds back from

_STYLE = ASSETS / "quiz.css"


def draw_set(
    ids: Sequence[str], key: str, since: int = 0, *, from_the_top: bool = False
) -> None:
    """Draw one question of a set, with dots to all of them and a way to the next.

    Args:
        ids: of questions of :func:`library`.
        key: of this set; the place in it survives a page switch.
        since: Unix seconds; answers before it do not count, as in a review.
        from_the_top: begin with the first question instead of the first open one.
    """
    known = [i for i in ids if i in library()]
    if not known:
        st.info("There is no question in this set.", icon=":material/search_off:")
        return
    marks = [_mark(i, since) for i in known]
    at = pager.draw_dots(known, key, marks, from_the_top=from_the_top)
    draw_question(
        known[at], key, since=since, number=f"Question {at + 1} of {len(known)}"
    )
    pager.draw_buttons(known, key, at)


def draw_question(
    ident: str, key: str, note: str = "", since: int = 0, number: str = ""
) -> None:
    """Draw one question.

    Args:
        ident: of a question of :func:`library`.
        key: of the place where it stands.
        note: a line above the stem.
        since: Unix seconds; an answer before it does not count.
        number: "Question 2 of 8".
    """
    question = library()[ident]
    own = f"{key}_{ident}"
    latest = _latest(question, since)
    with st.container(width=TEXT_WIDTH):
        load_style()
        draw_head(question, note, number)
        _how_sure(own, latest)
        _answer(question, own, latest)
        _hints(question, own, answered=latest is not None)
        if latest is not None:
            feedback.rest(question, latest.answer, learner_progress.current().seed)


def _answer(question: Base, own: str, latest: Attempt | None) -> None:
    answer_form.draw(
        answer_form.AnswerForm(
            question,
            own,
            learner_progress.current().seed,
            latest.answer if latest else None,
            latest.score if latest else None,
            lambda answer: _submit(question, own, answer, latest is not None),
            lambda: _below(question, own, latest),
        )
    )


def load_style() -> None:
    """Bring the options' style into the page."""
    st.html(_STYLE)


def draw_head(question: Base, note: str, number: str) -> None:
    """Draw the note, number, level and text of a question."""
    if note:
        st.markdown(note)
    level = ("recall", "understand", "apply")[question.difficulty - 1]
    st.caption(" · ".join(part for part in (number, level) if part))
    first, _, rest = question.stem.strip().partition("\n\n")
    st.subheader(" ".join(first.split()), anchor=False)
    if rest:
        st.markdown(rest)


def _how_sure(own: str, latest: Attempt | None) -> None:
    if latest is not None:
        if latest.confidence is not None:
            st.caption(f"You said: {CONFIDENCE[latest.confidence]}.")
        return
    st.segmented_control(
        "How sure are you? (optional)",
        range(len(CONFIDENCE)),
        format_func=CONFIDENCE.__getitem__,
        key=f"{own}_sure",
        help="Say it before you answer. It never counts against you: what you were sure "
        "of and got wrong comes again first, and your results show how well you judge.",
    )


def _submit(question: Base, own: str, answer: Answer, again: bool) -> None:
    found = judge(question, answer)
    if isinstance(question, Predict) and isinstance(answer, int):
        predicted.take_to_lab(question, answer)
    now = learner_progress.current()
    learner_progress.save(
        now.with_attempt(
            Attempt(
                question=question.id,
                at=learner_progress.now(),
                answer=answer,
                score=found.score,
                confidence=None if again else st.session_state.get(f"{own}_sure"),
                hints=st.session_state.get(f"{own}_hints", 0),
                again=again,
                idea=found.idea,
            )
        )
    )


def _below(question: Base, own: str, latest: Attempt | None) -> None:
    if latest is None:
        return
    if isinstance(question, Short):
        answer_form.compare(own, question, latest, lambda i: _tick(question, i))
        return
    feedback.verdict(judge(question, latest.answer))
    if isinstance(question, Predict):
        predicted.show_outcome(question)


def _tick(question: Short, ideas: tuple[int, ...]) -> None:
    score = ticked(question, ideas)
    learner_progress.save(
        learner_progress.current().with_ideas(question.id, ideas, score)
    )


def _hints(question: Base, own: str, answered: bool) -> None:
    opened = st.session_state.get(f"{own}_hints", 0)
    for number, hint in enumerate(question.hints[:opened], start=1):
        st.markdown(f":material/lightbulb: **Hint {number}.** {hint}")
    if opened < len(question.hints) and not answered:
        st.button(
            f"Hint {opened + 1} of {len(question.hints)}",
            icon=":material/lightbulb:",
            key=f"{own}_hint",
            type="tertiary",
            shortcut="h",
            on_click=lambda: st.session_state.update({f"{own}_hints": opened + 1}),
        )


def _latest(question: Base, since: int) -> Attempt | None:
    """The last answer that counts; a file may hold one that is none to this question."""
    latest = learner_progress.current().latest(question.id)
    if latest is None or latest.at < since or not fits(question, latest.answer):
        return None
    return latest


def _mark(ident: str, since: int) -> str:
    latest = _latest(library()[ident], since)
    if latest is None:
        return ""
    if latest.score is None:
        return ":material/edit: "
    return ":material/check: " if latest.right else ":material/close: "
