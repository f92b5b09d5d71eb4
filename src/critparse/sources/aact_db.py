"""AACT as a live PostgreSQL database, by connection string: ``postgresql://user:password@host/aact``.

The part behind ``?`` may hold, besides what PostgreSQL knows, ``nct_id`` (numbers with commas between them: these
trials only) and ``schema`` (of the tables; ``ctgov`` when not given). Passwords do not show in names, messages or
outputs; they may also be where PostgreSQL looks for them (``PGPASSWORD``, ``~/.pgpass``). Needs the extra ``[aact]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from critparse.errors import DatabaseError, EmptyInput, InputError, MissingExtra, UnknownTrial
from critparse.sources.containers import Item

if TYPE_CHECKING:
    from psycopg import sql

SCHEMES = ("postgresql", "postgres")
SCHEMA = "ctgov"
_BATCH = 500  # rows that are in memory at a time
_CONNECT_TIMEOUT = "10"  # seconds
_OURS = ("nct_id", "schema")
_QUERY = """
    select e.nct_id, e.gender, e.minimum_age, e.maximum_age, e.healthy_volunteers, e.criteria,
      s.brief_title, s.official_title, s.phase, s.enrollment,
      (select b.description from {schema}.brief_summaries b where b.nct_id = e.nct_id limit 1) as brief_summary,
      (select d.description from {schema}.detailed_descriptions d where d.nct_id = e.nct_id limit 1)
        as detailed_description,
      (select array_agg(c.name order by c.id) from {schema}.conditions c where c.nct_id = e.nct_id) as conditions
    from {schema}.eligibilities e left join {schema}.studies s on s.nct_id = e.nct_id
    {where} order by e.nct_id
"""


def is_connection(text: str) -> bool:
    """Whether the text is the connection string of a PostgreSQL database."""
    return text.partition("://")[0].lower() in SCHEMES and "://" in text


@dataclass(frozen=True, slots=True, repr=False)
class Database:
    """What a connection string says: for PostgreSQL (``connection``), and for us. It shows without the password."""

    connection: str
    name: str
    trials: tuple[str, ...]
    schema: str
    secrets: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Database:
        """Read a connection string.

        Raises:
            InputError: it cannot be understood.
        """
        try:
            url = urlsplit(text)
            _ = url.port
        except ValueError:
            url = None
        if url is None or text.count("@") > 1 or "@" in url.path + url.query or "#" in text:
            reason = "the connection string cannot be understood; in a password, write %40 for @, %23 for #, and so on"
            raise InputError(where="the database", reason=reason)
        pairs = [pair.partition("=") for pair in url.query.split("&") if pair]
        given = {unquote(key): unquote(value) for key, _, value in pairs}
        theirs = [key + sign + value for key, sign, value in pairs if unquote(key) not in _OURS]
        if "connect_timeout" not in given:
            theirs.append(f"connect_timeout={_CONNECT_TIMEOUT}")
        secrets = [url.password, unquote(url.password or ""), given.get("password"), given.get("sslpassword")]
        return cls(
            connection=f"{text.partition('?')[0]}?{'&'.join(theirs)}",
            name=_without_secrets(url),
            trials=tuple(re.findall(r"[^\s,]+", given.get("nct_id", "").upper())),
            schema=given.get("schema") or SCHEMA,
            secrets=tuple(secret for secret in secrets if secret),
        )

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    def items(self) -> Iterator[Item]:
        """One record for each trial, in the order of their numbers, as they come in; an error for one not there.

        Raises:
            MissingExtra: psycopg is not installed.
            DatabaseError: the database cannot be reached or read.
            EmptyInput: it holds no trial.
        """
        try:
            import psycopg
        except ImportError:
            what = "reading from a PostgreSQL database"
            raise MissingExtra(what=what, packages="psycopg", extra="aact") from None
        with self._translated(psycopg), psycopg.connect(self.connection) as connection:
            connection.read_only = True
            with connection.cursor("critparse", row_factory=psycopg.rows.dict_row) as cursor:
                cursor.itersize = _BATCH
                cursor.execute(self._query(), {"trials": list(self.trials)})
                missing = dict.fromkeys(self.trials)
                found = False
                for row in cursor:
                    found = True
                    missing.pop(row["nct_id"], None)
                    yield f"{self.name}, {row['nct_id']}", row
        if not (found or missing):
            raise EmptyInput(where=self.name)
        for trial in missing:
            yield f"{self.name}, {trial}", UnknownTrial(where=trial, registry=self.name)

    def _query(self) -> sql.Composed:
        from psycopg import sql

        where = sql.SQL("where e.nct_id = any(%(trials)s)" if self.trials else "")
        return sql.SQL(_QUERY).format(schema=sql.Identifier(self.schema), where=where)

    @contextmanager
    def _translated(self, library: Any) -> Iterator[None]:
        """What PostgreSQL says against it, on one line and without the password."""
        try:
            yield
        except library.Error as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            for secret in self.secrets:
                reason = reason.replace(secret, "***")
            raise DatabaseError(where=self.name, reason=reason) from None


def _without_secrets(url: SplitResult) -> str:
    """The address of the database, fit to be shown: user, host, port and database."""
    user = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{user}{url.hostname or ''}{port}{url.path}"
