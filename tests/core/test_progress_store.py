"""The ledger of signed-in learners: one contract, on SQLite and on PostgreSQL."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from postgres import Postgres, binaries
from test_quiz_progress import attempt

from ssl_core.quiz import database, ledger
from ssl_core.quiz.accounts import key
from ssl_core.quiz.ledger import Ledger, LedgerDown
from ssl_core.quiz.progress import Progress
from ssl_core.quiz.saving import LARGEST, dumps

ANN, BEN = key("https://school.example", "ann"), key("https://school.example", "ben")
EMPTY = Progress(seed=3)
Open = Callable[[], Ledger]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server of the tests' own."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server: tests/install_postgres.sh installs one")
    server = Postgres(programs)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database that holds nothing."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'progress.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    ask(server.url, "DROP TABLE IF EXISTS progress")
    return server.url


@pytest.fixture
def opened(url: str) -> Iterator[Open]:
    """Opens the ledger, as each server of several would."""
    ledgers: list[Ledger] = []

    def another() -> Ledger:
        ledgers.append(Ledger(url))
        return ledgers[-1]

    yield another
    for each in ledgers:
        each.close()


def ask(url: str, statement: str, **values: object) -> list[Any]:
    """Ask the database itself."""
    engine = database.engine(url)
    with engine.begin() as connection:
        found = connection.execute(sqlalchemy.text(statement), values)
        rows = list(found) if found.returns_rows else []
    engine.dispose()
    return rows


def put(url: str, text: str) -> None:
    ask(url, "INSERT INTO progress VALUES (:who, :text, 1, 0)", who=ANN, text=text)


def answered(*times: int, **more: int) -> Progress:
    return Progress(seed=1, attempts=tuple(attempt(t) for t in times), **more)


def times(progress: Progress) -> list[int]:
    return [a.at for a in progress.attempts]


# ------------------------------------------------------------------------- contract


def test_what_one_device_answered_another_finds(opened: Open) -> None:
    one, other = opened(), opened()
    assert one.join(ANN, answered(10, 20)) == answered(10, 20)
    found = other.join(ANN, EMPTY)
    assert found == answered(10, 20), "with its order of options"
    other.join(ANN, found.with_attempt(attempt(30)))
    assert times(one.join(ANN, answered(10, 20).with_attempt(attempt(40)))) == [
        *(10, 20, 30, 40)
    ]


def test_learners_do_not_meet(opened: Open) -> None:
    table = opened()
    table.join(ANN, answered(10))
    assert table.join(BEN, EMPTY) == EMPTY
    table.join(BEN, answered(20))
    assert times(table.join(ANN, EMPTY)) == [10]


def test_a_row_is_written_when_there_is_something_new(opened: Open, url: str) -> None:
    table = opened()
    table.join(ANN, EMPTY)
    assert ask(url, "SELECT * FROM progress") == []
    for _ in range(3):
        table.join(ANN, answered(10))
    table.join(ANN, EMPTY)
    ((learner, text, version, updated),) = ask(url, "SELECT * FROM progress")
    assert (learner, text, version) == (ANN, dumps(answered(10)), 1)
    assert updated > 1_600_000_000


def test_forgetting_leaves_no_answer_behind_and_stays(opened: Open, url: str) -> None:
    one, other = opened(), opened()
    one.join(ANN, answered(10, 20))
    there = other.join(ANN, EMPTY)
    one.join(ANN, Progress(seed=2, forgotten=50), since=0)
    ((text,),) = ask(url, "SELECT text FROM progress")
    assert "q3" not in text
    assert times(other.join(ANN, there.with_attempt(attempt(60)), since=0)) == [60]


def test_writers_at_once_lose_nothing_and_double_nothing(opened: Open) -> None:
    count, each = 6, 12
    refused: list[BaseException] = []

    def write(number: int) -> None:
        own, table = EMPTY, opened()
        for i in range(each):
            own = own.with_attempt(attempt(1000 * number + i, f"q-{number}"))
            try:
                own = table.join(ANN, own)
            except LedgerDown as problem:
                refused.append(problem)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(1, count + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not refused
    kept = opened().join(ANN, EMPTY)
    wanted = [1000 * n + i for n in range(1, count + 1) for i in range(each)]
    assert times(kept) == wanted


def test_servers_that_start_at_once_make_one_table(opened: Open) -> None:
    tables = [opened() for _ in range(6)]
    together = threading.Barrier(len(tables))
    found: list[Progress | BaseException] = []

    def start(table: Ledger) -> None:
        together.wait()
        try:
            found.append(table.join(ANN, answered(10)))
        except LedgerDown as problem:
            found.append(problem)

    threads = [threading.Thread(target=start, args=(t,)) for t in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [answered(10)] * len(tables)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"format": "moodle"}', "not a progress file"),
        (dumps(EMPTY).replace('"version": 1', '"version": 2'), "version 2"),
        (dumps(answered(10)).replace('"score": 0.0', '"score": 9'), "damaged"),
    ],
    ids=["empty", "deep", "foreign", "newer", "changed"],
)
def test_a_damaged_row_is_named_and_left_as_it_is_until_it_is_forgotten(
    opened: Open, url: str, text: str, said: str
) -> None:
    table = opened()
    table.join(BEN, answered(5))  # makes the table
    put(url, text)
    for _ in range(2):
        with pytest.raises(ValueError, match=said):
            table.join(ANN, answered(10))
    mine = f"SELECT text FROM progress WHERE learner = '{ANN}'"
    assert ask(url, mine) == [(text,)]
    table.join(ANN, Progress(seed=2, forgotten=50))
    assert times(table.join(ANN, answered(60))) == [60]


def test_no_row_is_larger_than_a_progress_file(opened: Open, url: str) -> None:
    table = opened()
    long = "x" * 4000
    many = tuple(attempt(i, f"q-{i}", answer=long, score=None) for i in range(400))
    table.join(ANN, Progress(seed=1, attempts=many))
    ((size,),) = ask(url, "SELECT length(text) FROM progress")
    assert 0.9 * LARGEST < size <= LARGEST
    ask(url, "DELETE FROM progress")
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        put(url, " " * (LARGEST + 1))


# ------------------------------------------------------------------- what goes wrong


def test_a_killed_server_costs_nothing(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    ask(postgres.url, "DROP TABLE IF EXISTS progress")
    table = Ledger(postgres.url)
    table.join(ANN, answered(10))
    postgres.kill()
    caplog.set_level(logging.DEBUG)
    own = answered(10, 20)
    with pytest.raises(LedgerDown, match="does not answer"):
        table.join(ANN, own)
    # Left alone for a while, in which nobody waits for it.
    monkeypatch.setattr(table._engine, "connect", lambda: pytest.fail("asked again"))
    with pytest.raises(LedgerDown, match="does not answer"):
        table.join(ANN, own)
    monkeypatch.undo()
    postgres.start()
    monkeypatch.setattr(table, "_rests_until", 0.0)
    assert table.join(ANN, own) == own
    assert times(Ledger(postgres.url).join(ANN, EMPTY)) == [10, 20]
    assert not any(w in caplog.text for w in (ANN, "q3", str(postgres.folder)))
    assert "Traceback" not in caplog.text
    assert any(r.name == ledger.__name__ for r in caplog.records), "an operator is told"


def test_a_server_killed_among_many_writes_has_every_one_it_confirmed(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(postgres.url, "DROP TABLE IF EXISTS progress")
    monkeypatch.setattr(ledger, "REST_SECONDS", 0.0)
    confirmed: list[int] = []
    begun, over = threading.Event(), threading.Event()

    def write() -> None:
        own, table, at = EMPTY, Ledger(postgres.url), 0
        while not over.is_set():
            at += 1
            own = own.with_attempt(attempt(at))
            try:
                table.join(ANN, own)
            except LedgerDown:
                continue
            confirmed.append(at)
            if at == 20:
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(60)
    postgres.kill()
    before = len(confirmed)
    postgres.start()
    for _ in range(600):
        if len(confirmed) > before + 5:
            break
        over.wait(0.05)
    over.set()
    writer.join(60)
    assert len(confirmed) > before + 5, "it went on by itself"
    kept = Ledger(postgres.url).join(ANN, EMPTY)
    assert times(kept)[: confirmed[-1]] == list(range(1, confirmed[-1] + 1))


def test_a_folder_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "REST_SECONDS", 0.0)
    table = Ledger(f"sqlite:///{tmp_path / 'later' / 'progress.sqlite'}")
    with pytest.raises(LedgerDown):
        table.join(ANN, answered(10))
    (tmp_path / "later").mkdir()
    assert times(table.join(ANN, answered(10))) == [10]


def test_a_file_that_is_no_database_is_down_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "progress.sqlite"
    file.write_bytes(b"somebody's letters " * 100)
    with pytest.raises(LedgerDown):
        Ledger(f"sqlite:///{file}").join(ANN, answered(10))
    assert file.read_bytes() == b"somebody's letters " * 100


def test_a_locked_row_is_not_waited_for_for_ever(
    opened: Open, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 1)
    monkeypatch.setattr(ledger, "REST_SECONDS", 0.0)
    table = opened()
    table.join(ANN, answered(10))
    engine = database.engine(url)
    with engine.begin() as holder:
        holder.execute(sqlalchemy.text("UPDATE progress SET version = version"))
        with pytest.raises(LedgerDown):
            table.join(ANN, answered(10, 20))
    engine.dispose()
    assert times(table.join(ANN, answered(10, 20))) == [10, 20]


@pytest.mark.parametrize(
    "url",
    [
        *("progress.db", "not a url", "sqlite://", "sqlite:///:memory:", "http://x/y"),
        *("mysql://ann:hunter2@db/app", "postgresql://ann:hunter2@db"),
        *("postgresql://ann:hunter2@db:port/app", "://ann:hunter2@db"),
    ],
)
def test_a_url_that_is_none_is_refused_by_one_sentence(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        Ledger(url)
    said = str(refused.value)
    assert said.startswith("SSL_DATABASE ") and "allowed are sqlite:///FILE" in said
    assert "hunter2" not in said and "\n" not in said


@pytest.mark.parametrize(
    ("missing", "url"),
    [("sqlalchemy", "sqlite:///x.db"), ("psycopg", "postgresql://u@h/d")],
)
def test_a_missing_package_is_named(
    missing: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ValueError, match="requirements-cluster") as refused:
        Ledger(url)
    assert missing in str(refused.value).lower()
