"""A learner's answers as a table for spreadsheets, in which no cell is a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from ssl_core.quiz.bank import Library
from ssl_core.quiz.progress import CONFIDENCE, Attempt, Progress
from ssl_core.quiz.questions import Choice, Order, Predict, Question
from ssl_core.quiz.wording import plain

COLUMNS = (
    *("question", "lesson", "concepts", "kind", "time"),
    *("answer", "score", "confidence", "hints", "again"),
)
# A spreadsheet takes what begins with one of these for a formula, or for the way to one:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)


def dumps(progress: Progress, library: Library) -> str:
    """One row an answer, oldest first.

    Args:
        progress: of a learner.
        library: what the answered questions are looked up in; of a question that is not
            there, the row has what is known without it.

    Returns:
        CSV with CRLF line ends. Times are ISO 8601 in UTC; scores in [0, 1], empty for
        written answers that were not compared; several concepts are separated by
        spaces; the numbers of an order count the steps in the order of the right answer.
    """
    rows = [list(_row(attempt, library)) for attempt in progress.attempts]
    return _written([list(COLUMNS), *rows])


def of_class(learners: Mapping[str, Progress], library: Library) -> str:
    """The answers of several learners in one table, with a first column that says whose.

    Args:
        learners: name -> progress.
        library: as for :func:`dumps`.
    """
    rows = [
        [name, *_row(attempt, library)]
        for name, progress in learners.items()
        for attempt in progress.attempts
    ]
    return _written([["learner", *COLUMNS], *rows])


def _written(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _row(attempt: Attempt, library: Library) -> Iterator[object]:
    ident = attempt.question
    known = ident in library
    question = library[ident] if known else None
    yield ident
    yield library.lesson_of(ident) if question else ""
    yield " ".join(question.concepts) if question else ""
    yield question.kind if question else ""
    yield datetime.fromtimestamp(attempt.at, UTC).isoformat()
    yield _answer(question, attempt.answer)
    yield "" if attempt.score is None else attempt.score
    yield "" if attempt.confidence is None else CONFIDENCE[attempt.confidence]
    yield attempt.hints
    yield "yes" if attempt.again else "no"


def _answer(question: Question | None, answer: object) -> object:
    match question, answer:
        case Choice() | Predict(), int() if _is_place(answer, question):
            return plain(question.options[int(answer)].text)
        case Order(), tuple():
            return " ".join(str(place + 1) for place in answer)
        case _, bool():
            return "true" if answer else "false"
        case _, tuple():
            return " ".join(map(str, answer))
    return answer


def _is_place(answer: object, question: Choice | Predict) -> bool:
    # A bank may have changed since; then the bare number is all that is known.
    return not isinstance(answer, bool) and answer in range(len(question.options))


def _cell(value: object) -> object:
    """A number stays one; a text that a spreadsheet would compute gets an apostrophe."""
    if not isinstance(value, str):
        return value
    risky = value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)
    return f"'{value}" if risky else value
