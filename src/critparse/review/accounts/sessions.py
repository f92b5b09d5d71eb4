"""Signing in and out.

A session is a secret in a cookie; the database keeps its digest, so that a copy of it opens nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Engine, bindparam, delete, select, update

from critparse.errors import SignInRefused
from critparse.review.accounts.accounts import normal
from critparse.review.accounts.principal import Known, Principal, Role
from critparse.review.accounts.secrets import digest, drawn, matches
from critparse.review.store.engine import ask, reading, writing
from critparse.review.store.tables import AttemptTable, SessionTable, UserTable

MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
LONGEST, IDLE = timedelta(hours=12), timedelta(hours=2)
"""After which a session ends: since it began, since it was last used."""
_NOTED = timedelta(minutes=5)
"""How exactly its last use is known: not every page needs a write."""
_FORGOTTEN = timedelta(days=1)
_ROLE: TypeAdapter[Role] = TypeAdapter(Role)
_WHOSE = (
    select(UserTable.id, UserTable.name, UserTable.role, UserTable.active)
    .add_columns(SessionTable.csrf, SessionTable.created, SessionTable.seen)
    .join(SessionTable, SessionTable.account == UserTable.id)
    .where(SessionTable.digest == bindparam("digest"))
)
"""Columns, no objects: every page asks this."""


class SignedIn(NamedTuple):
    """A new session: the secret for the cookie, and who it is."""

    secret: str
    principal: Principal


class Sessions:
    """The sessions of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sign_in(self, name: str, password: str) -> SignedIn:
        """A new session. After five failures in a row the name is locked for a quarter of an hour.

        Raises:
            SignInRefused: whatever it is that is wrong.
        """
        name = normal(name)[:80].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
        now = datetime.now(UTC)
        if not self._may_try(name, now):
            raise SignInRefused
        with reading(self._engine) as session:
            account = session.scalar(select(UserTable).where(UserTable.name == name))
        right = matches(password, account.password if account else None)
        if account is None or not right or not account.active:
            raise SignInRefused
        secret, csrf = drawn(), drawn()
        with writing(self._engine) as session:
            session.execute(delete(AttemptTable).where(AttemptTable.name == name))
            session.execute(delete(SessionTable).where(SessionTable.created < now - LONGEST))
            session.add(SessionTable(digest=digest(secret), account=account.id, csrf=csrf, created=now, seen=now))
        return SignedIn(secret, Principal(account.name, _ROLE.validate_python(account.role), account.id, csrf))

    def known(self, secret: str) -> Known | None:
        """Whose session it is; None when there is none, or no more."""
        now = datetime.now(UTC)
        row = ask(self._engine, _WHOSE, digest=digest(secret))
        if row is None or now - row.created > LONGEST or now - row.seen > IDLE or not row.active:
            return None
        principal = Principal(row.name, _ROLE.validate_python(row.role), row.id, row.csrf)
        return Known(principal, unnoted=now - row.seen > _NOTED)

    def note(self, secret: str) -> None:
        """Note that a session was used."""
        with writing(self._engine) as session:
            query = update(SessionTable).where(SessionTable.digest == digest(secret))
            session.execute(query.values(seen=datetime.now(UTC)))

    def sign_out(self, secret: str) -> None:
        """End a session, if there is one."""
        with writing(self._engine) as session:
            session.execute(delete(SessionTable).where(SessionTable.digest == digest(secret)))

    def _may_try(self, name: str, now: datetime) -> bool:
        """Whether the name is not locked; the attempt counts as failed until it succeeds, so that none is free."""
        with writing(self._engine) as session:
            session.execute(delete(AttemptTable).where(AttemptTable.last < now - _FORGOTTEN))
            row = session.get(AttemptTable, name, with_for_update=True)
            if row is None:
                session.add(AttemptTable(name=name, failures=1, last=now))
                return True
            if row.failures >= MOST_FAILURES and now - row.last < LOCKED:
                return False
            row.failures = 1 if row.failures >= MOST_FAILURES else row.failures + 1
            row.last = now
            return True
