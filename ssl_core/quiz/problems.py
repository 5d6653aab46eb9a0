"""What is wrong with a bank, in sentences: file, question, field, value, what is allowed."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from ssl_core.quiz.questions import KINDS

SHOWN = 20  # problems that are named one by one
_VALUE = 60  # characters of a value that a sentence repeats
_ALLOWED = {
    "slug": "small letters and digits, with single hyphens between, as in 'batch-size'",
    "lab": "a page of this app, as in 'collapse?case=stop-gradient&seed=7'",
    "address": "an address that begins with https:// and has no blanks or quotes, or nothing",
}
_PATTERNS = (("https", "address"), ("\\?", "lab"), ("", "slug"))


def sentences(error: ValidationError, raw: Mapping[str, Any], name: str) -> list[str]:
    """One sentence for each problem that was found.

    Args:
        error: from validating ``raw``.
        raw: the TOML as it was read, its questions under ``questions``.
        name: of the file.
    """
    found = [f"{name}: {_place(e, raw)}{_sentence(e)}" for e in _own(error)]
    rest = len(found) - SHOWN
    return found[:SHOWN] + ([f"{name}: and {rest} more problems"] if rest > 0 else [])


def _own(error: ValidationError) -> Iterator[Any]:
    """Without what only follows: a list is not too short because an entry is wrong."""
    errors = error.errors(include_url=False)
    for one in errors:
        place, size = one["loc"], len(one["loc"])
        inner = (e for e in errors if len(e["loc"]) > size and e["loc"][:size] == place)
        if one["type"] != "too_short" or not any(inner):
            yield one


def _place(error: Any, raw: Mapping[str, Any]) -> str:
    """``question 3 ('its-id'), options 2, feedback: `` out of where pydantic stopped."""
    parts = list(error["loc"])
    said: list[str] = []
    if parts[:1] == ["questions"]:
        if len(parts) == 1:
            return "question "
        said.append(_question(int(parts[1]), raw))
        kind = _record(int(parts[1]), raw).get("kind")
        # The tagged union puts the kind into the place; nobody wrote it there.
        parts = [p for i, p in enumerate(parts[2:]) if not (i == 0 and p == kind)]
    for part in parts:
        if isinstance(part, int) and said:
            said[-1] += f" {part + 1}"
        else:
            said.append(
                repr(part)[1:-1][:_VALUE] if isinstance(part, str) else f"{part}"
            )
    return ", ".join(said) + (": " if said else "")


def _question(index: int, raw: Mapping[str, Any]) -> str:
    ident = _record(index, raw).get("id")
    named = f" ({ident[:_VALUE]!r})" if isinstance(ident, str) and ident else ""
    return f"question {index + 1}{named}"


def _record(index: int, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    questions = raw.get("questions")
    record = questions[index] if isinstance(questions, list) else {}
    return record if isinstance(record, dict) else {}


def _sentence(error: Any) -> str:
    kind, given, context = error["type"], error.get("input"), error.get("ctx", {})
    value = repr(given)[:_VALUE] if isinstance(given, str | int | float | bool) else ""
    start = f"is {value}: " if value else ""
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is no field of this record"
        case "union_tag_invalid" | "union_tag_not_found":
            said = given.get("kind") if isinstance(given, dict) else None
            start = f"kind is {str(said)[:_VALUE]!r}" if said else "kind is missing"
            return f"{start}; allowed are {', '.join(KINDS)}"
        case "string_pattern_mismatch":
            marks = context.get("pattern", "")
            which = next(name for mark, name in _PATTERNS if mark in marks)
            return f"{start}allowed is {_ALLOWED[which]}"
        case "too_short" | "too_long":
            least = context.get("min_length", context.get("max_length"))
            bound = "at least" if kind == "too_short" else "at most"
            return f"has {context['actual_length']}; {bound} {least} are allowed"
        case "string_too_short":
            return "is empty"
        case "string_too_long":
            return (
                f"has {len(str(given)):,} characters; at most {context['max_length']:,}"
            )
        case "tuple_type" | "list_type":
            return f"{start}a list in [ ] belongs here, or several tables in [[ ]]"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{start}a table of fields belongs here"
        case "string_type":
            return f'{start}a text in "quotes" belongs here'
        case "bool_type":
            return f"{start}allowed are true and false"
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message.removeprefix("Input should be ").replace("a valid ", "a ")
    if message.startswith("id "):  # already says which
        return message
    own = kind == "value_error"
    return message if own else f"{start}allowed is {message[0].lower()}{message[1:]}"
