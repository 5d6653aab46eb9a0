"""Downloads for teachers: a set for Moodle and Anki, and tables of answers."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.features.teachers import set_picker
from pages.shell import learner_progress
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import anki, gift, serialization, sheet, writing
from ssl_core.quiz.bank import Bank
from ssl_core.quiz.questions import Question

_TITLE = "Contrastive learning"


def draw_set_files(questions: Sequence[Question]) -> None:
    """Draw download buttons for the set: GIFT, Anki and TOML."""
    lessons = {q.id: library().lesson_of(q.id) for q in questions}
    site = set_picker.site_url()
    moodle, cards, bank = st.columns(3)
    with moodle:
        _download_button(
            "Moodle (GIFT)",
            lambda: gift.dumps(questions, _TITLE, site=site, lessons=lessons),
            "contrastive-learning.gift.txt",
            "In Moodle: Question bank, Import, GIFT format. Written answers become "
            "essays, orders become matchings.",
        )
    with cards:
        _download_button(
            "Anki (text file)",
            lambda: anki.dumps(questions, _TITLE, site=site, lessons=lessons),
            "contrastive-learning.anki.txt",
            "In Anki: File, Import. One card a question, tagged by lesson, concepts and "
            "difficulty.",
        )
    with bank:
        _download_button(
            "Bank (TOML)",
            lambda: writing.dumps(_as_bank(questions)),
            "my-questions.toml",
            "To change and hand in below; the ids begin with my-, so that they are yours.",
        )


def draw_results() -> None:
    """Draw downloads of answers as CSV: this learner's, and those of a class."""
    st.markdown(
        "A table for spreadsheets, one row an answer: question, lesson, concepts, kind, "
        "time, answer, score, confidence, hints, and whether it was a retry. For a class, "
        "collect the files that *Save my progress* gives, and hand them in together."
    )
    left, right = st.columns(2, gap="large")
    with left:
        progress, questions = learner_progress.current(), library()
        count = len(progress.attempts)
        _download_button(
            "My answers (CSV)",
            lambda: sheet.dumps(progress, questions),
            "my-answers.csv",
            f"{count} so far." if count else "You have not answered anything yet.",
            disabled=not count,
        )
    with right:
        _draw_class_results()


def _draw_class_results() -> None:
    uploads = st.file_uploader(
        "Progress files of a class",
        type="json",
        accept_multiple_files=True,
        max_upload_size=1,
        key="class_files",
    )
    learners, errors = {}, []
    for file in uploads or []:
        name, copies = file.name.removesuffix(".json"), 2
        while name in learners:
            name, copies = f"{file.name.removesuffix('.json')} ({copies})", copies + 1
        try:
            learners[name] = serialization.loads(file.getvalue())
        except ValueError as error:
            errors.append(f"{file.name}: {error}")
    if errors:
        st.error("Left out:", icon=":material/error:")
        st.code("\n".join(errors), language=None, wrap_lines=True)
    if learners:
        answers = sum(len(p.attempts) for p in learners.values())
        text = sheet.of_class(learners, library())
        _download_button(
            "Answers of the class (CSV)",
            lambda: text,
            "class-answers.csv",
            f"Learners: {len(learners)}, answers: {answers}.",
        )


def _download_button(
    label: str,
    make_text: Callable[[], str],
    name: str,
    description: str,
    disabled: bool = False,
) -> None:
    """Draw a download button.

    Args:
        label: of the button.
        make_text: returns the content; a thread without a session calls it on a click.
        name: of the file.
        description: below the button.
        disabled: whether there is nothing to download.
    """
    encoding = "utf-8-sig" if name.endswith(".csv") else "utf-8"  # Excel needs the mark
    st.download_button(
        label,
        lambda: make_text().encode(encoding),
        name,
        "text/csv" if name.endswith(".csv") else "text/plain",
        icon=":material/download:",
        on_click="ignore",
        disabled=disabled,
        width="stretch",
    )
    st.caption(description)


def _as_bank(questions: Sequence[Question]) -> Bank:
    renamed = writing.renamed(questions)
    return Bank(
        version=1, lesson="my-questions", title="My questions", questions=renamed
    )
