"""Progress of signed-in learners in SQL: one row each; a writer merges its copy into it.

A row that cannot be read, because a newer version of the app wrote it or it is damaged, is
never overwritten: the learner's progress goes to another row. A version that can read both
merges them into one.

SQLAlchemy is imported where a store is opened: a server without sign-in needs none.
"""

import hashlib
import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from ssl_core.quiz import database
from ssl_core.quiz.progress import Progress
from ssl_core.quiz.serialization import Unreadable, dumps, loads

REST_SECONDS = 15.0  # that a database which failed is left alone
WRITES = 100  # attempts to write a row that others write as well
ROWS = 4  # of a learner: all but the last may be unreadable
log = logging.getLogger(__name__)


class StoreUnavailable(Exception):
    """The database does not answer, or refuses; one sentence."""


class Joined(NamedTuple):
    """A visit's progress with that of its account.

    Args:
        progress: of both.
        unreadable: the account's rows that this version cannot read.
    """

    progress: Progress
    unreadable: tuple[Unreadable, ...]


class _Row(NamedTuple):
    learner: str
    text: str
    version: int
    updated: int


class _Conflict(Exception):
    """Somebody else wrote in between."""


class ProgressStore:
    """The table of progress.

    Args:
        url: of the database, as SQLAlchemy has it. A file of SQLite is made if it is
            not there, a table as well.

    Raises:
        ValueError: one sentence, if the URL is none or a package is missing. It never
            repeats the URL, in which a password may stand.
    """

    def __init__(self, url: str) -> None:
        self._engine = database.engine(url)
        self._table = database.table()
        self._ready = False
        self._rests_until = 0.0

    def join(self, learner: str, own: Progress, discarded_at: int = 0) -> Joined:
        """Bring what the account holds and a visit's progress together, and store it.

        Two visits may write at once: who finds another version than was read reads
        again. What cannot be read is kept, unless it was last written before the learner
        forgot all their answers, or discarded it.

        Args:
            learner: :func:`ssl_core.quiz.accounts.key`.
            own: the visit's progress.
            discarded_at: Unix seconds; when the learner discarded what cannot be read.

        Raises:
            StoreUnavailable: nothing is lost; try again later.
        """
        from sqlalchemy.exc import SQLAlchemyError

        if time.monotonic() < self._rests_until:
            raise StoreUnavailable("the server's database does not answer")
        try:
            self._prepare()
            for _ in range(WRITES):
                try:
                    return self._joined_once(learner, own, discarded_at)
                except _Conflict:
                    continue
        except (SQLAlchemyError, OSError) as problem:
            self._ready = False
            self._rests_until = time.monotonic() + REST_SECONDS
            # By its kind alone: its words may quote the row, or the password.
            kind = type(getattr(problem, "orig", None) or problem).__name__
            log.warning("the database of progress failed: %s", kind)
            raise StoreUnavailable("the server's database does not answer") from None
        raise StoreUnavailable("too many write to the server's database")

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    def _joined_once(self, learner: str, own: Progress, discarded_at: int) -> Joined:
        places = row_keys(learner)
        rows = self._read(places)
        both, unread = own, dict[str, tuple[_Row, Unreadable]]()
        for row in rows.values():
            try:
                both = both.merged(loads(row.text))
            except ValueError as error:
                content = row.text.encode("utf-8", "surrogateescape")
                unread[row.learner] = row, Unreadable(content, str(error))
        discarded_at = max(both.forgotten, discarded_at)
        kept = {k: u for k, (row, u) in unread.items() if row.updated >= discarded_at}
        target = next((place for place in places if place not in kept), None)
        if target is None:
            raise StoreUnavailable("your account is full of what cannot be read")
        here = rows.get(target)
        obsolete = [r for k, r in rows.items() if k != target and k not in kept]
        changed = dumps(both)
        if obsolete or (here.text != changed if here else both.begun):
            self._write(target, changed, here, obsolete)
        return Joined(both, tuple(kept.values()))

    def _read(self, places: Sequence[str]) -> dict[str, _Row]:
        """The rows that are there."""
        columns = self._table.c
        asked = self._table.select().where(columns.learner.in_(places))
        with self._engine.begin() as connection:
            database.bound(connection)
            rows = [_Row(*row) for row in connection.execute(asked)]
        return {row.learner: row._replace(text=_text(row.text)) for row in rows}

    def _write(
        self, target: str, text: str, here: _Row | None, obsolete: Sequence[_Row]
    ) -> None:
        """Write a row, and delete what it makes obsolete.

        Raises:
            _Conflict: somebody else wrote one of them in between; nothing is changed.
        """
        from sqlalchemy.exc import IntegrityError

        version = here.version if here else 0
        values = {"text": text, "version": version + 1, "updated": int(time.time())}
        changes: list[Any] = [self._table.delete().where(self._is(r)) for r in obsolete]
        if here:
            changes.append(self._table.update().where(self._is(here)).values(**values))
        try:
            with self._engine.begin() as connection:
                database.bound(connection)
                if not here:
                    new = self._table.insert().values(learner=target, **values)
                    connection.execute(new)
                for change in changes:
                    if connection.execute(change).rowcount != 1:
                        raise _Conflict
        except IntegrityError:  # somebody else made the row
            if here:
                raise
            raise _Conflict from None

    def _is(self, row: _Row) -> Any:
        columns = self._table.c
        return (columns.learner == row.learner) & (columns.version == row.version)

    def _prepare(self) -> None:
        """Make the table, unless it is there; several servers may start at once."""
        from sqlalchemy import inspect
        from sqlalchemy.exc import DBAPIError
        from sqlalchemy.schema import CreateTable

        if self._ready:
            return
        if not inspect(self._engine).has_table(self._table.name):
            try:
                with self._engine.begin() as connection:
                    connection.execute(CreateTable(self._table, if_not_exists=True))
            except DBAPIError:  # PostgreSQL lets two pass that check, and then one fail
                if not inspect(self._engine).has_table(self._table.name):
                    raise
        self._ready = True


def _text(stored: str | bytes) -> str:
    """SQLite keeps whatever a column is given."""
    if isinstance(stored, str):
        return stored
    return stored.decode("utf-8", "surrogateescape")


def row_keys(learner: str) -> list[str]:
    """The keys of a learner's rows; the first is the learner's own."""
    more = (f"{learner}\n{number}" for number in range(1, ROWS))
    return [learner, *(hashlib.sha256(key.encode()).hexdigest() for key in more)]
