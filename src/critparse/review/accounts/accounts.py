"""Accounts: made by the operator's command or by an admin; closed, never removed, since events name them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from critparse.errors import AccountError, NotFound
from critparse.review.accounts.principal import ROLES, Role
from critparse.review.accounts.secrets import hashed
from critparse.review.store.engine import reading, writing
from critparse.review.store.tables import AttemptTable, SessionTable, UserTable
from critparse.schema.base import Model

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,79}")


class Account(Model):
    """An account, without its password."""

    id: int
    name: str
    role: Role
    active: bool
    created: datetime


class Accounts:
    """The accounts of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Account]:
        """Every account, by name."""
        with reading(self._engine) as session:
            return [_account(row) for row in session.scalars(select(UserTable).order_by(UserTable.name))]

    def add(self, name: str, role: Role, password: str) -> Account:
        """A new account.

        Raises:
            AccountError: the name is taken or none, or the password is too short.
        """
        name = normal(name)
        if not _NAME.fullmatch(name):
            raise AccountError(reason="a name is made of letters, digits and . _ @ -, and begins with one of a-z 0-9")
        if role not in ROLES:
            raise AccountError(reason=f"{role!r} is no role ({', '.join(ROLES)})")
        password = hashed(password)
        with writing(self._engine) as session:
            if session.scalar(select(UserTable.id).where(UserTable.name == name)) is not None:
                raise AccountError(reason=f"there is an account {name} already")
            row = UserTable(name=name, role=role, password=password, active=True, created=datetime.now(UTC))
            session.add(row)
            session.flush()
            return _account(row)

    def change(
        self, name: str, *, role: Role | None = None, active: bool | None = None, password: str | None = None
    ) -> Account:
        """Change an account; with a new password or when it is closed, its sessions end. The lock-out ends, too.

        Raises:
            NotFound: there is none of that name.
            AccountError: no admin would be left, or the password is too short.
        """
        name = normal(name)
        new = hashed(password) if password is not None else None
        with writing(self._engine) as session:
            row = session.scalar(select(UserTable).where(UserTable.name == name).with_for_update())
            if row is None:
                raise NotFound(what=f"account {name}")
            was_admin = _has_admin(session)
            row.role = role or row.role
            row.active = row.active if active is None else active
            row.password = new or row.password
            session.flush()
            if was_admin and not _has_admin(session):
                raise AccountError(reason=f"{name} is the only admin")
            if new or not row.active:
                session.execute(delete(SessionTable).where(SessionTable.account == row.id))
            if new or active:
                session.execute(delete(AttemptTable).where(AttemptTable.name == name))
            return _account(row)

    def any(self) -> bool:
        """Whether there is an account that someone could sign in to."""
        with reading(self._engine) as session:
            return session.scalar(select(UserTable.id).where(UserTable.active.is_(True)).limit(1)) is not None


def normal(name: str) -> str:
    """A name as it is kept."""
    return name.strip().lower()


def _has_admin(session: Session) -> bool:
    query = select(func.count()).where(UserTable.role == "admin", UserTable.active.is_(True))
    return bool(session.scalar(query))


def _account(row: UserTable) -> Account:
    return Account.model_validate({name: getattr(row, name) for name in Account.model_fields})
