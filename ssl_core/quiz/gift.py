r"""Questions as Moodle GIFT, the text format that every Moodle imports without a plug-in.

What Moodle's importer does (question/format/gift/format.php) decides the form:

- Texts are ``[html]``, not ``[markdown]``: Moodle's Markdown takes the backslash from
  ``\(``, ``\{`` and ``\_`` and makes emphasis of ``z_a … z_b``, which ruins formulas. In
  HTML its MathJax filter finds ``\(\tau\)`` untouched. Each text carries the marker
  itself; without it, a text that begins with ``[`` could be read as one.
- ``\ # = ~ { } :`` get a backslash, also inside tags and formulas. Texts are one line.
- *choice*, *predict* become multiple choice with feedback to each option; *true_false*
  has the feedback to the wrong answer first; *numeric* knows the known mistakes as answers
  worth 0 % with their feedback, and ``~`` for any other number.
- *short* becomes an essay, since nobody's words are graded by a machine. Model answer and
  ideas stand in the general feedback, for whoever marks it.
- *order* becomes a matching of each step with its place. Moodle has a type for ordering,
  but only from 4.4 on, or with a plug-in; matching is in every Moodle and gives part of
  the marks for part of the order. The steps are written in another order than the right
  one, for sites that do not shuffle. Matching has no feedback to an answer: why each step
  stands where it stands is in the general feedback.
- Hints have no place in GIFT and are left out.

The comment over a question gives its id and tags to Moodle 3.7 and later.
"""

from collections.abc import Iterable, Iterator, Mapping

from ssl_core.quiz.judging import shuffled
from ssl_core.quiz.questions import (
    Choice,
    Numeric,
    Order,
    Predict,
    Question,
    Short,
    TrueFalse,
)
from ssl_core.quiz.wording import block, html, link, listed

_ESCAPED = str.maketrans({c: "\\" + c for c in r"\#=~{}:"} | {"\n": r"\n", "\r": ""})


def dumps(
    questions: Iterable[Question],
    category: str,
    *,
    site: str = "",
    lessons: Mapping[str, str] | None = None,
) -> str:
    """A GIFT file.

    Args:
        questions: of any kinds; each becomes one of Moodle's.
        category: of Moodle's question bank; ``/`` separates levels.
        site: address of this app, to which the labs' links are appended; "" writes the
            labs' names alone.
        lessons: question id -> lesson, for the tags.

    Returns:
        Text to store as UTF-8.
    """
    # Moodle takes no escapes here, and shows what it is given.
    name = " ".join(category.split()).translate(dict.fromkeys(map(ord, r"\{}~#")))
    blocks = [f"$CATEGORY: {name}"]
    for question in questions:
        tags = [*question.concepts, f"difficulty-{question.difficulty}", question.kind]
        if lesson := (lessons or {}).get(question.id):
            tags.insert(0, lesson)
        comment = " ".join([f"[id:{question.id}]", *(f"[tag:{tag}]" for tag in tags)])
        stem, answers = _stem(question), "\n".join(_answers(question))
        general = _text(background(question, site))
        blocks.append(
            f"// {comment}\n::{question.id}::{stem}{{{answers}\n####{general}\n}}"
        )
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """A text in which no character means anything to GIFT."""
    return text.translate(_ESCAPED)


def background(question: Question, site: str = "") -> str:
    """What is shown after any answer, as HTML: explanation, sources, lab.

    Args:
        question: any kind; a written one's model answer and ideas, and the order of
            steps with their reasons, come first.
        site: address of this app, or "".
    """
    parts = [*_solution(question), block(question.explanation)]
    for source in question.sources:
        parts.append(block(source.text, "Source:"))
        if source.url:
            parts.append(f"<p>{link(source.url, source.url)}</p>")
    lab = link(f"{site.rstrip('/')}/{question.lab}", question.lab) if site else ""
    parts.append(f"<p>See it happen: {lab or html(f'`{question.lab}`')}</p>")
    return "".join(parts)


def _solution(question: Question) -> Iterator[str]:
    match question:
        case Short():
            yield block(question.model_answer, "A good answer:")
            yield "<p>It holds these ideas:</p>"
            yield listed("ul", (html(idea) for idea in question.ideas))
        case Order():
            yield block(question.right)
            steps = (block(s.text) + block(s.why) for s in question.steps)
            yield listed("ol", steps)


def _stem(question: Question) -> str:
    stem = html(question.stem)
    if isinstance(question, Numeric) and question.unit.strip():
        stem = block(question.stem) + block(question.unit, "Unit:")
    return _text(stem)


def _answers(question: Question) -> Iterator[str]:
    """Lines of the answer section; the first goes on the line of the brace."""
    match question:
        case Choice() | Predict():
            yield ""
            for option in question.options:
                sign, text = "=" if option.right else "~", _text(html(option.text))
                yield f"{sign}{text}#{_text(html(option.feedback))}"
        case TrueFalse():
            told = [_text(html(t)) for t in (question.if_false, question.if_true)]
            first, second = told if question.answer else reversed(told)
            yield f"{'TRUE' if question.answer else 'FALSE'}#{first}#{second}"
        case Numeric():
            yield "#"
            right = (question.answer, 100, question.right)
            wrong = [(m.value, 0, m.feedback) for m in question.mistakes]
            for value, share, feedback in (right, *wrong):
                number = f"{value!r}:{question.tolerance!r}"
                yield f"=%{share}%{number}#{_text(html(feedback))}"
            yield f"~#{_text(html(question.otherwise))}"
        case Order():
            yield ""
            for place in shuffled(question, seed=0):
                yield f"={_text(html(question.steps[place].text))} -> {place + 1}"
        case Short():
            return


def _text(fragment: str) -> str:
    return f"[html]{escape(fragment)}"
