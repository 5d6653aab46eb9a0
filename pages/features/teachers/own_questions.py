"""A teacher's own question bank: template, upload, result, removal."""

import re

import streamlit as st

from pages.widgets.questions.catalogue import IMPORTED_BANK
from ssl_core.quiz import bank
from ssl_core.quiz.bank import Bank, BankError

TEMPLATE = bank.ROOM / "template" / "my_bank.toml"
_PROBLEMS, _UPLOADER_NUMBER = "own_bank_problems", "own_bank_uploader"


def draw() -> None:
    """Draw template, upload, result and the button that removes the bank."""
    st.markdown(
        "Write them in a text file, with feedback to every answer, and hand it in. They "
        "are asked beside the others in this visit, in sets, exams and exports alike."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.download_button(
            "A bank to start from (TOML)",
            TEMPLATE.read_bytes(),
            TEMPLATE.name,
            "text/plain",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
        st.caption("One question of each kind, every field explained.")
    with right:
        number = st.session_state.setdefault(_UPLOADER_NUMBER, 0)
        key = f"own_bank_{number}"
        st.file_uploader(
            "Your bank (TOML)",
            type="toml",
            max_upload_size=1,
            key=key,
            on_change=_load_upload,
            args=(key,),
            help=f"At most {bank.LARGEST:,} bytes. It replaces one that is in use.",
        )
    _draw_problems()
    _draw_current_bank()


def _load_upload(key: str) -> None:
    """Load the uploaded bank; a bank with errors is rejected as a whole."""
    file = st.session_state.get(key)
    st.session_state.pop(_PROBLEMS, None)
    if file is None:
        return
    try:
        if file.size > bank.LARGEST:
            raise BankError(
                [
                    f"{file.name}: {file.size:,} bytes; at most {bank.LARGEST:,} are allowed"
                ]
            )
        new_bank = bank.parse(file.getvalue(), file.name)
        bank.shipped().joined(new_bank, file.name)
    except BankError as error:
        st.session_state[_PROBLEMS] = error.problems
        return
    st.session_state[IMPORTED_BANK] = new_bank


def _draw_problems() -> None:
    problems = st.session_state.get(_PROBLEMS)
    if not problems:
        return
    unchanged = (
        " The bank that was in use still is."
        if st.session_state.get(IMPORTED_BANK)
        else ""
    )
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    st.error(f"This bank is not used: {count}.{unchanged}", icon=":material/error:")
    # Drawn as code: text from an uploaded file must not be rendered as Markdown.
    st.code("\n".join(problems), language=None, wrap_lines=True)


def _draw_current_bank() -> None:
    current: Bank | None = st.session_state.get(IMPORTED_BANK)
    if current is None:
        return
    count = len(current.questions)
    plural = "" if count == 1 else "s"
    title = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(current.title.split()))
    left, right = st.columns([0.7, 0.3], vertical_alignment="center")
    left.success(
        f"In use in this visit: **{title}**, {count} question{plural}.",
        icon=":material/check_circle:",
    )
    right.button(
        "Take it out", on_click=_remove, key="own_bank_remove", width="stretch"
    )


def _remove() -> None:
    st.session_state.pop(IMPORTED_BANK, None)
    st.session_state.pop(_PROBLEMS, None)
    st.session_state[_UPLOADER_NUMBER] += 1  # a new key gives an empty uploader
