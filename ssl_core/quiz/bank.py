"""Banks of questions: TOML in, checked records out, every problem named by its place."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from ssl_core.quiz.questions import Question, Record, Slug, Text

ROOM = Path(__file__).parents[2] / "assets" / "quiz"
LARGEST = 1_000_000  # bytes of a file that anybody may hand in
SHOWN = 20  # problems that are named one by one


class Bank(Record):
    """The questions of one lesson.

    Args:
        version: of this format.
        lesson: slug of the lesson.
        title: shown in menus.
        order: of the lesson in the path.
        questions: with ids that differ.
    """

    version: int = Field(ge=1, le=1)
    lesson: Slug
    title: Text
    order: int = Field(default=99, ge=0, le=99)
    questions: tuple[Question, ...] = Field(min_length=1, max_length=500)

    @field_validator("questions", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _ids_differ(self) -> "Bank":
        seen: set[str] = set()
        for question in self.questions:
            if question.id in seen:
                raise ValueError(f"id {question.id!r} is there twice")
            seen.add(question.id)
        return self


class BankError(ValueError):
    """A bank that cannot be used; ``problems`` name file, question and field."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Library:
    """All questions that can be asked, by id, with the lesson each belongs to."""

    banks: tuple[Bank, ...]
    _by_id: dict[str, tuple[Bank, Question]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found: dict[str, tuple[Bank, Question]] = {}
        for bank in self.banks:
            for question in bank.questions:
                if question.id in found:
                    other = found[question.id][0].lesson
                    raise BankError(
                        [f"{bank.lesson}: id {question.id!r} is also in {other}"]
                    )
                found[question.id] = (bank, question)
        object.__setattr__(self, "_by_id", found)

    def __iter__(self) -> Iterator[Question]:
        return (question for bank in self.banks for question in bank.questions)

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, ident: object) -> bool:
        return ident in self._by_id

    def __getitem__(self, ident: str) -> Question:
        return self._by_id[ident][1]

    def lesson_of(self, ident: str) -> str:
        """Slug of the lesson that a question belongs to."""
        return self._by_id[ident][0].lesson

    def of_lesson(self, lesson: str) -> tuple[Question, ...]:
        """A lesson's questions, in the order of its file."""
        return tuple(q for b in self.banks if b.lesson == lesson for q in b.questions)


def parse(content: str | bytes, name: str) -> Bank:
    """The bank in a TOML text.

    Args:
        content: of the file.
        name: of the file, for the messages.

    Raises:
        BankError: one sentence for each problem, naming file, question and field.
    """
    if len(content) > LARGEST:
        raise BankError(
            [f"{name}: {len(content):,} bytes; at most {LARGEST:,} are allowed"]
        )
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else content
        raw = tomllib.loads(text.replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise BankError([f"{name}: not UTF-8 text ({error.reason})"]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BankError([f"{name}: not TOML: {error}"]) from None
    if "question" in raw:  # [[question]] reads better in a file than [[questions]]
        raw["questions"] = raw.pop("question")
    try:
        return Bank.model_validate(raw)
    except ValidationError as error:
        raise BankError(_problems(error, raw, name)) from None


def read(path: Path) -> Bank:
    """The bank of a file; :class:`BankError` if it cannot be used."""
    return parse(path.read_bytes(), path.name)


def shipped() -> Library:
    """Every bank that ships with the app, in the order of the lessons."""
    # Kept until a file changes: each rerun of a page asks for it.
    files = sorted(p for p in ROOM.glob("*.toml") if p.stem != "concepts")
    return _shipped(tuple((p, p.stat().st_mtime_ns) for p in files))


@lru_cache(maxsize=2)
def _shipped(files: tuple[tuple[Path, int], ...]) -> Library:
    banks = [read(path) for path, _ in files]
    return Library(tuple(sorted(banks, key=lambda bank: bank.order)))


def _problems(error: ValidationError, raw: Mapping[str, Any], name: str) -> list[str]:
    found = [f"{name}: {_place(e['loc'], raw)}{_sentence(e)}" for e in error.errors()]
    rest = len(found) - SHOWN
    return found[:SHOWN] + ([f"{name}: and {rest} more"] if rest > 0 else [])


def _place(loc: tuple[int | str, ...], raw: Mapping[str, Any]) -> str:
    """``question 3 ("its-id"), options 2, feedback: `` out of where pydantic stopped."""
    parts = list(loc)
    said = []
    if parts[:1] == ["questions"] and len(parts) > 1:
        index = int(parts[1])
        questions = raw.get("questions")
        record = questions[index] if isinstance(questions, list) else {}
        ident = record.get("id") if isinstance(record, dict) else None
        said.append(f"question {index + 1}" + (f" ({ident!r})" if ident else ""))
        kind = record.get("kind") if isinstance(record, dict) else None
        # The tagged union puts the kind into the place; nobody wrote it there.
        parts = [p for i, p in enumerate(parts[2:]) if not (i == 0 and p == kind)]
    for part in parts:
        if isinstance(part, int) and said:
            said[-1] += f" {part + 1}"
        else:
            said.append(str(part))
    return ", ".join(said) + (": " if said else "")


def _sentence(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    kind, given = error["type"], error.get("input")
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is no field of this record"
    if kind.startswith("union_tag"):
        kinds = "choice, true_false, short, numeric, order, predict"
        said = given.get("kind") if isinstance(given, dict) else given
        return f"kind is {said!r}; allowed are {kinds}"
    shown = repr(given) if isinstance(given, str | int | float | bool) else ""
    start = f"is {shown[:60]}: " if shown else ""
    return f"{start}{message[0].lower()}{message[1:]}"
