"""A lesson: its prose under a TOML head, read and checked; problems name file and field."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError, field_validator

from ssl_core.quiz import problems
from ssl_core.quiz.questions import LabLink, Record, Slug, Text

ROOM = Path(__file__).parents[2] / "assets" / "lessons"
LONGEST = 500  # words
FENCE = "+++"
_DOTTED = re.compile(r"ssl_core(?:\.[A-Za-z_]\w*){2,}")
_PLACE = re.compile(r"\{[a-z_]+\|[^|{}]+\|[a-z_0-9]+\}")
_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")
_Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)
]


class LessonError(ValueError):
    """A lesson that is not there or cannot be used; the message says why."""


class Lesson(Record):
    """One lesson, as its file says it.

    Args:
        slug: the file's name.
        title: a question.
        summary: one sentence for a list of lessons.
        order: in the path, from 1.
        opening: id of the question that is asked before the text.
        lab: page and parameters where it can be seen to happen.
        lab_label: of that link.
        code: dotted names of functions or classes whose source is shown.
        next: slug of the lesson after it, "" for the last.
        text: Markdown; ``{slug|arm|quantity}`` stands for a measured number.
    """

    slug: Slug
    title: Text
    summary: Text
    order: int = Field(ge=1, le=99)
    opening: Slug
    lab: LabLink
    lab_label: Text
    code: Annotated[tuple[str, ...], Field(min_length=1, max_length=6)]
    next: Slug | Literal[""] = ""
    text: _Prose

    @field_validator("code", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("code")
    @classmethod
    def _ours(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # A page imports what stands here: only names of this core get that far.
        for name in value:
            if not _DOTTED.fullmatch(name):
                raise ValueError(
                    f"is {name[:60]!r}; allowed is a dotted name of this core, as "
                    "'ssl_core.augment.two_views'"
                )
        return value

    @property
    def words(self) -> int:
        """Words of the text; a measured number or a formula counts as one."""
        text = _PLACE.sub(" number ", _FORMULA.sub(" formula ", self.text))
        return len(_WORD.findall(text))


def parse(content: str, slug: str) -> Lesson:
    """The lesson in a text.

    Args:
        content: a TOML head between two lines ``+++``, then Markdown.
        slug: the file's name without its ending.

    Raises:
        LessonError: one sentence for each problem, naming file and field.
    """
    name = f"{slug}.md"
    lines = content.removeprefix("\ufeff").strip().splitlines()
    fences = [i for i, line in enumerate(lines) if line.rstrip() == FENCE]
    if len(fences) < 2 or fences[0] != 0:
        raise LessonError(
            f"{name}: has no head; the file begins with TOML between two lines {FENCE}"
        )
    head, text = lines[1 : fences[1]], lines[fences[1] + 1 :]
    try:
        raw = tomllib.loads("\n".join(head))
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{name}: its head is not TOML: {error}") from None
    return _checked({**raw, "slug": slug, "text": "\n".join(text)}, name)


def read(path: Path) -> Lesson:
    """The lesson of a file; :class:`LessonError` if it cannot be used."""
    try:
        return parse(path.read_text(encoding="utf-8"), path.stem)
    except UnicodeDecodeError as error:
        raise LessonError(f"{path.name}: not UTF-8 text ({error.reason})") from None


def every() -> tuple[Lesson, ...]:
    """Every lesson that ships with the app, in order.

    Raises:
        LessonError: naming the file that cannot be used.
    """
    # Kept until a file changes: each rerun of a page asks for them.
    files = sorted(ROOM.glob("*.md"))
    return _every(tuple((p, p.stat().st_mtime_ns) for p in files))


def of(slug: str) -> Lesson:
    """The lesson of this name.

    Raises:
        LessonError: if there is none, or its file cannot be used.
    """
    path = next((p for p in ROOM.glob("*.md") if p.stem == slug), None)
    if path is None:
        known = ", ".join(sorted(p.stem for p in ROOM.glob("*.md"))) or "none yet"
        raise LessonError(f"there is no lesson {slug[:40]!r}; allowed are: {known}")
    return _one(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _every(files: tuple[tuple[Path, int], ...]) -> tuple[Lesson, ...]:
    return tuple(sorted((_one(*f) for f in files), key=lambda lesson: lesson.order))


@lru_cache(maxsize=32)
def _one(path: Path, _changed: int) -> Lesson:
    return read(path)


def _checked(raw: Mapping[str, Any], name: str) -> Lesson:
    try:
        return Lesson.model_validate(raw)
    except ValidationError as error:
        raise LessonError("; ".join(problems.sentences(error, raw, name))) from None
