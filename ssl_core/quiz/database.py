"""The progress store's database: its URL, its driver, and the one table.

SQLAlchemy is imported where it is asked for: a server without sign-in needs none.
"""

from typing import TYPE_CHECKING, Any

from ssl_core.quiz.serialization import LARGEST

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, Table

WAIT_SECONDS = 3  # for a connection, a lock, or a place in the pool
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_ALLOWED = "allowed are sqlite:///FILE and postgresql://USER:PASSWORD@HOST/NAME"


def engine(url: str) -> "Engine":
    """Connections to a database, none of them opened yet.

    Raises:
        ValueError: one sentence, if the URL is none or a package is missing. It never
            repeats the URL, in which a password may stand.
    """
    checked = _checked(url)
    from sqlalchemy import create_engine, event

    patience: dict[str, Any] = {"timeout": WAIT_SECONDS}
    if checked.drivername != "sqlite":
        patience = {
            "connect_timeout": WAIT_SECONDS,
            "tcp_user_timeout": 1000 * WAIT_SECONDS,
            "prepare_threshold": None,  # a pooler in between may not know them
        }
    try:
        made = create_engine(
            checked,
            connect_args=patience,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_timeout=WAIT_SECONDS,
        )
    except ImportError:
        raise ValueError(
            "psycopg is not installed on this server; requirements-accounts.txt has it"
        ) from None
    if checked.drivername == "sqlite":
        event.listen(made, "connect", _decode_leniently)
    return made


def table() -> "Table":
    """A row a learner: progress as JSON, and how often it was written."""
    from sqlalchemy import (
        BigInteger,
        CheckConstraint,
        Column,
        Integer,
        MetaData,
        String,
        Table,
        Text,
    )

    return Table(
        "progress",
        MetaData(),
        Column("learner", String(64), primary_key=True),
        Column(
            "text", Text, CheckConstraint(f"length(text) <= {LARGEST}"), nullable=False
        ),
        Column("version", Integer, nullable=False),
        Column("updated", BigInteger, nullable=False),
    )


def bound(connection: "Connection") -> None:
    """Let no statement of this transaction hang."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"SET LOCAL statement_timeout = {1000 * WAIT_SECONDS}"
        )


def _decode_leniently(connection: Any, _: object) -> None:
    """A damaged row is its learner's alone: SQLite would fail as if it were down."""
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")


def _checked(url: str) -> "URL":
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError:
        raise ValueError(
            "SQLAlchemy is not installed on this server; requirements-accounts.txt has it"
        ) from None
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(
            f"CONTRASTIVE_DATABASE is no URL of a database; {_ALLOWED}"
        ) from None
    driver = _DRIVERS.get(parsed.drivername.partition("+")[0])
    if driver is None:
        kind = parsed.drivername[:20]
        raise ValueError(f"CONTRASTIVE_DATABASE is a URL of {kind!r}; {_ALLOWED}")
    if parsed.database in (None, "", ":memory:"):
        raise ValueError(f"CONTRASTIVE_DATABASE names no database; {_ALLOWED}")
    return parsed.set(drivername=driver)
