"""A learner's progress as JSON: versioned, capped in size, refused as a whole if damaged.

The record is the learner's own; nothing in it is trusted when it comes back.
"""

import json
import re
from itertools import accumulate
from typing import Any, NamedTuple

from pydantic import ValidationError

from ssl_core.quiz.progress import FORMAT, VERSION, Progress

LARGEST = 1_000_000  # bytes: a browser's local storage holds five times as much
_CHANGING = ("score", "ideas", "changed_at")  # fields of an attempt
_CHANGING_BYTES = 130  # that they take at most


class Unreadable(NamedTuple):
    """A stored record that this version of the app cannot read.

    Args:
        content: as it is stored.
        reason: the sentence of :func:`loads`.
    """

    content: bytes
    reason: str


def dumps(progress: Progress) -> str:
    """The record as JSON: as many attempts, from the newest on, as fit its size.

    Two tabs that know different parts of a long history agree on what fits: the newest
    attempts, each counted at its longest, as if its ticks were already there.
    """
    said = progress.model_dump(mode="json", exclude_defaults=True)
    attempts = said.pop("attempts", ())
    exams = _exams_that_fit(said.pop("exams", ()))
    head = {"format": FORMAT, "version": VERSION, **said, **exams, "attempts": []}
    text = json.dumps(head)
    texts = [json.dumps(attempt) for attempt in attempts]
    longest = map(_longest, reversed(texts), reversed(attempts))
    fit = sum(size <= LARGEST for size in accumulate(longest, initial=len(text))) - 1
    return f"{text.removesuffix(']}')}{', '.join(texts[len(texts) - fit :])}]}}"


def _exams_that_fit(exams: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The newest exams that take half of the record together."""
    fit: list[dict[str, Any]] = []
    for exam in reversed(exams):
        if len(json.dumps([exam, *fit])) <= LARGEST // 2:
            fit.insert(0, exam)
    return {"exams": fit} if fit else {}


def _longest(text: str, attempt: dict[str, Any]) -> int:
    """Bytes that an attempt takes at most, whatever its learner ticks later."""
    now = json.dumps({key: attempt[key] for key in _CHANGING if key in attempt})
    return len(text) - len(now) + _CHANGING_BYTES


def loads(content: str | bytes) -> Progress:
    """The record in a file.

    Raises:
        ValueError: one sentence that says what is wrong; nothing is taken from it.
    """
    if len(content) > LARGEST:
        raise ValueError(
            f"this file has {len(content):,} bytes; a progress file has at most "
            f"{LARGEST:,}"
        )
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("this file is not JSON; a progress file is") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError("this file is not a progress file of this app")
    version = raw.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ValueError(
            f"this progress file has version {_plain(version)}; this app reads versions "
            f"up to {VERSION}"
        )
    try:
        return Progress.model_validate(_upgraded(raw))
    except ValidationError as error:
        first = error.errors()[0]
        place = ", ".join(_plain(p) for p in first["loc"][:3])
        raise ValueError(
            f"this progress file has been changed or damaged at {place}: "
            f"{first['msg'][:120].lower()}"
        ) from None


def _upgraded(raw: dict[str, Any]) -> dict[str, Any]:
    """A record of an earlier version as this version writes it."""
    if raw["version"] == 1:
        raw = {**raw, "version": 2}
        if (exam := raw.pop("exam", None)) is not None:  # one, and no time of a change
            raw["exams"] = [exam]
    return raw


def _plain(value: object) -> str:
    """A few characters of what a file holds, safe to repeat in a sentence."""
    return re.sub(r"[^A-Za-z0-9_ .-]", "?", str(value)[:40])
