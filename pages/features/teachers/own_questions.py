"""A teacher's own bank: handed in, checked, in use for this visit, taken out again."""

import re

import streamlit as st

from pages.widgets.questions.catalogue import IMPORTED_BANK
from ssl_core.quiz import bank
from ssl_core.quiz.bank import Bank, BankError

TEMPLATE = bank.ROOM / "template" / "my_bank.toml"
_PROBLEMS, _TURN = "own_bank_problems", "own_bank_turn"


def draw() -> None:
    """The template, the way in, what came of it, and the way out."""
    st.markdown(
        "Write them in a text file, with feedback to every answer, and hand it in. They "
        "are asked beside the others in this visit, in sets, exams and exports alike."
    )
    learn, give = st.columns(2, gap="large")
    with learn:
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
    with give:
        turn = st.session_state.setdefault(_TURN, 0)
        key = f"own_bank_{turn}"
        st.file_uploader(
            "Your bank (TOML)",
            type="toml",
            max_upload_size=1,
            key=key,
            on_change=_take,
            args=(key,),
            help=f"At most {bank.LARGEST:,} bytes. It replaces one that is in use.",
        )
    _say_problems()
    _in_use()


def _take(key: str) -> None:
    """Check what was handed in; only a bank without a fault is used."""
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
        own = bank.parse(file.getvalue(), file.name)
        bank.shipped().joined(own, file.name)
    except BankError as error:
        st.session_state[_PROBLEMS] = error.problems
        return
    st.session_state[IMPORTED_BANK] = own


def _say_problems() -> None:
    problems = st.session_state.get(_PROBLEMS)
    if not problems:
        return
    kept = (
        " The bank that was in use still is."
        if st.session_state.get(IMPORTED_BANK)
        else ""
    )
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    st.error(f"This bank is not used: {count}.{kept}", icon=":material/error:")
    # As it stands: nothing of a stranger's file is read as Markdown here.
    st.code("\n".join(problems), language=None, wrap_lines=True)


def _in_use() -> None:
    own: Bank | None = st.session_state.get(IMPORTED_BANK)
    if own is None:
        return
    count = len(own.questions)
    plural = "" if count == 1 else "s"
    title = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(own.title.split()))
    said, out = st.columns([0.7, 0.3], vertical_alignment="center")
    said.success(
        f"In use in this visit: **{title}**, {count} question{plural}.",
        icon=":material/check_circle:",
    )
    out.button("Take it out", on_click=_remove, key="own_bank_remove", width="stretch")


def _remove() -> None:
    st.session_state.pop(IMPORTED_BANK, None)
    st.session_state.pop(_PROBLEMS, None)
    st.session_state[_TURN] += 1  # a new uploader, which holds no file
