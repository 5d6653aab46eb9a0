"""What a teacher takes along: files of a set for Moodle and Anki, and results."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.features.teachers import set_picker
from pages.shell import learner_progress
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import anki, gift, saving, sheet, writing
from ssl_core.quiz.bank import Bank
from ssl_core.quiz.questions import Question

_TITLE = "Contrastive learning"


def files(questions: Sequence[Question]) -> None:
    """Files of the set, made when they are asked for."""
    lessons = {q.id: library().lesson_of(q.id) for q in questions}
    site = set_picker.site_url()
    moodle, cards, own = st.columns(3)
    with moodle:
        _file(
            "Moodle (GIFT)",
            lambda: gift.dumps(questions, _TITLE, site=site, lessons=lessons),
            "contrastive-learning.gift.txt",
            "In Moodle: Question bank, Import, GIFT format. Written answers become "
            "essays, orders become matchings.",
        )
    with cards:
        _file(
            "Anki (text file)",
            lambda: anki.dumps(questions, _TITLE, site=site, lessons=lessons),
            "contrastive-learning.anki.txt",
            "In Anki: File, Import. One card a question, tagged by lesson, concepts and "
            "difficulty.",
        )
    with own:
        _file(
            "Bank (TOML)",
            lambda: writing.dumps(_as_bank(questions)),
            "my-questions.toml",
            "To change and hand in below; the ids begin with my-, so that they are yours.",
        )


def results() -> None:
    """Answers as a table: this learner's, and a class's from its progress files."""
    st.markdown(
        "A table for spreadsheets, one row an answer: question, lesson, concepts, kind, "
        "time, answer, score, confidence, hints, and whether it was a retry. For a class, "
        "collect the files that *Save my progress* gives, and hand them in together."
    )
    mine, theirs = st.columns(2, gap="large")
    with mine:
        own, shelf = learner_progress.current(), library()
        count = len(own.attempts)
        _file(
            "My answers (CSV)",
            lambda: sheet.dumps(own, shelf),
            "my-answers.csv",
            f"{count} so far." if count else "You have not answered anything yet.",
            disabled=not count,
        )
    with theirs:
        _class()


def _class() -> None:
    files = st.file_uploader(
        "Progress files of a class",
        type="json",
        accept_multiple_files=True,
        max_upload_size=1,
        key="class_files",
    )
    learners, problems = {}, []
    for file in files or []:
        name, copies = file.name.removesuffix(".json"), 2
        while name in learners:
            name, copies = f"{file.name.removesuffix('.json')} ({copies})", copies + 1
        try:
            learners[name] = saving.loads(file.getvalue())
        except ValueError as error:
            problems.append(f"{file.name}: {error}")
    if problems:
        st.error("Left out:", icon=":material/error:")
        st.code("\n".join(problems), language=None, wrap_lines=True)
    if learners:
        answers = sum(len(p.attempts) for p in learners.values())
        text = sheet.of_class(learners, library())
        _file(
            "Answers of the class (CSV)",
            lambda: text,
            "class-answers.csv",
            f"Learners: {len(learners)}, answers: {answers}.",
        )


def _file(
    label: str, make: Callable[[], str], name: str, about: str, disabled: bool = False
) -> None:
    """A download that is made when it is asked for, by a thread without a session."""
    mark = "utf-8-sig" if name.endswith(".csv") else "utf-8"  # Excel needs the mark
    st.download_button(
        label,
        lambda: make().encode(mark),
        name,
        "text/csv" if name.endswith(".csv") else "text/plain",
        icon=":material/download:",
        on_click="ignore",
        disabled=disabled,
        width="stretch",
    )
    st.caption(about)


def _as_bank(questions: Sequence[Question]) -> Bank:
    own = writing.renamed(questions)
    return Bank(version=1, lesson="my-questions", title="My questions", questions=own)
