"""A bank as TOML, in the form that people write: what a teacher may take and change."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ssl_core.quiz.bank import Bank
from ssl_core.quiz.questions import LONGEST_SLUG, Question

# Arrays of these are written as [[question.options]], one table each.
_TABLES = ("options", "mistakes", "steps")


def dumps(bank: Bank) -> str:
    """The text of a file from which :func:`ssl_core.quiz.bank.parse` reads this bank."""
    lines = [f"{key} = {_value(getattr(bank, key))}" for key in ("version", "lesson")]
    lines += [f"{key} = {_value(getattr(bank, key))}" for key in ("title", "order")]
    for question in bank.questions:
        lines += ["", "[[question]]"]
        lines += _question(question.model_dump(exclude_defaults=True))
    return "\n".join(lines) + "\n"


def renamed(questions: Iterable[Question], start: str = "my-") -> tuple[Question, ...]:
    """Questions whose ids begin with ``start``, to be changed without taking any id.

    An id that would get too long stays, and is then refused where it is handed in.
    """
    made = []
    for question in questions:
        ident = f"{start}{question.id}"
        fits = len(ident) <= LONGEST_SLUG
        made.append(question.model_copy(update={"id": ident} if fits else {}))
    return tuple(made)


def _question(record: Mapping[str, Any]) -> Iterator[str]:
    # A key after a table's head would belong to that table: the plain ones go first.
    first = {"id": None, "kind": None, **record}
    for key, value in first.items():
        if key not in _TABLES and not isinstance(value, dict):
            yield f"{key} = {_value(value)}"
    for key, value in first.items():
        if isinstance(value, dict):
            yield f"[question.{key}]"
            yield from (f"{_text(k)} = {_value(v)}" for k, v in value.items())
        elif key in _TABLES:
            for part in value:
                yield f"[[question.{key}]]"
                yield from (f"{k} = {_value(v)}" for k, v in part.items())


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _text(value)
        case list() | tuple():
            return "[" + ", ".join(_value(v) for v in value) + "]"
        case dict():
            pairs = (f"{k} = {_value(v)}" for k, v in value.items())
            return "{ " + ", ".join(pairs) + " }"
    raise TypeError(f"no TOML for {type(value).__name__}")


def _text(text: str) -> str:
    # JSON's strings are TOML's, but for the one control character that JSON leaves be.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f")
