"""Which questions can be asked: those that ship, and a bank that a teacher handed in."""

import tomllib
from functools import cache

import streamlit as st

from ssl_core.quiz import bank
from ssl_core.quiz.bank import Bank, Library

OWN = "quiz_bank"  # session key of an imported bank


def library() -> Library:
    """All questions of this visit."""
    shipped = bank.shipped()
    own: Bank | None = st.session_state.get(OWN)
    return Library((*shipped.banks, own)) if own else shipped


@cache
def concept_texts() -> dict[str, dict[str, str]]:
    """Name and definition of each concept that ships."""
    text = (bank.ROOM / "concepts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def concept_name(concept: str) -> str:
    """A concept's name; a concept of an imported bank is named by its slug."""
    plain = concept.replace("-", " ").replace("_", " ").capitalize()
    return concept_texts().get(concept, {}).get("name", plain)
