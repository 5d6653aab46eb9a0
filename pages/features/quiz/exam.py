"""Exam mode: answers first, and feedback to all of them once the set is handed in."""

from collections.abc import Sequence

import streamlit as st

from pages.shell import callbacks, learner_progress
from pages.widgets.questions import answer_form, pager, question_view
from pages.widgets.questions.catalogue import library
from ssl_core.quiz.judging import Answer, fits, judge
from ssl_core.quiz.progress import CONFIDENCE, Attempt, Exam
from ssl_core.quiz.questions import Base


def draw(link: str, ids: Sequence[str]) -> None:
    """Draw the exam over a set: its door, the set itself, or what came of it.

    Args:
        link: of the set; an exam is found again by it.
        ids: of the set's questions.
    """
    now = learner_progress.current().exam
    known = now is not None and any(i in library() for i in now.questions)
    if now is None or now.set != link or not known:
        _door(link, ids, now)
    elif now.handed_in is None:
        _sitting(now)
    else:
        _returned(now, ids)


def _door(link: str, ids: Sequence[str], other: Exam | None) -> None:
    st.markdown(
        f"**{len(ids)} questions, feedback at the end.** You can change every answer until "
        "you hand in, and leave questions open. Close the tab if you must: your answers "
        "are kept."
    )
    if other is not None and other.handed_in is None:
        st.warning(
            f"Another exam, with {len(other.answers)} of {len(other.questions)} answers, "
            "is not handed in; beginning this one drops it.",
            icon=":material/warning:",
        )
    st.button(
        "Begin",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not ids,
        on_click=callbacks.uninterruptible(_begin),
        args=(link, tuple(ids)),
    )


def _begin(link: str, ids: tuple[str, ...]) -> None:
    last = learner_progress.current().exam
    # Later than the last one, which another tab may still hold.
    begun = max(learner_progress.now(), last.begun + 1 if last else 0)
    _keep(Exam(set=link, questions=ids, begun=begun))


def _sitting(now: Exam) -> None:
    ids = [i for i in now.questions if i in library()]
    key = f"exam_{now.begun}"
    given = _given(now)
    marks = [":material/edit: " if i in given else "" for i in ids]
    at = pager.draw_dots(ids, key, marks)
    with st.container(width=question_view.TEXT_WIDTH):
        _ask(now, library()[ids[at]], key, f"Question {at + 1} of {len(ids)} · exam")
    pager.draw_buttons(ids, key, at)
    open_ = len(ids) - len(given)
    left = f" ({open_} still open)" if open_ else ""
    st.button(
        f"Hand in{left}",
        icon=":material/done_all:",
        on_click=callbacks.uninterruptible(_hand_in),
    )


def _ask(now: Exam, question: Base, key: str, number: str) -> None:
    own, given = f"{key}_{question.id}", _given(now)
    question_view.load_style()
    question_view.draw_header(question, "", number)
    _how_sure(now, question.id, own)
    answer_form.draw(
        answer_form.AnswerForm(
            question,
            own,
            learner_progress.current().seed,
            given.get(question.id),
            None,
            lambda answer: _note(question.id, answer),
            lambda: None,
            exam=True,
        )
    )
    if question.id in given:
        st.caption("Kept. You can still change it.")


def _how_sure(now: Exam, ident: str, own: str) -> None:
    key = f"{own}_sure"
    st.session_state[key] = now.sure.get(ident)
    st.segmented_control(
        "How sure are you? (optional)",
        range(len(CONFIDENCE)),
        format_func=CONFIDENCE.__getitem__,
        key=key,
        on_change=callbacks.uninterruptible(
            lambda: _sure(ident, st.session_state[key])
        ),
    )


def _sure(ident: str, degree: int | None) -> None:
    now = learner_progress.current().exam
    assert now is not None
    sure = {i: d for i, d in now.sure.items() if i != ident}
    if degree is not None:
        sure[ident] = degree
    _keep(now.model_copy(update={"sure": sure}))


def _note(ident: str, answer: Answer) -> None:
    now = learner_progress.current().exam
    assert now is not None
    _keep(now.model_copy(update={"answers": {**now.answers, ident: answer}}))


def _given(now: Exam) -> dict[str, Answer]:
    """The answers; a file may hold some that are none to these questions."""
    return {
        i: now.answers[i]
        for i in now.questions
        if i in now.answers and i in library() and fits(library()[i], now.answers[i])
    }


def _keep(exam: Exam) -> None:
    learner_progress.save(learner_progress.current().with_exam(exam))


def _hand_in() -> None:
    """Judge all answers at once, and let them join the learner's history."""
    kept = learner_progress.current()
    now = kept.exam
    assert now is not None
    at = max(learner_progress.now(), now.begun)
    for ident, answer in _given(now).items():
        found = judge(library()[ident], answer)
        kept = kept.with_attempt(
            Attempt(
                question=ident,
                at=at,
                answer=answer,
                score=found.score,
                confidence=now.sure.get(ident),
                idea=found.idea,
            )
        )
    learner_progress.save(kept.with_exam(now.model_copy(update={"handed_in": at})))


def _returned(now: Exam, ids: Sequence[str]) -> None:
    judged = _judged(now)
    scored = [a for a in judged if a.score is not None]
    right = sum(a.right for a in scored)
    waiting = len(judged) - len(scored)
    st.success(
        f"Handed in: {right} of {len(scored)} right"
        + (f", {waiting} to compare with a model answer" * bool(waiting))
        + f"; {len(now.questions) - len(judged)} left open. Go through them: the "
        "feedback is what you came for.",
        icon=":material/done_all:",
    )
    st.button(
        "Take it again",
        icon=":material/replay:",
        on_click=callbacks.uninterruptible(_begin),
        args=(now.set, tuple(ids)),
    )
    key = f"returned_{now.begun}"
    question_view.draw_set(now.questions, key, since=now.begun, from_the_top=True)


def _judged(now: Exam) -> list[Attempt]:
    """What was handed in, whatever was tried since with the feedback at hand."""
    found = []
    for ident in now.answers:
        own = learner_progress.current().of(ident)
        since = (a for a in own if a.at >= (now.handed_in or 0) and not a.again)
        found += [first] if (first := next(since, None)) else []
    return found
