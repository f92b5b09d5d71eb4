"""Connections: SQLite in a file, which loses nothing that was acknowledged, or PostgreSQL by URL."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVarTuple
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, Row, Select, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

from critparse.errors import MissingExtra, StoreError

Columns = TypeVarTuple("Columns")
_WAIT = 30
"""Seconds that SQLite waits for another writer."""
WRITES = "critparse_writes"
"""The execution option with which a transaction says that it will write."""
_LOG = 0x63726974
"""The number of PostgreSQL's lock on the log; any would do that nobody else in the database uses."""
_turns: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
"""Of each SQLite engine, whose turn it is to write: SQLite lets writers sleep and try again, some for seconds."""


def connect(database: str) -> Engine:
    """The engine of a database URL: ``sqlite:///review.db``, ``postgresql://user@host/name``, or a path of a file.

    Raises:
        StoreError: the URL is none, or of another kind of database, or the file's folder is not there.
        MissingExtra: PostgreSQL's driver is not installed.
    """
    url = _url(database)
    if url.get_backend_name() == "postgresql":
        if importlib.util.find_spec("psycopg") is None:
            raise MissingExtra(what="PostgreSQL", packages="psycopg", extra="postgres")
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10)
    if url.get_backend_name() != "sqlite":
        raise StoreError(where=shown(url), reason="it is neither SQLite nor PostgreSQL")
    if not url.database or url.database == ":memory:":
        raise StoreError(where=shown(url), reason="SQLite needs a file")
    if not Path(url.database).absolute().parent.is_dir():
        raise StoreError(where=shown(url), reason="there is no such folder")
    engine = create_engine(url, connect_args={"timeout": _WAIT}, pool_size=10, max_overflow=40)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    _turns[engine] = threading.Lock()
    return engine


def shown(url: URL) -> str:
    """A URL without its password."""
    return url.render_as_string(hide_password=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads, and sees the database as it was when it began, whatever others write meanwhile.

    Raises:
        StoreError: the database does not answer.
    """
    with _translated(engine), Session(engine, expire_on_commit=False) as session:
        if engine.dialect.name == "postgresql":  # SQLite's transactions are so anyway
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def ask(engine: Engine, query: Select[*Columns], **parameters: object) -> Row[*Columns] | None:
    """The first row of one question: half the time that a session takes, for what every request asks.

    Raises:
        StoreError: the database does not answer.
    """
    with _translated(engine), engine.connect() as connection:
        return connection.execute(query, parameters).first()


def at_hand(engine: Engine) -> bool:
    """Whether a short question is answered at once: from a file, in which writers keep no reader waiting."""
    return engine.dialect.name == "sqlite"


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that writes; it is committed at its end, or nothing of it is kept.

    SQLite takes its one write lock at the beginning: what is read here cannot have changed when it is written.
    """
    turn = _turns.get(engine) or nullcontext()
    with turn, _translated(engine), Session(engine, expire_on_commit=False) as session, session.begin():
        session.connection(execution_options={WRITES: True})
        yield session


def in_turn(session: Session) -> None:
    """Wait until no other is between here and its commit, so that events are committed in the order of their numbers.

    Who asks for what came after an event would otherwise miss one with a lower number that was committed later. In
    SQLite, :func:`writing` is such a place already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOG)))


def _url(database: str) -> URL:
    try:
        return make_url(database if "://" in database else f"sqlite:///{database}")
    except (ArgumentError, ValueError) as error:
        raise StoreError(where="given", reason="it is no URL (sqlite:///FILE or postgresql://…)") from error


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where _begin says so
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    # past SQLAlchemy, which takes its time: every request does this; it touches no file, so no error needs translating
    opened = connection.connection.driver_connection
    assert opened is not None
    opened.execute("BEGIN")


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
        raise StoreError(where=shown(engine.url), reason=reason) from error
