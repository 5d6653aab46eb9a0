"""Exports for teachers: GIFT, Anki, TOML and CSV, with any texts."""

import csv
import io
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moodle_gift import Read, read

from ssl_core.quiz import anki, bank, gift, sheet, writing
from ssl_core.quiz.bank import Bank, Library
from ssl_core.quiz.progress import Attempt, Progress
from ssl_core.quiz.questions import (
    KINDS,
    Choice,
    Numeric,
    Option,
    Order,
    Predict,
    Short,
    TrueFalse,
)
from ssl_core.quiz.wording import block, html, plain, seen

TEMPLATE = Path(__file__).parents[2] / "assets" / "quiz" / "template" / "my_bank.toml"
THE_ISSUE = "~ = # { } : \\ $\\tau$"  # and tabs
MANY = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # the same banks on every machine
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# Pieces that some program would take for its own; and anything at all.
TRAPS = (
    *(
        "~",
        "=",
        "#",
        "{",
        "}",
        ":",
        "\\",
        "\\\\",
        "$\\tau$",
        "\t",
        "\n",
        "\r\n",
        "\n\n",
    ),
    *("####", "//", "->", "::", "%50%", "%100%", "[html]", "[", "]", "{#1:2}", "\\n"),
    *("&&058;", "&&092;", "&lt;", "&", "<", ">", "<b>", "</p>", '"', '""', "'", "0"),
    *("$CATEGORY: x", "TRUE", "T#", ":orange[anchor]", ":red[$z_a$]", "**b**", "`a<b`"),
    *(
        "$$",
        "$",
        "$a\\_b = \\{1\\}$",
        "\n- ",
        "\n1. ",
        "\n# ",
        "```\n",
        "[sound:a.mp3]",
    ),
    *("\x00", "\x0b", "\x1f", "\x7f", "\x85", "\u2028", "\ufeff", "\u202e", "é", "😀"),
    *("=1+1", "{{c1::a}}", "#deck:x", "tags:", "\\(", "\\)", "*", "_", " ", "text"),
)
PIECES = st.sampled_from(TRAPS) | st.text(
    st.characters(codec="utf-8"), min_size=1, max_size=4
)
TEXTS = (
    st.lists(PIECES, min_size=1, max_size=7)
    .map("".join)
    .filter(lambda text: bool(text.strip()))
)
SLUGS = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True)
NUMBERS = st.floats(-1e9, 1e9, allow_nan=False) | st.sampled_from((0.0, 1e-7, 126.0))


@st.composite
def questions(draw: st.DrawFn, ident: str):
    """Any question of a kind, with distinct texts where they must differ."""
    pool = draw(st.lists(TEXTS, min_size=6, max_size=6, unique_by=str.strip))
    pool = [text.strip() for text in pool]
    turn = iter(pool * 9)
    common = {
        "id": ident,
        "concepts": tuple(draw(st.lists(SLUGS, min_size=1, max_size=3))),
        "difficulty": draw(st.sampled_from((1, 2, 3))),
        "stem": next(turn),
        "hints": (next(turn),),
        "explanation": next(turn),
        "sources": ({"text": next(turn), "url": "https://a.example/b?c=1&d={2}#e~f"},),
        "lab": "collapse?case=stop-gradient&seed=7",
        "computed": {pool[0]: "1"},
    }
    match draw(st.sampled_from((Choice, Predict, TrueFalse, Numeric, Order, Short))):
        case kind if kind in (Choice, Predict):
            count = draw(st.integers(3, 4))
            right = draw(st.integers(0, count - 1))
            options = [
                {
                    "text": pool[i],
                    "right": i == right,
                    "idea": "truth" if i == right else "idea",
                    "feedback": pool[-i],
                }
                for i in range(count)
            ]
            name = "choice" if kind is Choice else "predict"
            return kind(kind=name, options=tuple(options), **common)
        case kind if kind is TrueFalse:
            return TrueFalse(
                kind="true_false",
                answer=draw(st.booleans()),
                idea="idea",
                if_true=pool[4],
                if_false=pool[5],
                **common,
            )
        case kind if kind is Numeric:
            answer, tolerance = draw(NUMBERS), draw(st.sampled_from((0.0, 0.005, 2.5)))
            mistakes = tuple(
                {"value": answer + step, "idea": "idea", "feedback": pool[i]}
                for i, step in enumerate((1e3, -1e4), 2)
            )
            return Numeric(
                kind="numeric",
                answer=answer,
                tolerance=tolerance,
                unit=draw(st.sampled_from(("", "nats", pool[1][:20]))),
                formula="1",
                right=pool[0],
                mistakes=mistakes,
                otherwise=pool[1],
                **common,
            )
        case kind if kind is Order:
            steps = tuple({"text": t, "why": next(turn)} for t in pool[:4])
            return Order(kind="order", steps=steps, right=pool[5], **common)
    return Short(kind="short", model_answer=pool[3], ideas=tuple(pool[1:4]), **common)


@st.composite
def banks(draw: st.DrawFn) -> Bank:
    made = [draw(questions(f"q-{i}")) for i in range(draw(st.integers(1, 2)))]
    return Bank(version=1, lesson=draw(SLUGS), title=draw(TEXTS), questions=tuple(made))


def same_in_moodle(question, found: Read) -> None:
    """Assert that Moodle imports every part of the question."""
    assert (found.name, found.ident, found.format) == (question.id, question.id, "html")
    assert set(question.concepts) <= set(found.tags)
    assert found.stem.startswith(html(question.stem)) or isinstance(question, Numeric)
    assert html(question.stem) in found.stem
    assert html(question.explanation) in found.general
    assert html(question.sources[0].text) in found.general
    assert seen(found.general).endswith(f"See it happen: {question.lab}")
    match question:
        case Choice() | Predict():
            assert found.kind == "multichoice"
            assert [(a.text, a.share, a.feedback) for a in found.answers] == [
                (html(o.text), float(o.right), html(o.feedback))
                for o in question.options
            ]
        case TrueFalse():
            assert found.kind == "truefalse"
            assert found.answers[0].text == str(question.answer).upper()
            assert found.to_true == html(question.if_true)
            assert found.to_false == html(question.if_false)
        case Numeric():
            assert found.kind == "numerical"
            right, *wrong, other = found.answers
            assert (float(right.text), right.share) == (question.answer, 1)
            assert right.feedback == html(question.right)
            assert {a.tolerance for a in (right, *wrong)} == {question.tolerance}
            assert [(float(a.text), a.share, a.feedback) for a in wrong] == [
                (m.value, 0, html(m.feedback)) for m in question.mistakes
            ]
            assert (other.text, other.share) == ("*", 0)
            assert other.feedback == html(question.otherwise)
            assert html(question.unit) in found.stem or not question.unit.strip()
        case Order():
            assert found.kind == "match"
            in_order = sorted(found.pairs, key=lambda pair: int(pair[1]))
            places = [str(i) for i in range(1, len(question.steps) + 1)]
            assert [p for _, p in in_order] == places
            assert [text for text, _ in in_order] == [
                html(s.text) for s in question.steps
            ]
            assert found.pairs != in_order, "the file gives the order away"
            assert all(html(s.why) in found.general for s in question.steps)
        case Short():
            assert found.kind == "essay"
            assert html(question.model_answer) in found.general
            assert all(html(idea) in found.general for idea in question.ideas)


def cards(text: str) -> list[list[str]]:
    """The rows of an Anki file, read as Anki reads one."""
    head: dict[str, str] = {}
    while text.startswith("#"):
        line, _, text = text.partition("\n")
        key, _, value = line[1:].partition(":")
        head[key] = value
    assert head["separator"] == "tab"
    assert head["html"] == "true"
    assert (head["deck column"], head["tags column"]) == ("3", "4")
    return list(csv.reader(io.StringIO(text, newline=""), "excel-tab", strict=True))


def same_in_anki(question, row: list[str]) -> None:
    """Assert that a note has every part of the question."""
    front, back, deck, tags = (cell.replace("&#91;", "[") for cell in row)
    assert deck == "A::B"
    assert set(question.concepts) <= set(tags.split())
    assert f"difficulty-{question.difficulty}" in tags.split()
    assert "\n" not in front + back and "\t" not in front + back
    assert html(question.stem) in front
    assert html(question.explanation) in back
    assert html(question.sources[0].text) in back
    match question:
        case Choice() | Predict():
            right = next(o for o in question.options if o.right)
            answered, not_so = back.split("<p>Not:</p>", 1)
            assert answered.startswith("<p><strong>Answer:</strong>")
            assert html(right.text) in answered and html(right.feedback) in answered
            for option in question.options:
                assert html(option.text) in front
                if not option.right:
                    assert html(option.text) in not_so
                    assert html(option.feedback) in not_so
        case TrueFalse():
            assert seen(back).startswith(f"Answer: {question.answer}")
            assert html(question.if_true) in back and html(question.if_false) in back
        case Numeric():
            shown = seen(back).removeprefix("Answer: ").split()[0]
            assert float(shown) == pytest.approx(question.answer, rel=1e-12)
            assert all(html(m.feedback) in back for m in question.mistakes)
            assert html(question.otherwise) in back
        case Order():
            assert all(html(s.text) in front for s in question.steps)
            steps = (f"<li>{block(s.text)}{block(s.why)}</li>" for s in question.steps)
            assert f"<ol>{''.join(steps)}</ol>" in back
        case Short():
            assert html(question.model_answer) in back
            assert all(html(idea) in back for idea in question.ideas)


def survives(one: Bank) -> None:
    assert bank.parse(writing.dumps(one), "own.toml") == one
    category, found = read(gift.dumps(one.questions, "A/B"))
    assert category == "A/B"
    assert len(found) == len(one.questions)
    for question, imported in zip(one.questions, found, strict=True):
        same_in_moodle(question, imported)
    rows = cards(anki.dumps(one.questions, "A::B"))
    assert len(rows) == len(one.questions)
    for question, row in zip(one.questions, rows, strict=True):
        same_in_anki(question, row)


@MANY
@given(banks())
def test_any_bank_survives_every_export(one: Bank) -> None:
    survives(one)


@pytest.mark.slow
@settings(MANY, max_examples=500)
@given(banks())
def test_many_banks_survive_every_export(one: Bank) -> None:
    survives(one)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, tuple(attrs)))


# A text, as (what its author writes, what its reader sees).
LITERAL = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")),
    min_size=1,
    max_size=8,
).map(lambda s: (re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", s), s.replace("\ufeff", "")))
WRITTEN = LITERAL | st.sampled_from(
    (
        (" ~ = # { } : \\ ", " ~ = # { } : \\ "),
        ("$\\tau$", "\\(\\tau\\)"),
        ("$\\frac{z_a}{z_b} < 1$", "\\(\\frac{z_a}{z_b} < 1\\)"),
        (":orange[anchor]", "anchor"),
        (":red[the $z_b$ of **one**]", "the \\(z_b\\) of one"),
        ("**strong**", "strong"),
        ("`x = {1: 2}  # ~`", "x = {1: 2} # ~"),
        ("[a link](https://a.example/b_c?d=e&f=g)", "a link"),
        (" and\ton ", " and on "),
        (" a < b > c & d ", " a < b > c & d "),
        ("\n", " "),
        ("\n\n", " "),
    )
)


@MANY
@given(st.lists(WRITTEN, min_size=1, max_size=8))
def test_formatting_is_kept_in_moodle_and_anki(pieces) -> None:
    source = "Look: " + " ".join(written for written, _ in pieces)
    shown = " ".join(f"Look: {' '.join(visible for _, visible in pieces)}".split())
    option = Option(text="a", idea="idea", feedback="b")
    right = Option(text="c", right=True, idea="truth", feedback=source)
    common = {"id": "q", "kind": "choice", "concepts": ("a",), "difficulty": 1}
    common |= {"hints": ("h",), "sources": ({"text": "s"},), "lab": "collapse"}
    options = (option, Option(text="d", idea="idea", feedback="e"), right)
    question = Choice(stem=source, explanation=source, options=options, **common)
    imported = read(gift.dumps([question], "A"))[1][0]
    assert seen(imported.stem) == seen(imported.answers[2].feedback) == shown
    assert shown in seen(imported.general)
    front, back, *_ = cards(anki.dumps([question], "A"))[0]
    assert seen(front).startswith(shown)
    assert seen(back).count(shown) >= 2


@MANY
@given(TEXTS)
def test_html_in_a_question_is_escaped(text: str) -> None:
    tags = _Tags()
    tags.feed(html(text))
    ours = {"p", "br", "strong", "em", "s", "code", "pre", "ol", "ul", "li", "a"}
    assert {tag for tag, _ in tags.found} <= ours
    for tag, attributes in tags.found:
        assert [name for name, _ in attributes] == (["href"] if tag == "a" else [])


def test_special_characters_survive_in_gift() -> None:
    hard = f"{THE_ISSUE}\tafter a tab"
    source = TEMPLATE.read_text(encoding="utf-8")
    template = bank.parse(source, "my_bank.toml")
    texts = {"stem": hard, "explanation": hard}
    made = [q.model_copy(update=texts) for q in template.questions]
    first = made[0].options[0].model_copy(update={"text": hard, "feedback": hard})
    made[0] = made[0].model_copy(update={"options": (first, *made[0].options[1:])})
    survives(template.model_copy(update={"questions": tuple(made)}))
    imported = read(gift.dumps(made, "A"))[1][0]
    wanted = "~ = # { } : \\ \\(\\tau\\) after a tab"
    assert imported.stem == imported.answers[0].text == wanted
    assert imported.answers[0].feedback == wanted
    line = next(t for t in gift.dumps(made, "A").splitlines() if t.startswith("::"))
    escaped = r"\~ \= \# \{ \} \: \\ \\(\\tau\\) after a tab"
    assert line == f"::{made[0].id}::[html]{escaped}{{"


def test_shipped_questions_survive_every_export() -> None:
    for one in bank.shipped().banks:
        survives(one)


def test_the_template_has_one_question_of_each_kind_and_can_be_handed_in() -> None:
    template = bank.read(TEMPLATE)
    assert sorted(q.kind for q in template.questions) == sorted(KINDS)
    joined = bank.shipped().joined(template, TEMPLATE.name)
    assert len(joined) == len(bank.shipped()) + len(template.questions)
    survives(template)


def test_exports_name_labs_and_lessons() -> None:
    template = bank.read(TEMPLATE)
    made = gift.dumps(
        template.questions[:1],
        "A",
        site="https://lab.example/app/",
        lessons={"my-choice": "temperature-lesson"},
    )
    imported = read(made)[1][0]
    assert imported.tags[0] == "temperature-lesson"
    address = "https://lab.example/app/temperature?case=low&amp;seed=7"
    assert f'href="{address}"' in imported.general


def test_a_category_cannot_break_the_file() -> None:
    category, found = read(gift.dumps(bank.read(TEMPLATE).questions, "a\n\n{b}\\c: ~d"))
    assert category == "a bc: d"
    assert len(found) == 6


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "a :orange[anchor] and a :green-background[positive]",
            "a anchor and a positive",
        ),
        ("one\n\ntwo", "one two"),
        ("- one\n- two", "one two"),
        ("costs \\$5 or \\$6", "costs $5 or $6"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("snake_case and z_a", "snake_case and z_a"),
    ],
)
def test_formulas_become_plain_text(written: str, shown: str) -> None:
    assert plain(written) == shown


# --- results as CSV ---


def table(attempts: list[Attempt], library: Library) -> list[dict[str, str]]:
    text = sheet.dumps(Progress(seed=1, attempts=tuple(attempts)), library)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_results_have_a_row_for_each_answer() -> None:
    library = Library((bank.read(TEMPLATE),))
    at = int(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp())
    rows = table(
        [
            Attempt(question="my-choice", at=at, answer=1, score=0.0, confidence=2),
            Attempt(question="my-choice", at=at + 60, answer=0, score=1.0, again=True),
            Attempt(question="my-true-false", at=at, answer=False, score=0.0),
            Attempt(question="my-numeric", at=at, answer=-6.5, score=0.0),
            Attempt(question="my-order", at=at, answer=(1, 0, 2, 3), score=0.0),
            Attempt(question="my-short", at=at, answer="Because, so", score=None),
        ],
        library,
    )
    assert [row["question"] for row in rows][:2] == ["my-choice", "my-choice"]
    assert rows[0]["lesson"] == "my-course"
    assert rows[0]["concepts"] == "temperature"
    assert rows[0]["kind"] == "choice"
    assert rows[0]["time"] == "2026-03-04T05:06:07+00:00"
    assert rows[0]["answer"] == "All of them get the same"
    assert (rows[0]["score"], rows[0]["confidence"]) == ("0.0", "certain")
    assert [row["again"] for row in rows[:2]] == ["no", "yes"]
    assert rows[2]["answer"] == "false"
    assert rows[3]["answer"] == "-6.5"  # a number stays one
    assert rows[4]["answer"] == "2 1 3 4"
    assert (rows[5]["answer"], rows[5]["score"]) == ("Because, so", "")


@pytest.mark.parametrize(
    "answer", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n@x", "＝1"]
)
def test_no_cell_is_a_spreadsheet_formula(answer: str) -> None:
    attempt = Attempt(question="my-short", at=1, answer=answer, score=None)
    for library in (Library((bank.read(TEMPLATE),)), Library(())):
        row = table([attempt], library)[0]
        assert row["answer"] == f"'{answer}"


def test_an_unknown_question_or_option_is_told_as_far_as_known() -> None:
    rows = table(
        [
            Attempt(question="gone", at=1, answer=2, score=1.0),
            Attempt(question="my-choice", at=1, answer=9, score=1.0),
        ],
        Library((bank.read(TEMPLATE),)),
    )
    assert [(r["question"], r["answer"]) for r in rows] == [
        ("gone", "2"),
        ("my-choice", "9"),
    ]
    assert rows[0]["lesson"] == rows[0]["kind"] == ""


def test_a_class_is_one_table_with_safe_names() -> None:
    one = Progress(
        seed=1, attempts=(Attempt(question="my-choice", at=1, answer=0, score=1.0),)
    )
    text = sheet.of_class({"Ada": one, "=Bo": one}, Library((bank.read(TEMPLATE),)))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["learner"] for row in rows] == ["Ada", "'=Bo"]
    assert {row["answer"] for row in rows} == {"The most similar ones get more of it"}
