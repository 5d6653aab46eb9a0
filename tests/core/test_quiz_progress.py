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

STEADY = settings(deadline=None, derandomize=True, max_examples=25)
THOROUGH = settings(deadline=None, max_examples=1000)
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


KINDS = ("attempt", "tick", "lesson", "exam", "answer", "rate", "hand in")


@st.composite
def histories(
    draw: st.DrawFn,
    start: Progress | None = None,
    exams: bool = True,
    forgetting: bool = False,
) -> Progress:
    """What a sequence of actions of a learner in one tab leaves."""
    progress = start or Progress(seed=draw(st.integers(0, 2**31 - 1)))
    kinds = KINDS[: None if exams else 3] + ("forget", "restore") * forgetting
    saved = [progress]
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=8)):
        progress = acted(draw, progress, kind, draw(st.sampled_from(saved)))
        saved.append(progress)
    return progress


def acted(draw: st.DrawFn, progress: Progress, kind: str, saved: Progress) -> Progress:
    """The progress after one action; ``saved`` is a file that the learner has."""
    at = draw(TIMES)
    exam = progress.exams[-1] if progress.exams else None
    match kind:
        case "attempt":
            return progress.with_attempt(draw(attempts()))
        case "tick" if progress.attempts:
            question = draw(st.sampled_from(progress.attempts)).question
            ideas, score = draw(st.sampled_from([((), 0.0), ((0,), 0.25), ((1,), 1.0)]))
            return progress.with_ideas(question, ideas, score, at)
        case "lesson":
            return progress.with_lesson(draw(SLUGS), at)
        case "exam":
            begun = draw(EXAMS)
            time = max(begun.begun, progress.forgotten)
            return progress.with_exam(begun.model_copy(update={"begun": time}))
        case "answer" if exam:
            return progress.with_exam(exam.with_answer(draw(SLUGS), draw(ANSWERS), at))
        case "rate" if exam:
            sure = draw(st.sampled_from([None, 0, 2]))
            return progress.with_exam(exam.with_confidence(draw(SLUGS), sure, at))
        case "hand in" if exam:
            return progress.with_exam(exam.model_copy(update={"handed_in": at}))
        case "forget":
            return Progress(seed=at, seeded_at=at, forgotten=at)
        case "restore":
            return progress.restored(saved)
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
    assert (raw["format"], raw["version"]) == ("contrastive learning progress", 2)
    assert dumps(progress).isascii()


def test_a_file_of_version_1_is_read_with_its_exam() -> None:
    old = {**BASE, "version": 1, "attempts": [{**ONE, "ideas": [1]}], "exam": EXAM}
    read = loads(json.dumps(old))
    assert [a.ideas for a in read.attempts] == [(1,)]
    assert read.exam_of("s") == Exam(set="s", questions=("a",), begun=1)
    assert json.loads(dumps(read))["version"] == 2 and loads(dumps(read)) == read
    assert loads(json.dumps({**BASE, "version": 1, "exam": None})).exams == ()


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
    fresh = Progress(seed=3, seeded_at=9).merged(loads(dumps(progress)))
    for question, own in progress.by_question():
        assert list(fresh.of(question)) == own
    assert fresh.lessons == progress.lessons and fresh.exams == progress.exams
    assert fresh.seed == progress.seed, "options stay where they were"


TAB = histories(forgetting=True)


def agree(a: Progress, b: Progress, c: Progress) -> None:
    """Assert that tabs come to agree in whatever order they meet."""
    both = a.merged(b)
    assert dumps(both) == dumps(b.merged(a))
    assert both == b.merged(a)
    assert dumps(both.merged(c)) == dumps(a.merged(b.merged(c)))
    for again in (both, a, b, loads(dumps(both))):
        assert dumps(both.merged(again)) == dumps(both)


@STEADY
@given(TAB, TAB, TAB)
def test_merging_is_commutative_associative_and_idempotent(
    a: Progress, b: Progress, c: Progress
) -> None:
    agree(a, b, c)


@STEADY
@given(st.data())
def test_tabs_that_went_on_from_the_same_progress_come_to_agree(
    data: st.DataObject,
) -> None:
    common = data.draw(TAB)
    agree(*(data.draw(histories(common, forgetting=True)) for _ in range(3)))


@pytest.mark.slow
@THOROUGH
@given(TAB, TAB, TAB)
def test_merging_keeps_its_laws_in_a_thousand_cases(
    a: Progress, b: Progress, c: Progress
) -> None:
    agree(a, b, c)


@pytest.mark.slow
@THOROUGH
@given(st.data())
def test_tabs_come_to_agree_in_a_thousand_cases(data: st.DataObject) -> None:
    common = data.draw(TAB)
    agree(*(data.draw(histories(common, forgetting=True)) for _ in range(3)))


CHANGES = ("tick", "answer", "rate")


def last_word(data: st.DataObject) -> None:
    """Assert that a second tab, which knew less, never undoes what was done last."""
    common = data.draw(histories(forgetting=True))
    stale = data.draw(histories(common, forgetting=False))
    now = common.merged(stale)
    late = max(time for time in (*ends(now), 0)) + 1
    changed = now
    for kind in data.draw(st.lists(st.sampled_from(CHANGES), max_size=4)):
        exam = changed.exams[-1] if changed.exams else None
        if kind == "tick" and changed.attempts:
            question = data.draw(st.sampled_from(changed.attempts)).question
            ideas, score = data.draw(st.sampled_from([((), 0.0), ((0, 1), 1.0)]))
            changed = changed.with_ideas(question, ideas, score, late)
        elif kind == "answer" and exam:
            given = exam.with_answer("q3", data.draw(ANSWERS), late)
            changed = changed.with_exam(given)
        elif kind == "rate" and exam:
            changed = changed.with_exam(exam.with_confidence("q3", None, late))
    settled = changed.merged(changed)  # in the order of a merge
    assert dumps(changed.merged(stale)) == dumps(settled)
    assert dumps(stale.merged(changed)) == dumps(settled)


def ends(progress: Progress) -> Iterator[int]:
    """Every time that a progress holds."""
    yield progress.forgotten
    for attempt in progress.attempts:
        yield from (attempt.at, attempt.changed_at)
    for exam in progress.exams:
        yield from (*exam.answered_at.values(), *exam.rated_at.values())


@STEADY
@given(st.data())
def test_a_stale_tab_undoes_no_later_change(data: st.DataObject) -> None:
    last_word(data)


@pytest.mark.slow
@THOROUGH
@given(st.data())
def test_a_stale_tab_undoes_no_later_change_in_a_thousand_cases(
    data: st.DataObject,
) -> None:
    last_word(data)


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


def both_ways(one: Progress, other: Progress) -> Progress:
    """The two merged, which must not depend on their order."""
    assert one.merged(other) == other.merged(one)
    return one.merged(other)


def test_an_idea_unticked_in_one_tab_stays_unticked() -> None:
    plain = Progress(seed=1).with_attempt(attempt(1, answer="words", score=None))
    ticked = plain.with_ideas("q3", (0, 1), 0.5, 10)
    fewer = ticked.with_ideas("q3", (0,), 0.25, 20)
    none = fewer.with_ideas("q3", (), 0.0, 20)  # within the same second
    for last in (fewer, none):
        for stale in (plain, ticked):
            assert both_ways(last, stale).latest("q3") == last.latest("q3")
    again = none.with_ideas("q3", (0, 1), 0.5, 5)  # the clock was set back
    assert both_ways(again, none).latest("q3").ideas == (0, 1)


def test_the_answers_of_two_tabs_to_one_exam_are_united() -> None:
    exam = Exam(set="s", questions=("a", "q3"), begun=5)
    one = (
        exam.with_answer("a", 1, 10).with_answer("a", 2, 11).with_confidence("a", 2, 8)
    )
    other = exam.with_answer("q3", True, 7).with_answer("a", 0, 9)
    other = other.with_confidence("a", 1, 12).with_confidence("a", None, 13)
    tabs = (Progress(seed=1, exams=(e,)) for e in (one, other))
    both = both_ways(*tabs).exam_of("s")
    assert both.answers == {"a": 2, "q3": True}
    assert both.sure == {}, "what was said last is that nothing is said"
    handed_in = Progress(seed=1, exams=(one.model_copy(update={"handed_in": 20}),))
    united = both_ways(handed_in, Progress(seed=1, exams=(other,))).exam_of("s")
    assert united.handed_in == 20 and united.answers == both.answers


def test_exams_of_two_sets_stand_beside_each_other() -> None:
    one = Exam(set="one", questions=("a",), begun=5, answers={"a": 1})
    other = Exam(set="other", questions=("q3",), begun=9, answers={"q3": 0})
    both = both_ways(Progress(seed=1, exams=(one,)), Progress(seed=1, exams=(other,)))
    assert (both.exam_of("one"), both.exam_of("other")) == (one, other)
    assert both.exam_of("a third") is None


def test_an_exam_that_two_tabs_begin_goes_on_with_the_answers_of_both() -> None:
    one, other = (
        Exam(set="s", questions=("a", "q3"), begun=begun).with_answer(question, 1, 20)
        for begun, question in ((5, "a"), (9, "q3"))
    )
    both = both_ways(Progress(seed=1, exams=(one,)), Progress(seed=1, exams=(other,)))
    assert both.exam_of("s").begun == 9
    assert both.exam_of("s").answers == {"a": 1, "q3": 1}
    done = both.with_exam(both.exam_of("s").model_copy(update={"handed_in": 30}))
    assert done.exam_of("s").handed_in == 30
    again = done.with_exam(Exam(set="s", questions=("a", "q3"), begun=40))
    assert again.exam_of("s").answers == {}, "an exam taken again begins empty"


def test_the_number_of_exams_is_limited_to_the_newest() -> None:
    exams = [Exam(set=f"s{i}", questions=("a",), begun=i) for i in range(50)]
    one, other = Progress(seed=1), Progress(seed=1)
    for early, late in zip(exams[:25], exams[25:], strict=True):
        one, other = one.with_exam(late), other.with_exam(early)
    both = both_ways(one, other)
    assert both.exams == tuple(exams[-record.EXAMS :])
    assert loads(dumps(both)) == both


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
    assert len(loads(text).attempts) > 0.9 * KEPT


def test_an_exam_too_long_to_store_drops_no_attempts() -> None:
    ids = tuple(f"q-{i}" for i in range(60))
    exam = Exam(set="s", questions=ids, begun=9, answers=dict.fromkeys(ids, "ü" * 4000))
    short = Exam(set="t", questions=ids, begun=1, answers={"q-1": 1})
    progress = Progress(seed=1, exams=(short, exam)).with_attempt(attempt(1))
    text = dumps(progress)
    assert len(text) <= LARGEST
    assert loads(text).attempts == progress.attempts
    assert loads(text).exams == (short,), "what fits is kept"


# -------------------------------------------------------------- foreign files

BASE = {"format": record.FORMAT, "version": 2, "seed": 1}
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
    [0, 3, -1, "1", None, [1], True, 1.5, float("nan"), {"a": "\ud800\n"}, "x" * 500],
)
def test_another_version_is_named(version: object) -> None:
    message = refused(json.dumps({**BASE, "version": version}))
    assert "version" in message and "this app reads versions up to 2" in message


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
        ({"exams": {}}, "exams"),
        ({"exams": [EXAM] * 21}, "exams"),
        ({"exams": [{**EXAM, "questions": []}]}, "exams, 0, questions"),
        ({"exams": [{**EXAM, "questions": ["a"] * 501}]}, "exams, 0, questions"),
        ({"exams": [{**EXAM, "answers": {"a": {"deep": {}}}}]}, "exams, 0, answers"),
        ({"exams": [{**EXAM, "sure": {"a": True}}]}, "exams, 0, sure"),
        ({"exams": [{**EXAM, "answered_at": {"a": -1}}]}, "exams, 0, answered_at"),
        ({"exams": [{**EXAM, "set": "x" * 601}]}, "exams, 0, set"),
        ({"exam": EXAM}, "exam"),
        ({"version": 1, "exam": {**EXAM, "begun": -1}}, "exams, 0, begun"),
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
        *({"changed_at": -1}, {"changed_at": True}, {"changed_at": None}),
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


@settings(deadline=None, derandomize=True, max_examples=80)
@given(
    histories(),
    st.sampled_from(
        ["format", "version", "seed", "attempts", "lessons", "exams", "extra"]
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


def test_a_saved_history_comes_back_in_every_tab_after_it_was_forgotten() -> None:
    old = Attempt(question="q3", at=1000, answer=1, score=1.0)
    exam = Exam(set="s", questions=("a",), begun=900, answers={"a": 1})
    opened = {"a": Opened(opened=900)}
    saved = Progress(seed=1, attempts=(old,), lessons=opened, exams=(exam,))
    fresh = Progress(seed=2, forgotten=2000)
    back = loads(dumps(fresh.restored(saved)))
    for progress in (back, both_ways(back, fresh)):
        assert [a.at for a in progress.attempts] == [1000]
        assert list(progress.lessons) == ["a"]
        assert progress.exam_of("s").answers == {"a": 1}
    later = Progress(seed=3, forgotten=3000)
    gone = both_ways(back, later)
    assert not gone.attempts and not gone.lessons and not gone.exams


def test_an_answer_after_forgetting_stays_though_the_clock_was_set_back() -> None:
    fresh = Progress(seed=2, forgotten=2000)
    on = fresh.with_attempt(attempt(1500)).with_lesson("a", 1500)
    both = both_ways(on, fresh)
    assert len(both.attempts) == 1 and list(both.lessons) == ["a"]


def test_a_restored_file_undoes_no_later_tick() -> None:
    plain = Progress(seed=1).with_attempt(attempt(1, answer="words", score=None))
    saved = plain.with_ideas("q3", (0,), 0.25, 10)
    now = saved.with_ideas("q3", (), 0.0, 20)
    assert now.restored(saved).latest("q3").ideas == ()
