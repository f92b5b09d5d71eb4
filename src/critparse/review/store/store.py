"""Trials and their log.

Every write is one transaction: the event, the blobs it names, and the state that comes of it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from critparse.errors import NotFound, StoreError, VersionConflict
from critparse.review.carry import corrections
from critparse.review.events import Decision, Digest, Event, Origin, State, Submitted, What
from critparse.review.remembered import Remembered, Summary
from critparse.review.state import TrialState, Verdict, advance, replay
from critparse.review.store import inbox
from critparse.review.store.blobs import Documents, blob, keep
from critparse.review.store.engine import ask, in_turn, reading, writing
from critparse.review.store.excerpts import Excerpt, excerpts, missing
from critparse.review.store.projection import project
from critparse.review.store.tables import Blob, EventTable, FindingTable, TrialTable
from critparse.review.store.words import Said
from critparse.schema import Finding, ParsedTrial
from critparse.schema.base import Model

_WHAT: TypeAdapter[What] = TypeAdapter(What)
_STATE: TypeAdapter[State] = TypeAdapter(State)
_VERSION = select(TrialTable.version).where(TrialTable.id == bindparam("trial"))
_LAST = select(func.max(EventTable.sequence))
_REMEMBERED = 20_000
"""Findings of trials that are remembered."""
_LISTED = 2_000
"""Rows of the inbox that are remembered."""


class FindingRow(Model):
    """A finding of a trial with what people decided; ``fingerprint`` names it within the trial."""

    fingerprint: str
    finding: Finding
    state: State
    reason: str
    who: str | None
    at: datetime | None


class Trial(NamedTuple):
    """A trial as it is now: what the inbox says of it, its document, its findings."""

    row: inbox.TrialRow
    state: TrialState
    document: ParsedTrial
    findings: tuple[FindingRow, ...]

    @property
    def id(self) -> int:
        """Its number in the workbench."""
        return self.row.id

    @property
    def version(self) -> int:
        """How many events it has had."""
        return self.row.version


class Standing(NamedTuple):
    """A trial without its document. A version of it never changes, so what was read of it can be remembered."""

    row: inbox.TrialRow
    state: TrialState
    findings: tuple[FindingRow, ...]

    @property
    def id(self) -> int:
        """Its number in the workbench."""
        return self.row.id

    @property
    def version(self) -> int:
        """How many events it has had."""
        return self.row.version


class CodeCount(NamedTuple):
    """How many trials and findings of a code are open."""

    code: str
    severity: str
    trials: int
    findings: int


class OpenCode(NamedTuple):
    """How many findings of a code are open in a trial."""

    code: str
    severity: str
    findings: int


class Overview(NamedTuple):
    """What there is in all trials."""

    codes: list[CodeCount]
    """What is open, by code, most trials first; with very many trials, as it was some seconds ago."""
    registries: list[tuple[str, int]]
    """The registries there are, with the number of their trials."""


class Listing(NamedTuple):
    """A page of the inbox, and what stands around it."""

    page: inbox.Page
    open_codes: dict[int, tuple[OpenCode, ...]]
    """What is open in each trial of the page, in the order of the findings."""
    overview: Overview


_Listed = tuple[inbox.Page, dict[int, tuple[OpenCode, ...]]]


class Exists(Exception):
    """There is a trial of this key already; ``id`` is its number."""

    def __init__(self, id: int) -> None:
        self.id = id
        super().__init__(f"trial {id}")


class Store:
    """Trials, findings and events in a database that :func:`migrate` has prepared. Safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._documents = Documents()
        self._standings: Remembered[tuple[int, int], Standing] = Remembered(_REMEMBERED)
        self._open: Remembered[tuple[int, int], tuple[OpenCode, ...]] = Remembered(_REMEMBERED)
        self._listed: Remembered[tuple[inbox.Inbox, int], _Listed] = Remembered(_LISTED)
        self._known: Summary[Overview] = Summary()

    # --- writing -----------------------------------------------------------------------------------------------------

    def submit(self, who: str, what: Submitted, blobs: tuple[bytes, ...]) -> Trial:
        """A new trial; ``blobs``: what the event names by digest.

        Raises:
            Exists: there is one of its key.
        """
        try:
            with writing(self._engine) as session:
                known = session.scalar(select(TrialTable.id).where(TrialTable.key == what.key))
                if known is not None:
                    raise Exists(known)
                keep(session, blobs)
                now = datetime.now(UTC)
                event = Event(sequence=0, trial=0, version=1, at=now, who=who, what=what)
                state = advance(None, event)
                trial = TrialTable(key=what.key, submitted=now)
                project(session, trial, state, self._documents.get(session, state.document), now, corrected=False)
                _log(session, trial.id, event, state.document)
                return self._whole(session, _standing(session, trial))
        except StoreError as error:
            if isinstance(error.__cause__, IntegrityError) and (known := self.find(what.key)) is not None:
                raise Exists(known) from None  # another submitted it at the same moment
            raise

    def append(self, id: int, expected: int, who: str, what: What, blobs: tuple[bytes, ...] = ()) -> Trial:
        """The trial after one more event.

        Raises:
            NotFound: there is no such trial.
            VersionConflict: it is at another version than ``expected``.
        """
        with writing(self._engine) as session:
            trial = session.get(TrialTable, id, with_for_update=True)
            if trial is None:
                raise NotFound(what=f"trial {id}")
            if trial.version != expected:
                raise VersionConflict(trial=id, expected=expected, version=trial.version)
            keep(session, blobs)
            now = datetime.now(UTC)
            before = _state(trial, _findings(session, trial))
            event = Event(sequence=0, trial=id, version=expected + 1, at=now, who=who, what=what)
            state = advance(before, event)
            document = self._documents.get(session, state.document)
            same = (state.document, state.origin) == (before.document, before.origin)
            corrected = trial.corrected if same else self._is_corrected(session, state, document)
            project(session, trial, state, document, now, corrected=corrected)
            _log(session, id, event, state.document)
            after = _standing(session, trial)
        self._remember(after)
        return Trial(after.row, after.state, document, after.findings)

    # --- reading -----------------------------------------------------------------------------------------------------

    def trial(self, id: int) -> Trial:
        """A trial as it is now.

        Raises:
            NotFound: there is no such trial.
        """
        found = self.standing(id)
        return Trial(found.row, found.state, self.document(found.state.document), found.findings)

    def standing(self, id: int) -> Standing:
        """A trial as it is now, but for its document, which takes longest to read.

        Raises:
            NotFound: there is no such trial.
        """
        known = self.remembered(id)
        if known is not None:
            return known
        with reading(self._engine) as session:
            return self._remember(_standing(session, session.get_one(TrialTable, id)))

    def remembered(self, id: int) -> Standing | None:
        """The same, where it was read before: one short question.

        Raises:
            NotFound: there is no such trial.
        """
        row = ask(self._engine, _VERSION, trial=id)
        if row is None:
            raise NotFound(what=f"trial {id}")
        return self._standings.get((id, row.version))

    def find(self, key: str) -> int | None:
        """The number of the trial with this key (its registry number, where it has one)."""
        with reading(self._engine) as session:
            return session.scalar(select(TrialTable.id).where(TrialTable.key == key))

    def page(self, wanted: inbox.Inbox) -> inbox.Page:
        """A page of the inbox."""
        with reading(self._engine) as session:
            return inbox.page(session, wanted)

    def excerpts(self, trials: list[inbox.TrialRow], search: str) -> dict[int, list[Excerpt]]:
        """Where trials have what was searched, of those that do not say all of it in number and title."""
        if not search:
            return {}
        wanted = {one.id: missing(search, f"{one.trial_id or ''} {one.title or ''}") for one in trials}
        sought = [trial for trial, words in wanted.items() if words]
        query = select(TrialTable.id, Blob.data).join(Blob, Blob.digest == TrialTable.document)
        with reading(self._engine) as session:
            rows = session.execute(query.where(TrialTable.id.in_(sought))).all() if sought else ()
        return {trial: excerpts(Said.model_validate_json(zlib.decompress(data)), wanted[trial]) for trial, data in rows}

    def listing(self, wanted: inbox.Inbox) -> Listing:
        """A page of the inbox, and what stands around it, all as of one moment."""
        with reading(self._engine) as session:
            last = _last(session)
            known = self._listed.get((wanted, last))
            if known is None:
                found = inbox.page(session, wanted)
                known = found, self._open_codes(session, found.trials)
                self._listed.put((wanted, last), known, 1 + len(found.trials))
            return Listing(*known, self._overview(session, last))

    def overview(self) -> Overview:
        """What there is in all trials."""
        with reading(self._engine) as session:
            return self._overview(session, _last(session))

    def events(self, trial: int | None = None, *, after: int = 0, limit: int = 100) -> list[Event]:
        """Events with a sequence number above ``after``, of one trial or of all.

        Raises:
            NotFound: there is no such trial.
        """
        query = select(EventTable).where(EventTable.sequence > after).order_by(EventTable.sequence).limit(limit)
        with reading(self._engine) as session:
            if trial is not None:
                if session.get(TrialTable, trial) is None:
                    raise NotFound(what=f"trial {trial}")
                query = query.where(EventTable.trial == trial)
            return [_event(row) for row in session.scalars(query)]

    def event(self, trial: int, version: int) -> Event:
        """The event that made a version of a trial.

        Raises:
            NotFound: there is no such version.
        """
        return _event(self._event_row(trial, version))

    def document_at(self, trial: int, version: int) -> bytes:
        """The document, as JSON, as a version had it.

        Raises:
            NotFound: there is no such version.
        """
        return self.blob(self._event_row(trial, version).document)

    def blob(self, digest: Digest) -> bytes:
        """The bytes of a digest.

        Raises:
            NotFound: there are none.
        """
        with reading(self._engine) as session:
            return blob(session, digest)

    def document(self, digest: Digest) -> ParsedTrial:
        """The document of a digest.

        Raises:
            NotFound: there is none.
        """
        known = self._documents.known(digest)
        if known is not None:
            return known
        with reading(self._engine) as session:
            return self._documents.get(session, digest)

    def corrected(self) -> Iterator[Trial]:
        """Every trial that people have corrected, in the order of submission."""
        last = 0
        while True:
            query = (
                select(TrialTable).where(TrialTable.corrected, TrialTable.id > last).order_by(TrialTable.id).limit(50)
            )
            with reading(self._engine) as session:
                found = [self._whole(session, _standing(session, one)) for one in session.scalars(query)]
            if not found:
                return
            yield from found
            last = found[-1].id

    def replayed(self, id: int) -> TrialState:
        """The state of a trial worked out anew from its log."""
        events, after = [], 0
        while batch := self.events(id, after=after, limit=1000):
            events.extend(batch)
            after = batch[-1].sequence
        return replay(events)

    def _open_codes(self, session: Session, trials: list[inbox.TrialRow]) -> dict[int, tuple[OpenCode, ...]]:
        known = {one.id: self._open.get((one.id, one.version)) for one in trials}
        unknown = {one.id: one.version for one in trials if known[one.id] is None}
        for trial, codes in _open_codes(session, list(unknown)).items():
            known[trial] = self._open.put((trial, unknown[trial]), codes, 1 + len(codes))
        return {trial: codes or () for trial, codes in known.items()}

    def _overview(self, session: Session, last: int) -> Overview:
        return self._known.get(last, lambda: Overview(_codes(session), _registries(session)))

    def _remember(self, found: Standing) -> Standing:
        """The same; only for what is committed: else another may yet become this version."""
        return self._standings.put((found.id, found.version), found, 1 + len(found.findings))

    def _whole(self, session: Session, found: Standing) -> Trial:
        return Trial(found.row, found.state, self._documents.get(session, found.state.document), found.findings)

    def _is_corrected(self, session: Session, state: TrialState, document: ParsedTrial) -> bool:
        return bool(corrections(self._documents.get(session, state.origin.machine), document))

    def _event_row(self, trial: int, version: int) -> EventTable:
        with reading(self._engine) as session:
            query = select(EventTable).where(EventTable.trial == trial, EventTable.version == version)
            found = session.scalar(query)
            if found is None:
                raise NotFound(what=f"version {version} of trial {trial}")
            return found


def _last(session: Session) -> int:
    """The number of the last event: while it is the same, nothing has changed."""
    return session.connection().execute(_LAST).scalar() or 0


def _codes(session: Session) -> list[CodeCount]:
    finding, trials = FindingTable, func.count(FindingTable.trial.distinct())
    query = (
        select(finding.code, finding.severity, trials, func.count())
        .where(finding.state == "open", finding.present.is_(True))
        .group_by(finding.code, finding.severity)
        .order_by(trials.desc(), finding.code)
    )
    return [CodeCount(*row) for row in session.connection().execute(query)]


def _registries(session: Session) -> list[tuple[str, int]]:
    query = select(TrialTable.register, func.count()).group_by(TrialTable.register).order_by(TrialTable.register)
    return [(name, count) for name, count in session.connection().execute(query)]


def _open_codes(session: Session, trials: list[int]) -> dict[int, tuple[OpenCode, ...]]:
    finding, found = FindingTable, dict[int, list[OpenCode]]()
    query = (
        select(finding.trial, finding.code, finding.severity, func.count())
        .where(finding.trial.in_(trials), finding.state == "open", finding.present.is_(True))
        .group_by(finding.trial, finding.code, finding.severity)
        .order_by(finding.trial, func.min(finding.position))
    )
    for trial, code, severity, number in session.connection().execute(query) if trials else ():
        found.setdefault(trial, []).append(OpenCode(code, severity, number))
    return {trial: tuple(found.get(trial, ())) for trial in trials}


def _log(session: Session, trial: int, event: Event, document: Digest) -> None:
    what = json.dumps(event.what.model_dump(mode="json"))
    row = EventTable(
        trial=trial,
        version=event.version,
        at=event.at,
        who=event.who,
        kind=event.what.kind,
        what=what,
        document=document,
    )
    in_turn(session)
    session.add(row)
    session.flush()


def _event(row: EventTable) -> Event:
    what = _WHAT.validate_json(row.what)
    return Event(sequence=row.sequence, trial=row.trial, version=row.version, at=row.at, who=row.who, what=what)


def _standing(session: Session, trial: TrialTable) -> Standing:
    found = _findings(session, trial)
    present = tuple(
        FindingRow(
            fingerprint=row.fingerprint,
            finding=Finding.model_validate_json(row.data),
            state=_STATE.validate_python(row.state),
            reason=row.reason,
            who=row.who,
            at=row.at,
        )
        for row in found
        if row.present
    )
    return Standing(inbox.row(trial), _state(trial, found), present)


def _findings(session: Session, trial: TrialTable) -> list[FindingTable]:
    query = select(FindingTable).where(FindingTable.trial == trial.id).order_by(FindingTable.position)
    return list(session.scalars(query))


def _state(trial: TrialTable, findings: list[FindingTable]) -> TrialState:
    decisions = {
        row.fingerprint: Verdict(Decision.model_validate({"state": row.state, "reason": row.reason}), row.who, row.at)
        for row in findings
        if row.who is not None and row.at is not None
    }
    origin = Origin.model_validate_json(trial.origin)
    return TrialState(trial.key, trial.version, origin, trial.document, decisions)
