"""A reader of GIFT that takes a file apart by the rules of Moodle's own importer.

Written from what Moodle's question/format.php and question/format/gift/format.php do,
step by step, traps included: blank lines end a question wherever they stand, comment
lines vanish, escapes become placeholders before anything is split, and a text that begins
with ``[`` is first tried as a format's name. A file that survives this reader is one that
Moodle reads.
"""

import re
from dataclasses import dataclass, field

PHP_BLANKS = " \t\n\r\0\x0b"  # what PHP's trim() trims
PLACEHOLDERS = {c: f"&&{ord(c):03};" for c in ":#={}~"} | {"n": "&&010;"}
FORMATS = ("moodle", "html", "plain", "markdown")


@dataclass
class Answer:
    """An answer, its share of the marks and its feedback; a number has a tolerance."""

    text: str
    share: float
    feedback: str = ""
    tolerance: float | None = None


@dataclass
class Read:
    """A question as Moodle has it after the import."""

    name: str
    kind: str
    stem: str
    format: str
    general: str
    ident: str
    tags: list[str]
    answers: list[Answer] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    to_true: str = ""
    to_false: str = ""


def read(text: str) -> tuple[str, list[Read]]:
    """The category and the questions of a file."""
    category, found = "", []
    block: list[str] = []
    for line in [*text.split("\n"), ""]:
        line = line.strip(PHP_BLANKS)
        if line not in ("", "0"):  # PHP's empty() holds for both
            block.append(line)
            continue
        made = _question(block) if block else None
        block = []
        if isinstance(made, str):
            category = made
        elif made:
            found.append(made)
    return category, found


def _question(lines: list[str]) -> Read | str | None:
    comments = "\n".join(line for line in lines if line.startswith("//"))
    kept = [" " if line.startswith("//") else line for line in lines]
    text = _before("\n".join(kept).strip(PHP_BLANKS))
    if not text:
        return None
    if text.startswith("$CATEGORY:"):
        return text.removeprefix("$CATEGORY:").strip(PHP_BLANKS)
    assert text.startswith("::"), "every question of ours has a name"
    name, _, text = text[2:].partition("::")
    assert ("{" in text) and ("}" in text), "no answers, or braces that do not match"
    start, end = text.index("{"), text.index("}")
    answers = text[start + 1 : end].strip(PHP_BLANKS)
    assert text.endswith("}"), "Moodle would put a blank into the sentence"
    general = ""
    if "####" in answers:
        answers, _, general = answers.rpartition("####")
        answers = answers.strip(PHP_BLANKS)
    stem, kind = _text(text[:start] + text[end + 1 :].strip(PHP_BLANKS), "moodle")
    made = Read(
        name=_after(name),
        kind="",
        stem=stem,
        format=kind,
        general=_text(general, kind)[0],
        ident=(re.findall(r"\[id:([^\]]+)\]", comments) or [""])[0],
        tags=re.findall(r"\[tag:([^\]]+)\]", comments),
    )
    _answers(made, answers)
    return made


def _answers(made: Read, text: str) -> None:
    assert not text.startswith(">"), "plug-ins for ordering would take this"
    word = text.partition("#")[0].strip(PHP_BLANKS)
    if not text:
        made.kind = "essay"
    elif text.startswith("#"):
        made.kind = "numerical"
        text, tilde, other = text[1:].partition("~")
        made.answers = [_number(a, made.format) for a in _split(text, "=")]
        if tilde:
            feedback = _text(other.partition("#")[2], made.format)[0]
            made.answers.append(Answer("*", 0, feedback))
    elif "~" in text:
        made.kind = "multichoice"
        parts = _split(text.replace("=", "~="), "~")
        made.answers = [_choice(a, made.format) for a in parts]
    elif "=" in text and "->" in text:
        made.kind = "match"
        for pair in _split(text, "="):
            left, _, right = pair.partition("->")
            shown = _text(left, made.format)[0]
            made.pairs.append((shown, _after(right).strip(PHP_BLANKS)))
    else:
        assert word in ("T", "TRUE", "F", "FALSE"), (
            "a short answer, which we never write"
        )
        made.kind = "truefalse"
        _, wrong, right, *_ = [*text.split("#", 2), "", ""]
        wrong, right = _text(wrong, made.format)[0], _text(right, made.format)[0]
        true = word in ("T", "TRUE")
        made.answers = [Answer(word, 1)]
        made.to_true, made.to_false = (right, wrong) if true else (wrong, right)


def _choice(text: str, kind: str) -> Answer:
    share, text = (1.0, text[1:]) if text.startswith("=") else _share(text, 0.0)
    answer, _, feedback = text.partition("#")
    return Answer(_text(answer, kind)[0], share, _text(feedback, kind)[0])


def _number(text: str, kind: str) -> Answer:
    share, text = _share(text, 1.0)
    answer, _, feedback = text.partition("#")
    value, _, tolerance = answer.partition(":")
    assert ".." not in answer, "Moodle would take this for a range"
    float(value), float(tolerance)
    return Answer(value, share, _text(feedback, kind)[0], float(tolerance))


def _share(text: str, otherwise: float) -> tuple[float, str]:
    weight = re.match(r"%(-*\d{1,2}\.?\d*)%", text)
    if not weight:
        return otherwise, text
    return float(weight[1]) / 100, text[weight.end() :]


def _split(text: str, sign: str) -> list[str]:
    parts = [part.strip(PHP_BLANKS) for part in text.split(sign)]
    return parts[1:] if parts[0] in ("", "0") else parts


def _text(text: str, kind: str) -> tuple[str, str]:
    """A text and its format, which it may name itself."""
    text = text.strip(PHP_BLANKS)
    if text.startswith("["):
        named, _, rest = text[1:].partition("]")
        if named in FORMATS:
            kind, text = named, rest
    return _after(text).strip(PHP_BLANKS), kind


def _before(text: str) -> str:
    text = text.replace("\\\\", "&&092;")
    for character, placeholder in PLACEHOLDERS.items():
        text = text.replace("\\" + character, placeholder)
    return text.replace("&&092;", "\\")


def _after(text: str) -> str:
    for character, placeholder in PLACEHOLDERS.items():
        text = text.replace(placeholder, "\n" if character == "n" else character)
    return text
