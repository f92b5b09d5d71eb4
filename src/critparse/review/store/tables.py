"""The tables. ``event`` is only ever added to; ``trial`` and ``finding`` hold what the events add up to."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only what is called INTEGER


class Moment(TypeDecorator[datetime]):
    """A point in time, in UTC also where the database knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables."""


class Blob(Base):
    """Bytes by their SHA-256: records as uploaded, documents as JSON; compressed with zlib."""

    __tablename__ = "blob"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class TrialTable(Base):
    """A trial as the last event left it, with what the inbox asks for.

    ``words``: those by which it is found (:mod:`~critparse.review.store.words`), read from here only when they change;
    ``weight``: open errors, warnings and notes as one number, the worst trial first.
    """

    __tablename__ = "trial"
    __table_args__ = (
        Index("ix_trial_weight", "weight", "id"),
        Index("ix_trial_registry", "registry", "weight", "id"),
        Index("ix_trial_corrected", "corrected", "weight", "id"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    version: Mapped[int]
    trial_id: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    register: Mapped[str] = mapped_column("registry", String(60))
    parser: Mapped[str] = mapped_column(String(300))
    words: Mapped[str] = mapped_column(Text, deferred=True)
    weight: Mapped[int] = mapped_column(Number)
    open_errors: Mapped[int]
    open_warnings: Mapped[int]
    open_infos: Mapped[int]
    findings: Mapped[int]
    corrected: Mapped[bool]
    submitted: Mapped[datetime] = mapped_column(Moment)
    changed: Mapped[datetime] = mapped_column(Moment)
    document: Mapped[str] = mapped_column(ForeignKey("blob.digest"))
    origin: Mapped[str] = mapped_column(Text)


class FindingTable(Base):
    """A finding with what people decided; ``present``: the document still has it, at ``position`` of its list."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_of", "trial", "state", "present", "code", "severity"),  # has this trial such a finding?
        Index("ix_finding_open", "state", "present", "code", "severity", "trial"),  # how many are there?
    )

    trial: Mapped[int] = mapped_column(ForeignKey("trial.id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(40), primary_key=True)
    code: Mapped[str] = mapped_column(String(80))
    severity: Mapped[str] = mapped_column(String(10))
    present: Mapped[bool]
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    who: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime | None] = mapped_column(Moment)
    data: Mapped[str] = mapped_column(Text)


class EventTable(Base):
    """The log. No trial has two events of one version: that is what keeps curators from overwriting each other."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_trial", "trial", "version", unique=True),)

    sequence: Mapped[int] = mapped_column(Number, primary_key=True)
    trial: Mapped[int] = mapped_column(ForeignKey("trial.id"))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)
    who: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    what: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(ForeignKey("blob.digest"))


class UserTable(Base):
    """An account. ``name`` is in lower case; accounts are closed, never removed: events name them."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(10))
    password: Mapped[str] = mapped_column(String(300))
    active: Mapped[bool]
    created: Mapped[datetime] = mapped_column(Moment)


class SessionTable(Base):
    """Someone signed in. ``digest``: of what the cookie holds, which is kept nowhere."""

    __tablename__ = "session"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment)
    seen: Mapped[datetime] = mapped_column(Moment)


class TokenTable(Base):
    """A token for programs; it is shown once and kept as its digest."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    account: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(Moment)
    expires: Mapped[datetime | None] = mapped_column(Moment)
    used: Mapped[datetime | None] = mapped_column(Moment)


class AttemptTable(Base):
    """Failed attempts to sign in, by the name that was given, whether or not there is such an account."""

    __tablename__ = "attempt"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    last: Mapped[datetime] = mapped_column(Moment)
