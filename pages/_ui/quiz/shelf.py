"""Which questions can be asked: those that ship, and a bank that a teacher handed in."""

import streamlit as st

from ssl_core.quiz import bank
from ssl_core.quiz.bank import Bank, Library

OWN = "quiz_bank"  # session key of an imported bank


def library() -> Library:
    """All questions of this visit."""
    shipped = bank.shipped()
    own: Bank | None = st.session_state.get(OWN)
    return Library((*shipped.banks, own)) if own else shipped
