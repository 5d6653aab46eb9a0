"""Question banks by authors: problems are reported by file, question and field."""

from pathlib import Path

import pytest

from ssl_core.quiz import bank
from ssl_core.quiz.bank import LARGEST, BankError, Library
from ssl_core.quiz.sets import MOST, Set, SetError

TEMPLATE = Path(__file__).parents[2] / "assets" / "quiz" / "template" / "my_bank.toml"
GOOD = TEMPLATE.read_text(encoding="utf-8")
HEAD = "version = 1\nlesson = 'a'\ntitle = 'a'\n"


def problems(content: str | bytes) -> list[str]:
    with pytest.raises(BankError) as caught:
        bank.parse(content, "own.toml")
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'feedback = "That is what a high temperature does: it flattens the softmax."\n',
            "",
            "question 1 ('my-choice'), options 2, feedback: is missing",
        ),
        (
            'idea = "low-is-even"  ',
            'right = true\nidea = "truth"  ',
            "question 1 ('my-choice'): options has 2 right ones; exactly one is allowed",
        ),
        (
            'idea = "low-is-even"  ',
            'idea = "truth"  ',
            "question 1 ('my-choice'), options 2: idea is 'truth' where right is false; "
            "a right option's idea is 'truth', a wrong one's is its misconception",
        ),
        (
            'kind = "choice"',
            'kind = "multi"',
            "question 1 ('my-choice'): kind is 'multi'; allowed are choice, true_false, "
            "short, numeric, order, predict",
        ),
        (
            'kind = "choice"',
            "",
            "question 1 ('my-choice'): kind is missing; allowed are choice, true_false, "
            "short, numeric, order, predict",
        ),
        (
            'id = "my-choice"',
            'id = "My choice"',
            "question 1 ('My choice'), id: is 'My choice': allowed is small letters and "
            "digits, with single hyphens between, as in 'batch-size'",
        ),
        (
            'id = "my-short"',
            'id = "my-choice"',
            "id 'my-choice' is there twice: questions 1 and 5",
        ),
        (
            "difficulty = 3\n",
            "difficulty = 4\n",
            "question 5 ('my-short'), difficulty: is 4: allowed is 1, 2 or 3",
        ),
        (
            'lab = "loss_by_hand"',
            'lab = "https://elsewhere.example"',
            "question 4 ('my-order'), lab: is 'https://elsewhere.example': allowed is a "
            "page of this app, as in 'collapse?case=stop-gradient&seed=7'",
        ),
        (
            'url = "https://arxiv.org/abs/2012.09740"',
            'url = "javascript:alert(1)"',
            "question 1 ('my-choice'), sources 1, url: is 'javascript:alert(1)': allowed "
            "is an address that begins with https:// and has no blanks or quotes, or "
            "nothing",
        ),
        (
            'hints = ["What do the two share?"]',
            'hints = "What do the two share?"',
            "question 2 ('my-true-false'), hints: is 'What do the two share?': a list in "
            "[ ] belongs here, or several tables in [[ ]]",
        ),
        (
            'hints = ["What do the two share?"]',
            'hints = ["a", "b", "c"]',
            "question 2 ('my-true-false'), hints: has 3; at most 2 are allowed",
        ),
        (
            "answer = true",
            "answer = 1",
            "question 2 ('my-true-false'), answer: is 1: allowed are true and false",
        ),
        (
            "answer = 6.0",
            "answer = nan",
            "question 3 ('my-numeric'), answer: is nan: allowed is a finite number",
        ),
        (
            "value = 3.0",
            "value = 6.0",
            "question 3 ('my-numeric'): mistakes has 6, which the tolerance 0 around 6 "
            "counts as right",
        ),
        (
            'text = "Encode each view"',
            'text = "Project the features"',
            "question 4 ('my-order'): steps has 'Project the features' twice",
        ),
        (
            'stem = "Put the steps from an image to the loss in order."',
            'stem = " "',
            "question 4 ('my-order'), stem: is empty",
        ),
        (
            'lesson = "my-course"',
            'lesson = "My course"',
            "lesson: is 'My course': allowed is small letters and digits, with single "
            "hyphens between, as in 'batch-size'",
        ),
        ("order = 99 ", "ordre = 99 ", "ordre: is no field of this record"),
        (
            "order = 99 ",
            "order = " + "9" * 5000 + " ",
            "has a number with too many digits",
        ),
    ],
)
def test_one_mistake_gets_one_sentence(old: str, new: str, sentence: str) -> None:
    assert problems(changed(old, new)) == [f"own.toml: {sentence}"]


def test_an_unknown_field_is_reported_with_the_missing_one() -> None:
    assert problems(changed("explanation = 'Dividing", "explenation = 'Dividing")) == [
        "own.toml: question 1 ('my-choice'), explanation: is missing",
        "own.toml: question 1 ('my-choice'), explenation: is no field of this record",
    ]


@pytest.mark.parametrize("missing", ["id", "stem", "explanation", "lab", "sources"])
def test_every_field_is_needed(missing: str) -> None:
    lines = GOOD.split("\n")
    first = next(i for i, line in enumerate(lines) if line.startswith(f"{missing} ="))
    named = "question 1" if missing == "id" else "question 1 ('my-choice')"
    assert problems("\n".join(lines[:first] + lines[first + 1 :])) == [
        f"own.toml: {named}, {missing}: is missing"
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a = = 3", "not TOML: Invalid value (at line 1, column 5)"),
        ("<html>", "not TOML: Invalid statement (at line 1, column 1)"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8 text (invalid start byte)"),
        (GOOD.encode("utf-16"), "not UTF-8 text (invalid start byte)"),
        ("#" * (LARGEST + 1), "1,000,001 bytes; at most 1,000,000 are allowed"),
        (b"\xff" * (LARGEST + 1), "1,000,001 bytes; at most 1,000,000 are allowed"),
        ("a = " + "[" * 100_000, "not a bank: nested too deeply"),
        (HEAD + "question = 3", "question is 3: a list in [ ] belongs here, or several "
         "tables in [[ ]]"),
        (HEAD + "question = []", "question has 0; at least 1 are allowed"),
        (HEAD + "question = [3]", "question 1: is 3: a table of fields belongs here"),
        (HEAD, "question is missing"),
        (GOOD + "\n[question.x]\ny = " + "[" * 99 + "]" * 99,
         "question 6 ('my-predict'), x: is no field of this record"),
        (GOOD + "\n[[questions]]\n",
         "has both question and questions; question is meant"),
    ],
    ids=range(13),
)  # fmt: skip
def test_a_file_that_is_no_bank_is_refused(content: str | bytes, sentence: str) -> None:
    assert problems(content) == [f"own.toml: {sentence}"]


def test_many_problems_are_counted_and_long_values_truncated() -> None:
    found = problems(HEAD + f"[[question]]\nid = '{'Q' * 300}'\n" * 40)
    assert len(found) == 21
    assert found[-1] == "own.toml: and 20 more problems"
    assert all(len(sentence) < 250 for sentence in found)


@pytest.mark.parametrize(
    "content",
    [GOOD.encode("utf-8-sig"), GOOD.replace("\n", "\r\n"), GOOD.encode()],
    ids=["with a byte-order mark", "from Windows", "plain"],
)
def test_byte_order_marks_and_line_ends_change_nothing(content: str | bytes) -> None:
    assert bank.parse(content, "own.toml") == bank.parse(GOOD, "own.toml")


def test_duplicate_ids_are_refused() -> None:
    shipped = Library((bank.parse(GOOD, "shipped.toml"),))
    own = bank.parse(
        changed('"my-choice"', '"mine"').replace('"my-course"', '"other"'), "own.toml"
    )
    with pytest.raises(BankError) as caught:
        shipped.joined(own, "own.toml")
    assert len(caught.value.problems) == 5
    assert caught.value.problems[0] == (
        "own.toml: question 2 ('my-true-false'), id: is that of a question of "
        "'my-course'; give yours another"
    )


# --- sets: links that ask for questions ---

LIBRARY = Library((bank.parse(GOOD, "own.toml"),))


def test_a_question_set_is_defined_by_its_link() -> None:
    query = {"concept": "meaning,temperature", "difficulty": "1,3", "exam": "true"}
    found = Set.of(query, LIBRARY)
    assert found.ids(LIBRARY) == ("my-choice", "my-short")
    assert found.exam
    assert Set.of(found.query(), LIBRARY) == found
    assert (
        found.link() == "quiz?concept=temperature,meaning&difficulty=1,3&exam=true"
    )  # in the library's order, so that one set has one link


def test_no_choice_means_all() -> None:
    assert Set.of({}, LIBRARY) == Set()
    assert Set().link() == "quiz"
    assert Set().ids(LIBRARY) == tuple(q.id for q in LIBRARY)
    assert Set.of({"lesson": "", "seed": "7", "exam": "false"}, LIBRARY) == Set()


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"lesson": "my-course", "kind": "numeric,order"}, ("my-numeric", "my-order")),
        ({"kind": "short", "difficulty": "1"}, ()),
        ({"concept": " positive-pair , negative"}, ("my-true-false", "my-numeric")),
    ],
)
def test_a_set_holds_what_fits_every_filter(query, ids) -> None:
    assert Set.of(query, LIBRARY).ids(LIBRARY) == ids


def test_a_count_draws_the_same_questions_for_everybody() -> None:
    drawn = Set(count=3).ids(LIBRARY)
    assert len(drawn) == 3
    assert drawn == Set.of({"count": "3"}, LIBRARY).ids(LIBRARY)
    assert drawn == Set(count=3, exam=True).ids(LIBRARY)
    assert list(drawn) == [q.id for q in LIBRARY if q.id in drawn]
    assert Set(count=50).ids(LIBRARY) == Set().ids(LIBRARY)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"lesson": "collapsed"}, "lesson is 'collapsed'; allowed are my-course"),
        (
            {"concept": "meanin"},
            "concept is 'meanin'; allowed are temperature, positive-pair, negative, "
            "info-nce, meaning, shortcut",
        ),
        ({"difficulty": "4"}, "difficulty is '4'; allowed are 1, 2, 3"),
        (
            {"kind": "essay"},
            "kind is 'essay'; allowed are choice, true_false, short, numeric, order, "
            "predict",
        ),
        ({"count": "0"}, f"count is '0'; allowed are whole numbers from 1 to {MOST}"),
        (
            {"count": "9" * 9999},
            f"count is '{'9' * 40}'; allowed are whole numbers from 1 to {MOST}",
        ),
        ({"count": "²"}, f"count is '²'; allowed are whole numbers from 1 to {MOST}"),
        ({"exam": "yes"}, "exam is 'yes'; allowed are true and false"),
    ],
)
def test_a_bad_value_gets_one_sentence(query: dict[str, str], sentence: str) -> None:
    with pytest.raises(SetError) as caught:
        Set.of({**query, "seed": "x"}, LIBRARY)
    assert caught.value.problems == [sentence]
    assert caught.value.usable == Set()


def test_the_valid_part_of_an_invalid_link_is_used() -> None:
    with pytest.raises(SetError) as caught:
        Set.of({"kind": "order,nonsense", "difficulty": "x", "exam": "true"}, LIBRARY)
    assert len(caught.value.problems) == 2
    assert caught.value.usable == Set(kinds=("order",), exam=True)
