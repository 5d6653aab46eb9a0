"""Reads the question set that a link asks for."""

from collections.abc import Mapping

from pages.widgets.questions.catalogue import library
from ssl_core.quiz.sets import Set, SetError


def parse(query: Mapping[str, str]) -> tuple[Set, list[str]]:
    """Parse the URL parameters of the quiz.

    Args:
        query: URL parameter -> text.

    Returns:
        The set, and a complaint about each value that is not allowed.
    """
    complaints = [
        f"{name} is {query[name][:40]!r}; allowed are true and false"
        for name in ("review", "mixed")
        if query.get(name, "").lower() not in ("", "true", "false")
    ]
    question_id = query.get("q", "")
    if question_id and question_id not in library():
        complaints.append(f"q is {question_id[:40]!r}; there is no such question")
    try:
        return Set.of(query, library()), complaints
    except SetError as error:
        return error.usable, error.problems + complaints


def title_of(chosen: Set) -> str:
    """Title of a set: the lesson's name if it holds one lesson."""
    titles = {bank.lesson: bank.title for bank in library().banks}
    lessons = [titles[slug] for slug in chosen.lessons]
    name = lessons[0] if len(lessons) == 1 else "Quiz"
    return f"Exam: {name}" if chosen.exam else name
