"""The inbox: which trials wait for a decision, worst first, page by page.

A page begins behind the last row of the one before (its cursor), so that the thousandth page is as quick as the first
and nothing is shown twice while others work.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from critparse.errors import InputError
from critparse.review.events import State
from critparse.review.store.fulltext import having
from critparse.review.store.tables import FindingTable, TrialTable
from critparse.schema import Severity
from critparse.schema.base import Model

_WEIGHTS = {"error": 1_000_000, "warning": 1_000, "info": 1}
_MOST = 999
_BIGGEST = 2**53


def weight(errors: int, warnings: int, infos: int) -> int:
    """The order of the inbox as one number: errors count before warnings, warnings before notes."""
    return errors * _WEIGHTS["error"] + min(warnings, _MOST) * _WEIGHTS["warning"] + min(infos, _MOST)


class Cursor(NamedTuple):
    """The last row of a page."""

    weight: int
    id: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.weight, self.id]).encode()).decode().rstrip("=")

    @classmethod
    def behind(cls, trial: TrialRow) -> Cursor:
        """The place behind a trial."""
        return cls(weight(trial.open_errors, trial.open_warnings, trial.open_infos), trial.id)

    @classmethod
    def read(cls, given: str) -> Cursor:
        """A cursor that a page handed out.

        Raises:
            InputError: it is none.
        """
        try:
            found, number = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
            if not all(type(one) is int and 0 <= one < _BIGGEST for one in (found, number)):
                raise ValueError(given)
        except (ValueError, TypeError, RecursionError):
            raise InputError(where="the cursor", reason="it is none that a page handed out") from None
        return cls(found, number)


class Inbox(Model):
    """What is asked for. ``state`` belongs to ``code`` and ``severity``: trials with such a finding in that state.

    ``state=None`` with neither of them: all trials. ``search``: beginnings of words that must all stand somewhere in
    number, title, conditions, texts or the messages of findings; capitals, accents and signs do not count.
    """

    state: State | None = "open"
    code: str | None = None
    severity: Severity | None = None
    registry: str | None = None
    search: str = ""
    corrected: bool | None = None
    after: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class TrialRow(Model):
    """A trial as the inbox lists it."""

    id: int
    version: int
    trial_id: str | None
    title: str | None
    registry: str
    parser: str
    open_errors: int
    open_warnings: int
    open_infos: int
    findings: int
    corrected: bool
    submitted: datetime
    changed: datetime


_NAMES = tuple(TrialRow.model_fields)
_ATTRIBUTES = tuple("register" if name == "registry" else name for name in _NAMES)


class Page(NamedTuple):
    """Some trials, and where the next page begins; None at the end."""

    trials: list[TrialRow]
    next: Cursor | None


def page(session: Session, wanted: Inbox) -> Page:
    """The trials that are asked for."""
    query = _filtered(select(*_columns()), wanted, session.get_bind().dialect.name)
    if wanted.after is not None:
        last, number = wanted.after
        behind = and_(TrialTable.weight == last, TrialTable.id > number)
        query = query.where(TrialTable.weight <= last, or_(TrialTable.weight < last, behind))
    query = query.order_by(TrialTable.weight.desc(), TrialTable.id).limit(wanted.limit + 1)
    found = [_row(values) for values in session.connection().execute(query)]  # no objects are wanted
    rows = found[: wanted.limit]
    return Page(rows, Cursor.behind(rows[-1]) if len(found) > wanted.limit else None)


def row(trial: TrialTable) -> TrialRow:
    """A trial as the inbox lists it."""
    return _row([getattr(trial, name) for name in _ATTRIBUTES])


def _row(values: Sequence[Any]) -> TrialRow:
    return TrialRow.model_construct(**dict(zip(_NAMES, values, strict=True)))  # the columns have the types already


@functools.cache
def _columns() -> list[InstrumentedAttribute[Any]]:
    """Columns, no objects: half the time of a page."""
    return [getattr(TrialTable, name) for name in _ATTRIBUTES]


def _filtered(query: Select[Any], wanted: Inbox, dialect: str) -> Select[Any]:
    if wanted.code or wanted.severity or wanted.state not in {None, "open"}:
        query = query.where(exists().where(*_about(wanted)))
    elif wanted.state == "open":
        query = query.where(TrialTable.weight > 0)
    if wanted.registry is not None:
        query = query.where(TrialTable.register == wanted.registry)
    if wanted.corrected is not None:
        query = query.where(TrialTable.corrected == wanted.corrected)
    if wanted.search.strip():
        query = query.where(having(wanted.search, dialect))
    return query


def _about(wanted: Inbox) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [FindingTable.trial == TrialTable.id, FindingTable.present.is_(True)]
    if wanted.state is not None:
        conditions.append(FindingTable.state == wanted.state)
    if wanted.code is not None:
        conditions.append(FindingTable.code == wanted.code)
    if wanted.severity is not None:
        conditions.append(FindingTable.severity == wanted.severity)
    return conditions
