"""A learner's progress as JSON: versioned, capped in size, refused as a whole if damaged.

The record is the learner's own; nothing in it is trusted when it comes back.
"""

import json
import re
from itertools import accumulate

from pydantic import ValidationError

from ssl_core.quiz.progress import FORMAT, VERSION, Progress

LARGEST = 1_000_000  # bytes: a browser's local storage holds five times as much
_BESIDES = 325  # bytes that an attempt takes at most, its answer not counted


def dumps(progress: Progress) -> str:
    """The record as JSON: as many attempts, from the newest on, as fit its size.

    Two tabs that know different parts of a long history agree on what fits: the newest
    attempts, each counted at its longest, as if its ticks were already there.
    """
    said = progress.model_dump(mode="json", exclude_defaults=True)
    attempts = [json.dumps(attempt) for attempt in said.pop("attempts", ())]
    head = {"format": FORMAT, "version": VERSION, **said, "attempts": []}
    if len(json.dumps(head)) > LARGEST:
        head.pop("exam", None)
    text = json.dumps(head)
    answers = (json.dumps(a.answer) for a in reversed(progress.attempts))
    sizes = accumulate(
        (len(answer) + _BESIDES for answer in answers), initial=len(text)
    )
    fit = sum(size <= LARGEST for size in sizes) - 1
    newest = ", ".join(attempts[len(attempts) - fit :])
    return f"{text.removesuffix(']}')}{newest}]}}"


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
    if version != VERSION or isinstance(version, bool):
        raise ValueError(
            f"this progress file has version {_plain(version)}; this app reads version "
            f"{VERSION}"
        )
    try:
        return Progress.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ", ".join(_plain(p) for p in first["loc"][:3])
        raise ValueError(
            f"this progress file has been changed or damaged at {place}: "
            f"{first['msg'][:120].lower()}"
        ) from None


def _plain(value: object) -> str:
    """A few characters of what a file holds, safe to repeat in a sentence."""
    return re.sub(r"[^A-Za-z0-9_ .-]", "?", str(value)[:40])
