r"""Questions as Anki notes: a tab-separated text file that says itself how to read it.

Anki (2.1.54 and later) reads the ``#key:value`` lines at the top. The deck stands in a
column of its own, because only then is it made where it does not exist yet; a ``#deck:``
line is passed over. There is no ``#columns`` line: its names would have to be those of
the note type's fields in the reader's language, while two unnamed columns go to front and
back of ``Basic`` in any. Anki's MathJax typesets ``\(…\)`` and ``\[…\]``.

Every field is quoted, so that neither a tab nor a quote nor a leading ``#`` of a text
means anything.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping

from ssl_core.quiz.gift import background
from ssl_core.quiz.judging import shuffled
from ssl_core.quiz.questions import (
    Choice,
    Numeric,
    Order,
    Predict,
    Question,
    TrueFalse,
)
from ssl_core.quiz.wording import block, html, listed

HEAD = (
    "#separator:tab",
    "#html:true",
    "#notetype:Basic",
    "#deck column:3",
    "#tags column:4",
)
_BRACKET = re.compile(r"(?<!\\)\[")


def dumps(
    questions: Iterable[Question],
    deck: str,
    *,
    site: str = "",
    lessons: Mapping[str, str] | None = None,
) -> str:
    """An Anki file: front, back, deck, tags.

    Args:
        questions: of any kinds; a card asks, its back answers.
        deck: that the cards go to; ``::`` separates levels.
        site: address of this app, to which the labs' links are appended, or "".
        lessons: question id -> lesson, for the tags.

    Returns:
        Text to store as UTF-8.
    """
    out = io.StringIO()
    out.write("\n".join(HEAD) + "\n")
    rows = csv.writer(out, "excel-tab", quoting=csv.QUOTE_ALL, lineterminator="\n")
    name = " ".join(deck.split())
    for question in questions:
        tags = [*question.concepts, f"difficulty-{question.difficulty}", question.kind]
        if lesson := (lessons or {}).get(question.id):
            tags.insert(0, lesson)
        front, back = _field(_front(question)), _field(_back(question, site))
        rows.writerow([front, back, name, " ".join(tags)])
    return out.getvalue()


def _field(fragment: str) -> str:
    # [sound:…], [latex] and [anki:…] of a text would be commands to Anki.
    return _BRACKET.sub("&#91;", fragment)


def _front(question: Question) -> str:
    stem = block(question.stem)
    match question:
        case Choice() | Predict():
            shown = [question.options[i] for i in shuffled(question, seed=0)]
            return stem + listed("ul", (html(o.text) for o in shown))
        case TrueFalse():
            return f"{stem}<p>True or false?</p>"
        case Numeric():
            unit = block(question.unit, "Unit:") if question.unit.strip() else ""
            return f"{stem}<p>Which number?</p>{unit}"
        case Order():
            shown_steps = [question.steps[i] for i in shuffled(question, seed=0)]
            steps = listed("ul", (html(s.text) for s in shown_steps))
            return f"{stem}<p>In which order?</p>{steps}"
    return stem


def _back(question: Question, site: str) -> str:
    """The answer, why each other one is none, explanation, sources, lab."""
    return "".join(_answer(question)) + background(question, site)


def _answer(question: Question) -> list[str]:
    match question:
        case Choice() | Predict():
            right = next(o for o in question.options if o.right)
            wrong = (o for o in question.options if not o.right)
            return [
                _told(right.text, right.feedback),
                "<p>Not:</p>",
                listed("ul", (_why(o.text, o.feedback) for o in wrong)),
            ]
        case TrueFalse():
            told = [question.if_false, question.if_true]
            yes, no = told[question.answer], told[not question.answer]
            return [
                _told(str(question.answer), yes),
                "<p>Not:</p>",
                listed("ul", [_why(str(not question.answer), no)]),
            ]
        case Numeric():
            within = f" ± {question.tolerance:g}" if question.tolerance else ""
            said = f"{question.answer:.15g}{within} {question.unit}"
            mistakes = [
                _why(f"{m.value:.15g} {question.unit}", m.feedback)
                for m in question.mistakes
            ]
            other = _why("Any other number", question.otherwise)
            return [
                _told(said, question.right),
                "<p>Not:</p>",
                listed("ul", [*mistakes, other]),
            ]
    return []  # of the two others, `background` begins with the answer


def _told(answer: str, feedback: str) -> str:
    return block(answer, "<strong>Answer:</strong>") + block(feedback)


def _why(answer: str, feedback: str) -> str:
    return block(answer) + block(feedback)
