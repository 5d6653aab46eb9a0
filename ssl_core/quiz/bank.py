"""Banks of questions: TOML in, checked records out, every problem named by its place."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError, field_validator, model_validator

from ssl_core.quiz import problems
from ssl_core.quiz.questions import Question, Record, Slug, Text

ROOM = Path(__file__).parents[2] / "assets" / "quiz"
LARGEST = 1_000_000  # bytes of a file that anybody may hand in


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
        seen: dict[str, int] = {}
        for place, question in enumerate(self.questions, 1):
            if question.id in seen:
                raise ValueError(
                    f"id {question.id!r} is there twice: questions {seen[question.id]} "
                    f"and {place}"
                )
            seen[question.id] = place
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

    def joined(self, bank: Bank, name: str) -> "Library":
        """With one bank more.

        Args:
            bank: with ids of its own.
            name: of its file, for the messages.

        Raises:
            BankError: one sentence for each id that is already there.
        """
        taken = [
            f"{name}: question {place} ({q.id!r}), id: is that of a question of "
            f"{self.lesson_of(q.id)!r}; give yours another"
            for place, q in enumerate(bank.questions, 1)
            if q.id in self
        ]
        if taken:
            raise BankError(taken)
        return Library((*self.banks, bank))

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
        # Windows' editors put a mark before UTF-8.
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        raw = tomllib.loads(text.replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise BankError([f"{name}: not UTF-8 text ({error.reason})"]) from None
    except RecursionError:
        raise BankError([f"{name}: not a bank: nested too deeply"]) from None
    except tomllib.TOMLDecodeError as error:
        raise BankError([f"{name}: not TOML: {str(error)[:200]}"]) from None
    except ValueError:
        raise BankError([f"{name}: has a number with too many digits"]) from None
    if {"question", "questions"} <= raw.keys():
        raise BankError([f"{name}: has both question and questions; question is meant"])
    if "question" in raw:  # [[question]] reads better in a file than [[questions]]
        raw["questions"] = raw.pop("question")
    try:
        return Bank.model_validate(raw)
    except ValidationError as error:
        raise BankError(problems.sentences(error, raw, name)) from None


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
