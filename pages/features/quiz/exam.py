"""Exam mode: feedback to all answers once the set is handed in."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.shell import learner_progress
from pages.widgets.questions import answer_form, pager, question_view
from pages.widgets.questions.catalogue import library
from ssl_core.quiz.judging import Answer, fits, judge
from ssl_core.quiz.progress import CONFIDENCE, Attempt, Exam, Progress
from ssl_core.quiz.questions import Base


def draw(link: str, ids: Sequence[str]) -> None:
    """Draw the exam of a set: its start, its questions, or its results.

    Args:
        link: of the set; it identifies the exam.
        ids: of the set's questions.
    """
    exam = learner_progress.current().exam_of(link)
    if exam is None or not _has_questions(exam):
        _draw_start(link, ids)
    elif exam.handed_in is None:
        _draw_questions(exam)
    else:
        _draw_results(exam, ids)


def _has_questions(exam: Exam) -> bool:
    """Whether the library has any of its questions; those of an imported bank may go."""
    return any(i in library() for i in exam.questions)


def _draw_start(link: str, ids: Sequence[str]) -> None:
    st.markdown(
        f"**{len(ids)} questions, feedback at the end.** You can change every answer until "
        "you hand in, and leave questions open. Close the tab if you must: your answers "
        "are kept."
    )
    st.button(
        "Begin",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not ids,
        on_click=_begin,
        args=(link, tuple(ids)),
    )


def _begin(link: str, ids: tuple[str, ...]) -> None:
    progress = learner_progress.current()
    previous = progress.exam_of(link)
    if previous and previous.handed_in is None and _has_questions(previous):
        return  # another tab, or the first click of a double click, has begun it
    # The later start counts; the clock may have been set back.
    earliest = max(progress.forgotten, previous.begun + 1 if previous else 0)
    start = max(learner_progress.now(), earliest)
    _save(Exam(set=link, questions=ids, begun=start))


def _draw_questions(exam: Exam) -> None:
    ids = [i for i in exam.questions if i in library()]
    key = f"exam_{exam.begun}"
    answers = _valid_answers(exam)
    icons = [":material/edit: " if i in answers else "" for i in ids]
    index = pager.draw_question_picker(ids, key, icons)
    with st.container(width=question_view.MAX_LINE_WIDTH):
        _draw_question(
            exam,
            library()[ids[index]],
            key,
            f"Question {index + 1} of {len(ids)} · exam",
        )
    pager.draw_back_next(ids, key, index)
    open_count = len(ids) - len(answers)
    open_text = f" ({open_count} still open)" if open_count else ""
    st.button(
        f"Hand in{open_text}",
        icon=":material/done_all:",
        on_click=lambda: _hand_in(exam.set),
    )


def _draw_question(exam: Exam, question: Base, key: str, number: str) -> None:
    widget_key, answers = f"{key}_{question.id}", _valid_answers(exam)
    question_view.load_style()
    question_view.draw_header(question, "", number)
    _draw_confidence(exam, question.id, widget_key)
    answer_form.draw(
        answer_form.AnswerForm(
            question,
            widget_key,
            learner_progress.current().seed,
            answers.get(question.id),
            None,
            lambda answer: _save_answer(exam.set, question.id, answer),
            lambda: None,
            exam=True,
        )
    )
    if question.id in answers:
        st.caption("Kept. You can still change it.")


def _draw_confidence(exam: Exam, question_id: str, widget_key: str) -> None:
    key = f"{widget_key}_sure"
    st.session_state[key] = exam.sure.get(question_id)
    st.segmented_control(
        "How sure are you? (optional)",
        range(len(CONFIDENCE)),
        format_func=CONFIDENCE.__getitem__,
        key=key,
        on_change=lambda: _save_confidence(
            exam.set, question_id, st.session_state[key]
        ),
    )


def _save_confidence(link: str, question_id: str, confidence: int | None) -> None:
    # None: the learner has forgotten all in another tab.
    if exam := learner_progress.current().exam_of(link):
        _save(exam.with_confidence(question_id, confidence, learner_progress.now()))


def _save_answer(link: str, question_id: str, answer: Answer) -> None:
    if exam := learner_progress.current().exam_of(link):
        _save(exam.with_answer(question_id, answer, learner_progress.now()))


def _valid_answers(exam: Exam) -> dict[str, Answer]:
    """Answers that fit their questions; a restored file may hold others."""
    return {
        i: exam.answers[i]
        for i in exam.questions
        if i in exam.answers and i in library() and fits(library()[i], exam.answers[i])
    }


def _save(exam: Exam) -> None:
    learner_progress.save(learner_progress.current().with_exam(exam))


def _hand_in(link: str) -> None:
    """Grade all answers and add them to the learner's progress."""
    progress = learner_progress.current()
    exam = progress.exam_of(link)
    if exam is None or exam.handed_in is not None:  # another tab was first
        return
    now = max(learner_progress.now(), exam.begun)
    handed_in = exam.model_copy(update={"handed_in": now})
    learner_progress.save(
        _graded(progress.with_exam(handed_in), handed_in, _valid_answers(exam))
    )


def _grade_late(exam: Exam) -> None:
    """Grade what another tab had not heard of when it handed in."""
    graded = {attempt.question for attempt in _attempts_at_hand_in(exam)}
    late = exam.answered_at.keys() - graded
    if answers := {i: a for i, a in _valid_answers(exam).items() if i in late}:
        learner_progress.save(_graded(learner_progress.current(), exam, answers))


def _graded(progress: Progress, exam: Exam, answers: Mapping[str, Answer]) -> Progress:
    """The progress with an attempt for each of these answers."""
    for question_id, answer in answers.items():
        grade = judge(library()[question_id], answer)
        progress = progress.with_attempt(
            Attempt(
                question=question_id,
                at=exam.handed_in or exam.begun,
                answer=answer,
                score=grade.score,
                confidence=exam.sure.get(question_id),
                idea=grade.idea,
            )
        )
    return progress


def _draw_results(exam: Exam, ids: Sequence[str]) -> None:
    _grade_late(exam)
    attempts = _attempts_at_hand_in(exam)
    graded = [a for a in attempts if a.score is not None]
    right = sum(a.right for a in graded)
    ungraded_count = len(attempts) - len(graded)
    st.success(
        f"Handed in: {right} of {len(graded)} right"
        + (f", {ungraded_count} to compare with a model answer" * bool(ungraded_count))
        + f"; {len(exam.questions) - len(attempts)} left open. Go through them: the "
        "feedback is what you came for.",
        icon=":material/done_all:",
    )
    st.button(
        "Take it again",
        icon=":material/replay:",
        on_click=_begin,
        args=(exam.set, tuple(ids)),
    )
    key = f"returned_{exam.begun}"
    question_view.draw_set(exam.questions, key, since=exam.begun, start_at_first=True)


def _attempts_at_hand_in(exam: Exam) -> list[Attempt]:
    """First attempt at each question since the hand-in; retries do not count."""
    attempts = []
    for question_id in exam.answers:
        history = learner_progress.current().of(question_id)
        later = (a for a in history if a.at >= (exam.handed_in or 0) and not a.again)
        first = next(later, None)
        if first is not None:
            attempts.append(first)
    return attempts
