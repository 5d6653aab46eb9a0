"""All questions: the banks that ship, and one that the learner has imported."""

import tomllib
from functools import cache

import streamlit as st

from ssl_core.quiz import bank
from ssl_core.quiz.bank import Bank, Library

IMPORTED_BANK = "quiz_bank"  # session key
DIFFICULTY_NAMES = {1: "recall", 2: "understand", 3: "apply"}


def library() -> Library:
    """All questions of this visit."""
    shipped = bank.shipped()
    imported: Bank | None = st.session_state.get(IMPORTED_BANK)
    return Library((*shipped.banks, imported)) if imported else shipped


@cache
def concept_texts() -> dict[str, dict[str, str]]:
    """Slug of a concept -> its name and definition, of all concepts that ship."""
    text = (bank.ROOM / "concepts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def concept_name(concept: str) -> str:
    """A concept's name; for a concept of an imported bank it is made from the slug."""
    from_slug = concept.replace("-", " ").replace("_", " ").capitalize()
    return concept_texts().get(concept, {}).get("name", from_slug)
