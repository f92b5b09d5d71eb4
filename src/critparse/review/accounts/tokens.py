"""Tokens for programs: shown once, kept as digests, revoked one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Engine, bindparam, delete, select, update

from critparse.errors import AccountError, NotFound
from critparse.review.accounts.accounts import normal
from critparse.review.accounts.principal import Known, Principal, Role
from critparse.review.accounts.secrets import digest, drawn
from critparse.review.store.engine import ask, reading, writing
from critparse.review.store.tables import TokenTable, UserTable
from critparse.schema.base import Model

PREFIX = "critparse_"
"""How every token begins, so that scanners for leaked secrets can know one."""
_NOTED = timedelta(minutes=5)
_LONGEST = 80
_ROLE: TypeAdapter[Role] = TypeAdapter(Role)
_WHOSE = (
    select(UserTable.id, UserTable.name, UserTable.role, UserTable.active, TokenTable.expires, TokenTable.used)
    .join(TokenTable, TokenTable.account == UserTable.id)
    .where(TokenTable.digest == bindparam("digest"))
)


class Token(Model):
    """A token, without its secret."""

    id: int
    label: str
    created: datetime
    expires: datetime | None
    used: datetime | None


class Tokens:
    """The tokens of a database. A token may what its account may."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, label: str, days: int | None = None) -> tuple[Token, str]:
        """A new token of an account, and its secret, which nobody can show again.

        Raises:
            NotFound: there is no such account.
            AccountError: the label is empty or too long.
        """
        label = " ".join(label.replace("\0", " ").split())
        if not 1 <= len(label) <= _LONGEST:
            raise AccountError(reason=f"the label of a token has 1 to {_LONGEST} characters")
        secret, now = PREFIX + drawn(), datetime.now(UTC)
        with writing(self._engine) as session:
            account = session.scalar(select(UserTable.id).where(UserTable.name == normal(name)))
            if account is None:
                raise NotFound(what=f"account {name}")
            expires = None if days is None else now + timedelta(days=days)
            row = TokenTable(digest=digest(secret), account=account, label=label, created=now, expires=expires)
            session.add(row)
            session.flush()
            return _token(row), secret

    def of(self, account: int) -> list[Token]:
        """The tokens of an account."""
        with reading(self._engine) as session:
            query = select(TokenTable).where(TokenTable.account == account).order_by(TokenTable.id)
            return [_token(row) for row in session.scalars(query)]

    def revoke(self, account: int, id: int) -> None:
        """End a token of an account.

        Raises:
            NotFound: it has none of that number.
        """
        with writing(self._engine) as session:
            found = session.execute(
                delete(TokenTable).where(TokenTable.id == id, TokenTable.account == account).returning(TokenTable.id)
            )
            if found.first() is None:
                raise NotFound(what=f"token {id}")

    def known(self, secret: str) -> Known | None:
        """Whose token it is; None when there is none, or no more."""
        now = datetime.now(UTC)
        row = ask(self._engine, _WHOSE, digest=digest(secret))
        if row is None or not row.active or (row.expires is not None and row.expires <= now):
            return None
        principal = Principal(row.name, _ROLE.validate_python(row.role), row.id)
        return Known(principal, unnoted=row.used is None or now - row.used > _NOTED)

    def note(self, secret: str) -> None:
        """Note that a token was used."""
        with writing(self._engine) as session:
            query = update(TokenTable).where(TokenTable.digest == digest(secret))
            session.execute(query.values(used=datetime.now(UTC)))


def _token(row: TokenTable) -> Token:
    return Token.model_validate({name: getattr(row, name) for name in Token.model_fields})
