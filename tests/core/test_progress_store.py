"""Stored progress of signed-in learners: one contract, for SQLite and PostgreSQL."""

import itertools
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from postgres import Postgres, binaries
from test_quiz_progress import attempt

from ssl_core.quiz import database, progress_store
from ssl_core.quiz.accounts import key
from ssl_core.quiz.progress import Progress
from ssl_core.quiz.progress_store import ProgressStore, StoreUnavailable
from ssl_core.quiz.serialization import LARGEST, dumps
from tests.polling import wait_until

ANN, BEN = key("https://school.example", "ann"), key("https://school.example", "ben")
EMPTY = Progress(seed=3)
Open = Callable[[], ProgressStore]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of this file."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server: tests/install_postgres.sh installs one")
    server = Postgres(programs)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'progress.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    ask(server.url, "DROP TABLE IF EXISTS progress")
    return server.url


@pytest.fixture
def connect(url: str) -> Iterator[Open]:
    """Opens the store, as each of several servers would."""
    stores: list[ProgressStore] = []

    def another() -> ProgressStore:
        stores.append(ProgressStore(url))
        return stores[-1]

    yield another
    for each in stores:
        each.close()


def ask(url: str, statement: str, **values: object) -> list[Any]:
    """Run a statement on the database itself."""
    engine = database.engine(url)
    with engine.begin() as connection:
        found = connection.execute(sqlalchemy.text(statement), values)
        rows = list(found) if found.returns_rows else []
    engine.dispose()
    return rows


def put(url: str, text: str, learner: str = ANN, updated: int = 0) -> None:
    statement = "INSERT INTO progress VALUES (:who, :text, 1, :updated)"
    ask(url, statement, who=learner, text=text, updated=updated)


def answered(*times: int, **more: int) -> Progress:
    return Progress(seed=1, attempts=tuple(attempt(t) for t in times), **more)


def joined(store: ProgressStore, own: Progress) -> Progress:
    return store.join(ANN, own).progress


def times(progress: Progress) -> list[int]:
    return [a.at for a in progress.attempts]


# ------------------------------------------------------------------------- contract


def test_a_second_device_finds_the_answers_of_the_first(connect: Open) -> None:
    one, other = connect(), connect()
    assert joined(one, answered(10, 20)) == answered(10, 20)
    found = joined(other, EMPTY)
    assert found == answered(10, 20), "with its order of options"
    other.join(ANN, found.with_attempt(attempt(30)))
    assert times(joined(one, answered(10, 20).with_attempt(attempt(40)))) == [
        *(10, 20, 30, 40)
    ]


def test_learners_do_not_share_progress(connect: Open) -> None:
    table = connect()
    table.join(ANN, answered(10))
    assert table.join(BEN, EMPTY).progress == EMPTY
    table.join(BEN, answered(20))
    assert times(joined(table, EMPTY)) == [10]


def test_a_row_is_written_only_if_something_changed(connect: Open, url: str) -> None:
    table = connect()
    table.join(ANN, EMPTY)
    assert ask(url, "SELECT * FROM progress") == []
    for _ in range(3):
        table.join(ANN, answered(10))
    table.join(ANN, EMPTY)
    ((learner, text, version, updated),) = ask(url, "SELECT * FROM progress")
    assert (learner, text, version) == (ANN, dumps(answered(10)), 1)
    assert updated > 1_600_000_000


def test_forgetting_deletes_every_answer_for_good(connect: Open, url: str) -> None:
    one, other = connect(), connect()
    one.join(ANN, answered(10, 20))
    there = joined(other, EMPTY)
    one.join(ANN, Progress(seed=2, forgotten=50))
    ((text,),) = ask(url, "SELECT text FROM progress")
    assert "q3" not in text
    assert times(joined(other, there.with_attempt(attempt(60)))) == [60]


def test_concurrent_writers_neither_lose_nor_duplicate_attempts(connect: Open) -> None:
    count, each = 6, 12
    refused: list[BaseException] = []

    def write(number: int) -> None:
        own, table = EMPTY, connect()
        for i in range(each):
            own = own.with_attempt(attempt(1000 * number + i, f"q-{number}"))
            try:
                own = joined(table, own)
            except StoreUnavailable as problem:
                refused.append(problem)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(1, count + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not refused
    kept = joined(connect(), EMPTY)
    wanted = [1000 * n + i for n in range(1, count + 1) for i in range(each)]
    assert times(kept) == wanted


def test_servers_that_start_together_create_one_table(connect: Open) -> None:
    tables = [connect() for _ in range(6)]
    together = threading.Barrier(len(tables))
    found: list[Progress | BaseException] = []

    def start(table: ProgressStore) -> None:
        together.wait()
        try:
            found.append(joined(table, answered(10)))
        except StoreUnavailable as problem:
            found.append(problem)

    threads = [threading.Thread(target=start, args=(t,)) for t in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [answered(10)] * len(tables)


NEWER = dumps(EMPTY).replace('"version": 2', '"version": 99')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"format": "moodle"}', "not a progress file"),
        (NEWER, "version 99"),
        (dumps(answered(10)).replace('"score": 0.0', '"score": 9'), "damaged"),
    ],
    ids=["empty", "deep", "foreign", "newer", "changed"],
)
def test_what_cannot_be_read_stays_and_new_answers_are_kept_beside_it(
    connect: Open, url: str, text: str, message: str
) -> None:
    table = connect()
    table.join(BEN, answered(5))  # makes the table
    put(url, text)
    mine = f"SELECT text, version, updated FROM progress WHERE learner = '{ANN}'"
    for own in (EMPTY, answered(10), answered(10, 20)):
        found = table.join(ANN, own)
        assert found.progress == own
        ((content, reason),) = found.unreadable
        assert content == text.encode() and message in reason
        assert ask(url, mine) == [(text, 1, 0)]
    other = connect().join(ANN, answered(30))
    assert times(other.progress) == [10, 20, 30] and len(other.unreadable) == 1
    assert table.join(BEN, EMPTY) == (answered(5), ())

    fresh = Progress(seed=2, forgotten=50)
    assert table.join(ANN, fresh) == (fresh, ())
    assert times(joined(table, answered(60))) == [60]
    assert ask(url, "SELECT COUNT(*) FROM progress") == [(2,)], "nothing is left behind"


def test_who_can_read_both_rows_unites_them(
    connect: Open, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = connect(), connect()
    older.join(BEN, EMPTY)
    older.join(ANN, answered(1))
    ask(url, "UPDATE progress SET text = :text", text=NEWER)
    older.join(ANN, answered(20))
    read = progress_store.loads

    def loads(text: str) -> Progress:
        return answered(5, 10) if text == NEWER else read(text)

    with monkeypatch.context() as newer_version:
        newer_version.setattr(progress_store, "loads", loads)
        united = newer.join(ANN, answered(30))
    assert times(united.progress) == [5, 10, 20, 30] and not united.unreadable
    assert ask(url, "SELECT text FROM progress") == [(dumps(united.progress),)]


def test_two_versions_of_the_app_at_once_lose_nothing(
    connect: Open, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers are replaced one after the other: both versions write for a while."""
    table, read, write = connect(), progress_store.loads, progress_store.dumps

    def newer_loads(text: str) -> Progress:
        return read(text.replace('"version": 99', '"version": 2'))

    def newer_dumps(progress: Progress) -> str:
        return write(progress).replace('"version": 2', '"version": 99')

    tabs = {"older": answered(1), "newer": answered(2)}
    for at in range(10, 20):
        for version in tabs:
            tabs[version] = tabs[version].with_attempt(attempt(at, version))
            with monkeypatch.context() as code:
                if version == "newer":
                    code.setattr(progress_store, "loads", newer_loads)
                    code.setattr(progress_store, "dumps", newer_dumps)
                tabs[version] = joined(table, tabs[version])
    own = {(a.at, a.question) for a in tabs["newer"].attempts}
    assert {(at, version) for at in range(10, 20) for version in tabs} <= own


def test_forgetting_of_long_ago_deletes_nothing_unreadable_that_is_newer(
    connect: Open, url: str
) -> None:
    """A browser may bring it long after a newer version of the app wrote the row."""
    table = connect()
    table.join(BEN, answered(5))
    put(url, NEWER, updated=100)
    forgot = Progress(seed=2, forgotten=50)
    assert len(table.join(ANN, forgot).unreadable) == 1
    assert len(table.join(ANN, answered(60)).unreadable) == 1
    assert ask(url, "SELECT COUNT(*) FROM progress WHERE updated = 100") == [(1,)]


def test_what_cannot_be_read_can_be_discarded(connect: Open, url: str) -> None:
    table = connect()
    table.join(BEN, answered(5))
    put(url, NEWER, updated=100)
    table.join(ANN, answered(10))
    assert len(table.join(ANN, EMPTY, discarded_at=100).unreadable) == 1
    assert table.join(ANN, EMPTY, discarded_at=101) == (answered(10), ())
    assert table.join(ANN, EMPTY) == (answered(10), ())


def test_an_account_full_of_what_cannot_be_read_refuses_and_keeps_all(
    connect: Open, url: str
) -> None:
    table = connect()
    table.join(BEN, answered(5))
    for place in progress_store.row_keys(ANN):
        put(url, NEWER, learner=place)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="full of what cannot be read"):
            table.join(ANN, answered(10))
    assert table.join(BEN, EMPTY).progress == answered(5), "nobody else waits"
    assert ask(url, f"SELECT COUNT(*) FROM progress WHERE text = '{NEWER}'") == [(4,)]


@pytest.mark.parametrize("stored", ["CAST(X'7B22FF' AS TEXT)", "X'7B22FF'"])
def test_bytes_that_are_no_text_trouble_their_learner_alone(
    tmp_path: Path, stored: str
) -> None:
    url = f"sqlite:///{tmp_path / 'progress.sqlite'}"
    table = ProgressStore(url)
    table.join(BEN, answered(5))
    ask(url, f"INSERT INTO progress VALUES ('{ANN}', {stored}, 1, 0)")
    found = table.join(ANN, answered(10))
    assert found.progress == answered(10)
    assert [u.content for u in found.unreadable] == [b'{"\xff']
    assert times(joined(table, EMPTY)) == [10]
    assert table.join(BEN, EMPTY).progress == answered(5)
    table.close()


def test_no_row_is_larger_than_a_progress_file(connect: Open, url: str) -> None:
    table = connect()
    long = "x" * 4000
    many = tuple(attempt(i, f"q-{i}", answer=long, score=None) for i in range(400))
    table.join(ANN, Progress(seed=1, attempts=many))
    ((size,),) = ask(url, "SELECT length(text) FROM progress")
    assert 0.9 * LARGEST < size <= LARGEST
    ask(url, "DELETE FROM progress")
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        put(url, " " * (LARGEST + 1))


# ------------------------------------------------------------------- what goes wrong


@pytest.mark.slow
def test_a_killed_server_loses_nothing(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(progress_store, "REST_SECONDS", 3.0)
    caplog.set_level(logging.DEBUG)
    ask(postgres.url, "DROP TABLE IF EXISTS progress")
    table = ProgressStore(postgres.url)
    table.join(ANN, answered(10))
    postgres.kill()
    own = answered(10, 20)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        table.join(ANN, own)
    failed = time.monotonic()
    postgres.start()

    def joins() -> bool:
        try:
            return joined(table, own) == own
        except StoreUnavailable:
            return False

    # It is left alone for a while, in which nobody waits for it; then it is asked again.
    wait_until(joins, "the database is asked again")
    assert time.monotonic() - failed >= 2.9, "a database that failed was not left alone"
    assert times(joined(ProgressStore(postgres.url), EMPTY)) == [10, 20]
    assert not any(w in caplog.text for w in (ANN, "q3", str(postgres.folder)))
    assert "Traceback" not in caplog.text
    assert any(r.name == progress_store.__name__ for r in caplog.records), (
        "an operator is told"
    )


@pytest.mark.slow
def test_a_server_killed_among_many_writes_keeps_every_one_it_confirmed(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(postgres.url, "DROP TABLE IF EXISTS progress")
    monkeypatch.setattr(progress_store, "REST_SECONDS", 0.0)
    confirmed: list[int] = []
    table = ProgressStore(postgres.url)

    def write() -> None:
        """Until it fails: a later write would bring back what the kill had lost."""
        own = EMPTY
        for at in itertools.count(1):
            own = own.with_attempt(attempt(at))
            try:
                table.join(ANN, own)
            except StoreUnavailable:
                return
            confirmed.append(at)

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: len(confirmed) >= 20, "twenty writes")
    postgres.kill()
    writer.join(30)
    assert not writer.is_alive()
    postgres.start()
    kept = times(joined(ProgressStore(postgres.url), EMPTY))
    # The last write may be kept, although nobody was told.
    assert kept == list(range(1, len(kept) + 1)) and len(kept) >= confirmed[-1]
    more = Progress(seed=1, attempts=(attempt(10_000),))
    assert times(joined(table, more)) == [*kept, 10_000], "the same table goes on"


def test_a_missing_folder_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_store, "REST_SECONDS", 0.0)
    table = ProgressStore(f"sqlite:///{tmp_path / 'later' / 'progress.sqlite'}")
    with pytest.raises(StoreUnavailable):
        table.join(ANN, answered(10))
    (tmp_path / "later").mkdir()
    assert times(joined(table, answered(10))) == [10]


def test_a_file_that_is_no_database_is_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "progress.sqlite"
    file.write_bytes(b"somebody's letters " * 100)
    with pytest.raises(StoreUnavailable):
        ProgressStore(f"sqlite:///{file}").join(ANN, answered(10))
    assert file.read_bytes() == b"somebody's letters " * 100


def test_waiting_for_a_locked_row_has_a_limit(
    connect: Open, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 1)
    monkeypatch.setattr(progress_store, "REST_SECONDS", 0.0)
    table = connect()
    table.join(ANN, answered(10))
    engine = database.engine(url)
    with engine.begin() as holder:
        holder.execute(sqlalchemy.text("UPDATE progress SET version = version"))
        with pytest.raises(StoreUnavailable):
            table.join(ANN, answered(10, 20))
    engine.dispose()
    assert times(joined(table, answered(10, 20))) == [10, 20]


@pytest.mark.parametrize(
    "url",
    [
        *("progress.db", "not a url", "sqlite://", "sqlite:///:memory:", "http://x/y"),
        *("mysql://ann:hunter2@db/app", "postgresql://ann:hunter2@db"),
        *("postgresql://ann:hunter2@db:port/app", "://ann:hunter2@db"),
    ],
)
def test_an_invalid_url_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        ProgressStore(url)
    message = str(refused.value)
    assert (
        message.startswith("CONTRASTIVE_DATABASE ")
        and "allowed are sqlite:///FILE" in message
    )
    assert "hunter2" not in message and "\n" not in message


@pytest.mark.parametrize(
    ("missing", "url"),
    [("sqlalchemy", "sqlite:///x.db"), ("psycopg", "postgresql://u@h/d")],
)
def test_a_missing_package_is_named(
    missing: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ValueError, match=r"requirements-accounts\.txt") as refused:
        ProgressStore(url)
    assert missing in str(refused.value).lower()
