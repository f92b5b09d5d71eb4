"""Bringing a database to the present tables when the server starts, after a copy was made of it."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from critparse.errors import StoreError
from critparse.review.store.engine import WRITES, shown

_log = logging.getLogger(__name__)
SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x63726974
"""PostgreSQL's advisory lock that keeps two servers from migrating at once ("crit")."""


def migrate(engine: Engine, scripts: Path = SCRIPTS) -> Path | None:
    """Bring the tables up to date; the copy that was made of an SQLite file before, if one was needed.

    Of PostgreSQL no copy is made (its changes of tables are all or nothing; pg_dump is the operator's).

    Raises:
        StoreError: the database cannot be reached, or was made by a newer critparse.
    """
    try:
        with engine.connect().execution_options(**{WRITES: True}) as connection:
            _lock(connection)
            return _migrate(connection, scripts)
    except (SQLAlchemyError, CommandError, sqlite3.Error) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
        raise StoreError(where=shown(engine.url), reason=reason) from error


def _migrate(connection: Connection, folder: Path) -> Path | None:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present == scripts.get_current_head():
        connection.rollback()
        return None
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        reason = f"a newer critparse made it (revision {present})"
        raise StoreError(where=shown(connection.engine.url), reason=reason)
    copy = _copied(connection, present) if present is not None else None
    _log.info("migrating the database", extra={"from": present, "to": scripts.get_current_head(), "copy": str(copy)})
    command.upgrade(config, "head")
    connection.commit()
    return copy


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _copied(connection: Connection, present: str) -> Path | None:
    """A copy of an SQLite file, made by its own means, so that it is whole whoever writes meanwhile."""
    if connection.dialect.name != "sqlite":
        _log.warning("the tables change; a copy of PostgreSQL is yours to make (pg_dump)")
        return None
    connection.rollback()
    file = Path(str(connection.engine.url.database))
    copy = file.with_name(f"{file.name}.before-{present}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy
