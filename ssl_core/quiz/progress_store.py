"""Progress of signed-in learners in SQL: a row each, merged by whoever writes it.

SQLAlchemy is imported where a store is opened: a server without sign-in needs none.
"""

import logging
import time
from typing import Any

from ssl_core.quiz import accounts, database
from ssl_core.quiz.progress import Progress
from ssl_core.quiz.serialization import dumps, loads

REST_SECONDS = 15.0  # that a database which failed is left alone
WRITES = 100  # attempts to write a row that others write as well
log = logging.getLogger(__name__)


class StoreUnavailable(Exception):
    """The database does not answer, or refuses; one sentence."""


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

    def join(self, learner: str, own: Progress, since: int = 0) -> Progress:
        """Bring a learner's row and a visit's progress together, and keep the result.

        Two visits may write at once: who finds another version than was read reads
        again.

        Args:
            learner: :func:`ssl_core.quiz.accounts.key`.
            own: the visit's progress.
            since: what ``own.forgotten`` was after the last join of this visit.

        Returns:
            Both in one, as the row now holds it.

        Raises:
            StoreUnavailable: nothing is lost; try again later.
            ValueError: what the row holds cannot be read. It stays as it is until its
                learner forgets all.
        """
        from sqlalchemy.exc import SQLAlchemyError

        if time.monotonic() < self._rests_until:
            raise StoreUnavailable("the server's database does not answer")
        try:
            self._prepare()
            for _ in range(WRITES):
                both = self._joined_once(learner, own, since)
                if both is not None:
                    return both
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

    def _joined_once(self, learner: str, own: Progress, since: int) -> Progress | None:
        """Both in one; None if somebody else wrote in between."""
        text, version = self._read(learner)
        both = own
        if text is not None and (kept := _kept(text, own.forgotten > since)):
            both = accounts.joined(kept, own, since)
        changed = dumps(both)
        if changed == text or not (text or _begun(both)):
            return both
        written = self._write(learner, changed, version)
        return both if written else None

    def _read(self, learner: str) -> tuple[str | None, int]:
        columns = self._table.c
        asked = self._table.select().where(columns.learner == learner)
        with self._engine.begin() as connection:
            database.bound(connection)
            row = connection.execute(asked).first()
        return (row.text, row.version) if row else (None, 0)

    def _write(self, learner: str, text: str, version: int) -> bool:
        from sqlalchemy.exc import IntegrityError

        columns = self._table.c
        values = {"text": text, "version": version + 1, "updated": int(time.time())}
        statement: Any = self._table.insert().values(learner=learner, **values)
        if version:
            same = (columns.learner == learner) & (columns.version == version)
            statement = self._table.update().where(same).values(**values)
        try:
            with self._engine.begin() as connection:
                database.bound(connection)
                return connection.execute(statement).rowcount == 1
        except IntegrityError:  # somebody else made the row
            if version:
                raise
            return False

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


def _kept(text: str, forgets: bool) -> Progress | None:
    """What a row holds; None if it is damaged, and to be forgotten anyway."""
    try:
        return loads(text)
    except ValueError:
        if forgets:
            return None
        raise


def _begun(progress: Progress) -> bool:
    return bool(
        progress.attempts or progress.lessons or progress.exam or progress.forgotten
    )
