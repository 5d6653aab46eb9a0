"""A set: the questions that a link asks for, and the link that asks for them."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

from ssl_core.quiz.bank import Library
from ssl_core.quiz.questions import KINDS

DIFFICULTIES = (1, 2, 3)
MOST = 100  # questions that a link may ask for by number
_SHOWN = 40  # characters of a bad value that a sentence repeats


class SetError(ValueError):
    """A link with values that mean nothing.

    Args:
        problems: one sentence for each, naming the value and what is allowed.
        usable: the set that the other values make.
    """

    def __init__(self, problems: list[str], usable: "Set"):
        self.problems, self.usable = problems, usable
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Set:
    """Which questions to ask; an empty choice means all.

    Args:
        lessons: slugs.
        concepts: slugs; a question with any of them is in.
        difficulties: 1 to 3.
        kinds: of :data:`ssl_core.quiz.questions.KINDS`.
        count: how many of those found, 0: all. Which ones is drawn, but the same for
            everybody who opens the link.
        exam: feedback only when the set is handed in.
    """

    lessons: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    difficulties: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    count: int = 0
    exam: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str], library: Library) -> Self:
        """The set that a link's parameters ask for.

        Args:
            query: ``lesson``, ``concept``, ``difficulty`` and ``kind`` with values
                separated by commas, ``count`` and ``exam``; others are not looked at.
            library: what lessons and concepts there are.

        Raises:
            SetError: with a sentence for each value that is none of these.
        """
        problems: list[str] = []
        known = {
            "lesson": [bank.lesson for bank in library.banks],
            "concept": concepts(library),
            "difficulty": [str(d) for d in DIFFICULTIES],
            "kind": KINDS,
        }
        read = {
            name: _several(name, query.get(name, ""), allowed, problems)
            for name, allowed in known.items()
        }
        made = cls(
            lessons=read["lesson"],
            concepts=read["concept"],
            difficulties=tuple(int(d) for d in read["difficulty"]),
            kinds=read["kind"],
            count=_count(query.get("count", ""), problems),
            exam=_flag("exam", query.get("exam", ""), problems),
        )
        if problems:
            raise SetError(problems, made)
        return made

    def query(self) -> dict[str, str]:
        """The parameters that :meth:`of` reads this set from."""
        parts = {
            "lesson": ",".join(self.lessons),
            "concept": ",".join(self.concepts),
            "difficulty": ",".join(map(str, self.difficulties)),
            "kind": ",".join(self.kinds),
            "count": str(self.count or ""),
            "exam": "true" if self.exam else "",
        }
        return {name: value for name, value in parts.items() if value}

    def link(self, page: str = "quiz") -> str:
        """The set's address within the app: ``quiz?lesson=collapse&difficulty=1,2``."""
        query = urlencode(self.query(), safe=",")
        return f"{page}?{query}" if query else page

    def ids(self, library: Library) -> tuple[str, ...]:
        """Ids of its questions, in the order of the lessons."""
        found = [
            q.id
            for q in library
            if _in(library.lesson_of(q.id), self.lessons)
            and (not self.concepts or set(q.concepts) & set(self.concepts))
            and _in(q.difficulty, self.difficulties)
            and _in(q.kind, self.kinds)
        ]
        if not 0 < self.count < len(found):
            return tuple(found)
        seed = replace(self, exam=False).link()
        drawn = set(random.Random(seed).sample(found, self.count))
        return tuple(ident for ident in found if ident in drawn)


def concepts(library: Library) -> list[str]:
    """Every concept that a question asks for, in the order of the lessons."""
    return list(dict.fromkeys(c for q in library for c in q.concepts))


def _in(value: object, chosen: tuple[object, ...]) -> bool:
    return not chosen or value in chosen


def _several(
    name: str, text: str, allowed: Iterable[str], problems: list[str]
) -> tuple[str, ...]:
    given = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
    known = list(dict.fromkeys(allowed))
    for part in given:
        if part not in known:
            problems.append(
                f"{name} is {part[:_SHOWN]!r}; allowed are {', '.join(known)}"
            )
    # In the order of the library, so that one set has one link.
    return tuple(value for value in known if value in given)


def _count(text: str, problems: list[str]) -> int:
    if not text.strip():
        return 0
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) < 5:
        count = int(digits)
        if 1 <= count <= MOST:
            return count
    problems.append(
        f"count is {text[:_SHOWN]!r}; allowed are whole numbers from 1 to {MOST}"
    )
    return 0


def _flag(name: str, text: str, problems: list[str]) -> bool:
    if text.strip().lower() not in ("", "true", "false"):
        problems.append(f"{name} is {text[:_SHOWN]!r}; allowed are true and false")
    return text.strip().lower() == "true"
