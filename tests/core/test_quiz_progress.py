"""Progress files: saving and loading are exact, and two tabs converge."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssl_core.quiz import progress as record
from ssl_core.quiz import serialization
from ssl_core.quiz.judging import LONGEST
from ssl_core.quiz.progress import KEPT, Attempt, Exam, Opened, Progress
from ssl_core.quiz.serialization import LARGEST, dumps, loads

STEADY = settings(deadline=None, derandomize=True, max_examples=60)
SLUGS = st.sampled_from(["temperature-low", "batch_64", "q3", "a"])
TIMES = st.integers(1_700_000_000, 1_700_000_020)  # close: tabs meet within a second
ANSWERS = st.one_of(
    st.booleans(),
    st.integers(0, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30).filter(lambda t: t.isprintable()),
    st.permutations(range(4)).map(tuple),
)


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    answer = draw(ANSWERS)
    scores = (None, 0.25, 1.0) if isinstance(answer, str) else (0.0, 1.0)
    return Attempt(
        question=draw(SLUGS),
        at=draw(TIMES),
        answer=answer,
        score=draw(st.sampled_from(scores)),
        ideas=draw(st.sampled_from([(), (0,), (2, 1)])),
        confidence=draw(st.sampled_from([None, 0, 1, 2])),
        hints=draw(st.integers(0, 2)),
        again=draw(st.booleans()),
        idea=draw(st.sampled_from(["", "only-a-scale"])),
    )


EXAMS = st.builds(
    Exam,
    set=st.sampled_from(["quiz?exam=true", "quiz?lesson=a&exam=true"]),
    questions=st.just(("q3", "a")),
    answers=st.dictionaries(SLUGS, ANSWERS, max_size=2),
    sure=st.dictionaries(SLUGS, st.integers(0, 2), max_size=2),
    begun=TIMES,
    handed_in=st.none() | TIMES,
)


@st.composite
def histories(
    draw: st.DrawFn, start: Progress | None = None, exams: bool = True
) -> Progress:
    """A sequence of actions of a learner in one tab."""
    progress = start or Progress(seed=draw(st.integers(0, 2**31 - 1)))
    things = attempts() | SLUGS | EXAMS | st.none() if exams else attempts() | SLUGS
    done = draw(st.lists(things, max_size=8))
    for thing in done:
        match thing:
            case Attempt():
                progress = progress.with_attempt(thing)
            case str():
                progress = progress.with_lesson(thing, draw(TIMES))
            case _:
                progress = progress.with_exam(thing)
    return progress


def identity(attempt: Attempt) -> tuple[object, ...]:
    return attempt.at, attempt.question, attempt.again, repr(attempt.answer)


def attempt(at: int, question: str = "q3", **more: object) -> Attempt:
    return Attempt(
        **{"question": question, "at": at, "answer": 0, "score": 0.0, **more}
    )


# ----------------------------------------------------------------- round trip


@STEADY
@given(histories())
def test_progress_survives_saving_and_loading(progress: Progress) -> None:
    text = dumps(progress)
    assert loads(text) == progress
    assert loads(text.encode()) == progress
    assert dumps(loads(text)) == text
    kinds = [type(a.answer) for a in progress.attempts]
    assert [type(a.answer) for a in loads(text).attempts] == kinds


@STEADY
@given(histories())
def test_the_file_is_plain_versioned_json(progress: Progress) -> None:
    raw = json.loads(dumps(progress))
    assert (raw["format"], raw["version"]) == ("contrastive learning progress", 1)
    assert dumps(progress).isascii()


def test_byte_order_marks_and_line_ends_are_accepted() -> None:
    progress = Progress(seed=7).with_attempt(attempt(5, answer="ü"))
    pretty = json.dumps(json.loads(dumps(progress)), indent=2, ensure_ascii=False)
    assert loads(b"\xef\xbb\xbf" + pretty.replace("\n", "\r\n").encode()) == progress


# -------------------------------------------------------------------- history


def test_first_and_latest_attempts_are_found() -> None:
    progress = Progress(seed=1)
    assert progress.first("q3") is None and progress.latest("q3") is None
    for at, question in [(1, "q3"), (2, "a"), (3, "q3"), (4, "a")]:
        progress = progress.with_attempt(attempt(at, question))
    assert (progress.first("q3").at, progress.latest("q3").at) == (1, 3)
    assert [a.at for a in progress.of("a")] == [2, 4]
    assert {q: [a.at for a in own] for q, own in progress.by_question()} == {
        "a": [2, 4],
        "q3": [1, 3],
    }


def test_ticks_belong_to_the_last_written_answer() -> None:
    progress = Progress(seed=1)
    for at, question in [(1, "q3"), (2, "q3"), (3, "a")]:
        written = attempt(at, question, answer="words", score=None)
        progress = progress.with_attempt(written)
    ticked = progress.with_ideas("q3", (0, 2), 0.5)
    assert [(a.at, a.score, a.ideas) for a in ticked.attempts] == [
        (1, None, ()),
        (2, 0.5, (0, 2)),
        (3, None, ()),
    ]
    assert progress.latest("q3").score is None, "the old record is as it was"


@pytest.mark.parametrize(
    ("score", "right"),
    [(None, False), (0, False), (0.74, False), (0.75, True), (1, True)],
)
def test_optional_fields_may_be_missing(score: float | None, right: bool) -> None:
    assert attempt(1, score=score).right is right


def test_a_lesson_keeps_the_day_it_was_first_opened() -> None:
    progress = Progress(seed=1).with_lesson("collapse", 5).with_lesson("collapse", 9)
    assert progress.lessons == {"collapse": Opened(opened=5)}


def test_the_number_of_lessons_is_limited() -> None:
    progress = Progress(seed=1)
    for i in range(3000):
        progress = progress.with_lesson(f"lesson-{i}", 5)
    other = Progress(seed=1)
    for i in range(3000, 6000):
        other = other.with_lesson(f"lesson-{i}", 5)
    assert loads(dumps(progress.merged(other))) == other.merged(progress)


def test_quick_retries_stay_apart_and_in_order_even_with_a_clock_set_back() -> None:
    progress = Progress(seed=1)
    for at, answer in [(100, 3), (100, 0), (100, 2), (40, 1)]:
        progress = progress.with_attempt(attempt(at, answer=answer))
    refreshed = Progress(seed=2).merged(loads(dumps(progress)))
    assert [a.answer for a in refreshed.of("q3")] == [3, 0, 2, 1]
    assert refreshed.first("q3").at == 100


def test_a_clock_at_the_end_of_time_still_gives_a_file_that_can_be_read() -> None:
    progress = Progress(seed=1).with_attempt(attempt(99_999_999_999))
    again = progress.with_attempt(attempt(5, answer=1))
    assert loads(dumps(again)) == again


# ---------------------------------------------------------- two tabs, one file


@STEADY
@given(histories())
def test_merging_with_itself_changes_nothing(progress: Progress) -> None:
    """A new session merges what the browser kept into an empty history."""
    fresh = Progress(seed=3).merged(loads(dumps(progress)))
    for question, own in progress.by_question():
        assert list(fresh.of(question)) == own
    assert fresh.lessons == progress.lessons and fresh.exam == progress.exam
    if progress.attempts or progress.exam:
        assert fresh.seed == progress.seed, "options stay where they were"


@STEADY
@given(histories(), histories())
def test_merging_is_commutative(one: Progress, other: Progress) -> None:
    assert one.merged(other) == other.merged(one)
    assert dumps(one.merged(other)) == dumps(other.merged(one))


@STEADY
@given(histories(), histories(), histories())
def test_merging_is_associative(a: Progress, b: Progress, c: Progress) -> None:
    assert dumps(a.merged(b).merged(c)) == dumps(a.merged(b.merged(c)))


@STEADY
@given(histories(), histories())
def test_merging_is_idempotent(one: Progress, other: Progress) -> None:
    both = one.merged(other)
    for again in (both, one, other, loads(dumps(both))):
        assert dumps(both.merged(again)) == dumps(both)


@STEADY
@given(st.data())
def test_two_tabs_neither_lose_nor_duplicate_attempts(data: st.DataObject) -> None:
    common = data.draw(histories())
    one, other = data.draw(histories(common)), data.draw(histories(common))
    both = [identity(a) for a in one.merged(other).attempts]
    assert set(both) == {identity(a) for a in (*one.attempts, *other.attempts)}
    assert len(set(both)) == len(both)
    assert [at for at, *_ in both] == sorted(at for at, *_ in both), "oldest first"


def test_ticks_in_one_tab_reach_the_other() -> None:
    plain = Progress(seed=1).with_attempt(attempt(1, answer="words", score=None))
    ticked = plain.with_ideas("q3", (0,), 0.25)
    none = plain.with_ideas("q3", (), 0.0)
    for one, other in [(plain, ticked), (ticked, plain)]:
        assert one.merged(other).latest("q3") == ticked.latest("q3")
    assert plain.merged(none).latest("q3").score == 0


def test_the_exam_begun_last_goes_on_with_its_answers() -> None:
    exam = Exam(set="quiz?exam=true", questions=("a", "q3"), begun=5)
    on = exam.model_copy(update={"answers": {"a": 0}})
    done = on.model_copy(update={"handed_in": 9})
    newer = exam.model_copy(update={"begun": 10})
    stages = [Progress(seed=1, exam=e) for e in (None, exam, on, done, newer)]
    for i, early in enumerate(stages):
        for late in stages[i:]:
            assert early.merged(late).exam == late.merged(early).exam == late.exam


class Browser:
    """Tabs that share one local storage, as store.js connects them."""

    def __init__(self, *tabs: Progress):
        self.tabs, self.stored, self.writes = list(tabs), "", 0

    def settle(self, rounds: int = 12) -> None:
        for _ in range(rounds):
            before = self.writes
            for i, tab in enumerate(self.tabs):
                if self.stored and self.stored != dumps(tab):
                    tab = self.tabs[i] = tab.merged(loads(self.stored))
                if self.stored != dumps(tab):
                    self.stored, self.writes = dumps(tab), self.writes + 1
            if self.writes == before:
                return
        raise AssertionError("the tabs write for ever")


@contextmanager
def small(largest: int, kept: int) -> Iterator[None]:
    """A browser with a small local storage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "LARGEST", largest)
        patch.setattr(record, "KEPT", kept)
        yield


@STEADY
@given(
    histories(exams=False),
    histories(exams=False),
    st.lists(attempts(), max_size=3),
    st.integers(800, 3000),
)
def test_two_tabs_converge_when_not_everything_fits(
    one: Progress, other: Progress, later: list[Attempt], largest: int
) -> None:
    with small(largest, kept=7):
        browser = Browser(one, other)
        browser.settle()
        for i, new in enumerate(later):
            browser.tabs[i % 2] = browser.tabs[i % 2].with_attempt(new)
            browser.settle()
        assert len(browser.stored) <= largest
        assert dumps(browser.tabs[0]) == dumps(browser.tabs[1]) == browser.stored


def test_two_tabs_converge_when_one_dropped_the_oldest() -> None:
    """One has everything in memory, the other only what was stored; then both go on."""
    long = "x" * LONGEST
    many = tuple(attempt(i, f"q-{i}", answer=long, score=None) for i in range(300))
    browser = Browser(Progress(seed=1, attempts=many), Progress(seed=2))
    browser.settle()
    fitted = len(browser.tabs[1].attempts)
    assert fitted < len(browser.tabs[0].attempts)
    oldest = browser.tabs[1].attempts[0].question
    browser.tabs[0] = browser.tabs[0].with_ideas(oldest, tuple(range(6)), 1.0)
    browser.settle()
    assert browser.tabs[1].latest(oldest).score == 1
    later = range(1000, 1012)
    for at in later:
        tab = at % 2
        browser.tabs[tab] = browser.tabs[tab].with_attempt(attempt(at))
        browser.settle()
    assert [a.at for a in loads(browser.stored).of("q3")] == list(later)


# ----------------------------------------------------------------------- size


@pytest.mark.parametrize("letter", ["x", "ü", "\\", "\U0001d70f"])
def test_as_many_long_answers_as_fit_are_kept_the_newest_of_all(letter: str) -> None:
    long = letter * LONGEST
    many = tuple(attempt(i, f"q-{i}", answer=long, score=None) for i in range(KEPT))
    text = dumps(Progress(seed=7, attempts=many))
    assert len(text.encode()) <= LARGEST
    kept = loads(text).attempts
    assert kept == many[-len(kept) :]
    most = LARGEST // len(json.dumps(long))
    assert 0.9 * most - 2 < len(kept) <= most, "no more is dropped than must be"
    assert loads(text).seed == 7


def test_many_short_answers_are_all_kept_up_to_a_number() -> None:
    progress = Progress(
        seed=1, attempts=tuple(attempt(i, f"q-{i}") for i in range(KEPT - 1))
    )
    for at in range(KEPT - 1, KEPT + 2):
        progress = progress.with_attempt(attempt(at, f"q-{at}"))
    assert len(progress.attempts) == KEPT
    assert progress.attempts[0].at == 2 and progress.attempts[-1].at == KEPT + 1
    assert loads(dumps(progress)) == progress
    other = Progress(seed=1, attempts=tuple(attempt(9000 + i) for i in range(10)))
    assert len(progress.merged(other).attempts) == KEPT


def test_the_longest_of_everything_else_still_fits_so_often() -> None:
    longest = Attempt(
        question="q" * 60,
        at=99_999_999_999,
        answer=-(10**14),
        score=1.2345678901234567e-300,
        ideas=(99,) * 9,
        confidence=2,
        hints=9,
        again=True,
        idea="i" * 60,
    )
    progress = Progress(seed=2**31 - 1, attempts=(longest,) * KEPT)
    text = dumps(progress)
    assert len(text) <= LARGEST
    assert len(loads(text).attempts) > 0.95 * KEPT


def test_an_exam_too_long_to_store_drops_no_attempts() -> None:
    ids = tuple(f"q-{i}" for i in range(60))
    exam = Exam(set="s", questions=ids, begun=1, answers=dict.fromkeys(ids, "ü" * 4000))
    progress = Progress(seed=1).with_attempt(attempt(1)).with_exam(exam)
    text = dumps(progress)
    assert len(text) <= LARGEST
    assert loads(text).attempts == progress.attempts


# -------------------------------------------------------------- foreign files

BASE = {"format": record.FORMAT, "version": 1, "seed": 1}
ONE = {"question": "q3", "at": 1, "answer": 0, "score": 1.0}
EXAM = {"set": "s", "questions": ["a"], "begun": 1}


def refused(content: str | bytes) -> str:
    """Assert that a file is refused in one sentence, and return it."""
    with pytest.raises(ValueError) as caught:
        loads(content)
    message = str(caught.value)
    assert type(caught.value) is ValueError, "no library's error with its own words"
    assert caught.value.__cause__ is None
    assert message.startswith("this ") and not message.endswith(".")
    assert "\n" not in message and message.isprintable() and len(message) < 300
    message.encode()  # can be sent to a browser
    assert not set("[]()!`<>*$") & set(
        message.partition("(")[0].partition("pattern")[0]
    )
    return message


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\x89PNG\r\n\x1a\n\x00", b"\xff\xfe\x00", b"PK\x03\x04", b"{"),
        *("hello", "{'format': 1}", '{"format": }', "[" * 900_000, '{"a":' * 100_000),
        '{"format": "contrastive learning progress", "version": 1} trailing',
        "9" * 6000,
    ],
    ids=lambda c: repr(c[:20]),
)
def test_what_is_not_json_is_refused(content: str | bytes) -> None:
    assert "not JSON" in refused(content)


@pytest.mark.parametrize(
    "content",
    [
        *("[]", "null", "1", "true", '"x"', "{}", "NaN", "[" * 50, json.dumps([BASE])),
        *(
            '{"format": "moodle"}',
            '{"format": NaN}',
            json.dumps({**BASE, "format": []}),
        ),
    ],
)
def test_foreign_json_is_refused(content: str) -> None:
    message = refused(content)
    assert "not a progress file of this app" in message or "not JSON" in message


@pytest.mark.parametrize("content", [" " * (LARGEST + 1), b"[" * (3 * LARGEST)])
def test_a_huge_file_is_refused_by_its_size(content: str | bytes) -> None:
    message = refused(content)
    assert f"{len(content):,} bytes" in message and "1,000,000" in message


@pytest.mark.parametrize(
    "version",
    [0, 2, -1, "1", None, [1], True, 1.5, float("nan"), {"a": "\ud800\n"}, "x" * 500],
)
def test_another_version_is_named(version: object) -> None:
    message = refused(json.dumps({**BASE, "version": version}))
    assert "version" in message and "this app reads version 1" in message


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"seed": None}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"seed": 1.0}, "seed"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"seed": float("nan")}, "seed"),
        ({"attempts": {}}, "attempts"),
        ({"attempts": "none"}, "attempts"),
        ({"attempts": [ONE] * (KEPT + 1)}, "attempts"),
        ({"attempts": [ONE, 7]}, "attempts, 1"),
        ({"lessons": []}, "lessons"),
        ({"lessons": {"collapse": 5}}, "lessons, collapse"),
        ({"lessons": {"collapse": {"opened": -5}}}, "lessons, collapse, opened"),
        ({"lessons": {"<script>": {"opened": 5}}}, "lessons"),
        ({"exam": []}, "exam"),
        ({"exam": {**EXAM, "questions": []}}, "exam, questions"),
        ({"exam": {**EXAM, "questions": ["a"] * 501}}, "exam, questions"),
        ({"exam": {**EXAM, "answers": {"a": {"deep": {}}}}}, "exam, answers, a"),
        ({"exam": {**EXAM, "sure": {"a": True}}}, "exam, sure, a"),
        ({"exam": {**EXAM, "set": "x" * 601}}, "exam, set"),
        ({"admin": True}, "admin"),
        ({"__class__": "os.system"}, "__class__"),
        ({"x" * 100_000: 1}, "xxx"),
        ({"a\nb![i](https://elsewhere.example/i.png)": 1}, ""),
        ({"\ud800": 1}, ""),
    ],
    ids=lambda x: repr(x)[:40],
)
def test_a_changed_file_is_refused_as_a_whole(change: dict, place: str) -> None:
    assert f"changed or damaged at {place}" in refused(json.dumps({**BASE, **change}))


@pytest.mark.parametrize(
    "change",
    [
        *({"question": "No Slug"}, {"question": None}, {"question": "../../etc"}),
        *({"question": "q" * 61}, {"question": 3}),
        *({"at": -1}, {"at": True}, {"at": 1.5}, {"at": 10**30}, {"at": "1"}),
        *({"answer": None}, {"answer": {}}, {"answer": float("nan")}),
        *({"answer": float("inf")}, {"answer": "x" * 4001}, {"answer": [True, 0]}),
        *(
            {"answer": [0] * 10},
            {"answer": [[0]]},
            {"answer": [-1]},
            {"answer": "\ud800"},
        ),
        *({"score": 9}, {"score": -0.1}, {"score": True}, {"score": "1"}),
        *({"score": float("nan")}, {"score": float("-inf")}),
        *({"confidence": 3}, {"confidence": True}, {"confidence": "certain"}),
        *({"confidence": -1}, {"hints": True}, {"hints": -1}, {"hints": 10}),
        *({"again": 1}, {"again": "yes"}, {"again": None}),
        *({"ideas": [100]}, {"ideas": [True]}, {"ideas": 1}, {"ideas": None}),
        *({"idea": "No Slug"}, {"idea": None}, {"extra": 1}),
    ],
    ids=lambda x: repr(x)[:40],
)
def test_a_changed_attempt_is_refused_by_its_place(change: dict) -> None:
    good = {**ONE, "question": "a"}
    raw = {**BASE, "attempts": [good, {**ONE, **change}]}
    message = refused(json.dumps(raw))
    assert f"changed or damaged at attempts, 1, {next(iter(change))}" in message


@pytest.mark.parametrize("field", ["question", "at", "answer", "score"])
def test_a_missing_field_of_an_attempt_is_named(field: str) -> None:
    short = {k: v for k, v in ONE.items() if k != field}
    message = refused(json.dumps({**BASE, "attempts": [short]}))
    assert f"at attempts, 0, {field}" in message


def test_deeply_nested_fields_are_refused() -> None:
    deep: object = 0
    for _ in range(200):
        deep = [deep]
    for change in ({"answer": deep}, {"ideas": deep}):
        refused(json.dumps({**BASE, "attempts": [{**ONE, **change}]}))
    refused(json.dumps({**BASE, "attempts": deep}))


def test_true_and_one_are_different_answers() -> None:
    raw = {**BASE, "attempts": [{**ONE, "answer": a} for a in (True, 1, 1.0, False, 0)]}
    kept = loads(json.dumps(raw)).attempts
    assert [repr(a.answer) for a in kept] == ["True", "1", "1.0", "False", "0"]
    merged = Progress(seed=2).merged(loads(json.dumps(raw)))
    assert len(merged.attempts) == 5


@STEADY
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_file_is_read_or_refused_by_one_sentence(content: str | bytes) -> None:
    refused(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
    ),
    max_leaves=6,
)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    histories(),
    st.sampled_from(
        ["format", "version", "seed", "attempts", "lessons", "exam", "extra"]
    ),
    JSON,
)
def test_any_value_in_any_field_is_read_or_refused(
    progress: Progress, field: str, value: object
) -> None:
    content = json.dumps({**json.loads(dumps(progress)), field: value})
    try:
        found = loads(content)
    except ValueError:
        refused(content)
    else:
        assert loads(dumps(found)) == found


def test_forgotten_attempts_stay_forgotten_in_another_tab() -> None:
    old = Attempt(question="q3", at=1000, answer=1, score=1.0)
    tab = Progress(seed=1, attempts=(old,), lessons={"a": Opened(opened=900)})
    fresh = Progress(seed=2, forgotten=2000)
    new = Attempt(question="q3", at=2500, answer=0, score=0.0)
    for both in (tab.merged(fresh), fresh.merged(tab)):
        assert not both.attempts and not both.lessons
        assert both.with_attempt(new).merged(tab).attempts == (new,)


def test_a_saved_history_comes_back_after_it_was_forgotten() -> None:
    old = Attempt(question="q3", at=1000, answer=1, score=1.0)
    saved = Progress(seed=1, attempts=(old,))
    fresh = Progress(seed=2, forgotten=2000)
    assert loads(dumps(fresh.restored(saved))).attempts == (old,)
