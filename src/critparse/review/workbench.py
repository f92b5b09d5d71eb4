"""What people do in the workbench, for the HTTP API and the pages alike: each method is one action of theirs.

Reading a record runs in other processes, the database in threads; nothing here holds up the event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeVar

from anyio import to_thread

from critparse.errors import CritparseError, InputError, InvalidEdit, NotFound, NotUndoable, VersionConflict
from critparse.review.carry import carried, moved_findings
from critparse.review.edits import Edit, edited, pieces
from critparse.review.events import Change, Decided, Decision, Edited, Event, Moved, Origin, Reparsed, Submitted, Undone
from critparse.review.parsing import Check, Export, Parse, Parsers, Read, Source, Split
from critparse.review.passages import agrees, replaced
from critparse.review.state import named_findings
from critparse.review.store.blobs import digest_of, packed
from critparse.review.store.store import Exists, Standing, Store, Trial
from critparse.schema import Criterion, ParsedTrial

MOST_RECORDS = 100
"""Records of one submission."""
_TRIES = 5
_EVENTS = 10_000
Answer = TypeVar("Answer")


class Submission(NamedTuple):
    """What became of one record: a new trial, a new version of one, the same as one, or an error."""

    outcome: Literal["new", "updated", "unchanged", "refused"]
    trial: Trial | None = None
    error: CritparseError | None = None


class Workbench:
    """The actions, over a store and the processes that read records."""

    def __init__(self, store: Store, parsers: Parsers) -> None:
        self.store = store
        self.parsers = parsers

    # --- records that are not kept -----------------------------------------------------------------------------------

    async def parse(self, source: Source) -> bytes:
        """The document of a record, with findings, as JSON.

        Raises:
            InputError: the record cannot be read; and as :meth:`Parsers.run`.
        """
        return await self.parsers.run(Parse(source))

    # --- trials ------------------------------------------------------------------------------------------------------

    async def submit(self, source: Source, who: str) -> list[Submission]:
        """Keep the records of a source. A record of a trial that is there already is its new version.

        Raises:
            InputError: the source as a whole cannot be read, or holds too many records.
        """
        sources = await self.parsers.run(Split(source, MOST_RECORDS + 1))
        if len(sources) > MOST_RECORDS:
            raise InputError(where="the source", reason=f"it holds more than {MOST_RECORDS} records")
        return [await self._submitted(one, who) for one in sources]

    async def decide(self, id: int, version: int, who: str, finding: str, decision: Decision) -> Trial:
        """The trial after a decision on one of its findings; the same decision again changes nothing.

        Raises:
            NotFound: no such trial, or it has no such finding.
            VersionConflict: it is at another version.
            InvalidEdit: a dismissal has no reason.
        """
        return await _in_thread(lambda: self._decided(id, version, who, finding, decision))

    async def correct(self, id: int, version: int, who: str, edit: Edit, comment: str = "") -> Trial:
        """The trial after a correction; its findings are worked out anew.

        Raises:
            NotFound, VersionConflict: as above.
            InvalidEdit: the correction does not fit the document.
        """
        trial = await self.trial_at(id, version)
        before, after = edited(trial.document, edit, await self._read(trial.document, edit))
        document = await self._checked(replaced(trial.document, before, after))
        what = Edited(
            change=edit.change,
            criterion=edit.criterion,
            comment=comment,
            before=before,
            after=after,
            previous=trial.state.document,
            document=digest_of(document),
        )
        return await _in_thread(lambda: self.store.append(id, version, who, what, (document,)))

    async def undo(self, id: int, version: int, who: str, undoes: int | None = None) -> Trial:
        """The trial without the change that made version ``undoes``, or without the last one that stands.

        Undoing an undoing brings the change back.

        Raises:
            NotFound, VersionConflict: as above.
            NotUndoable: there is nothing to undo, or what the change concerned has been changed since.
        """
        trial = await self.trial_at(id, version)
        event = await _in_thread(lambda: self._to_undo(id, undoes))
        change, blobs = await self._opposite(trial, event)
        what = Undone(undoes=event.version, change=change)
        return await _in_thread(lambda: self.store.append(id, version, who, what, blobs))

    async def reparse(self, id: int, version: int, who: str) -> Trial:
        """The trial, its record read anew by the present parser. Without a difference, nothing happens.

        Raises:
            NotFound, VersionConflict: as above; and as :meth:`Parsers.run`.
        """
        trial = await self.trial_at(id, version)
        return await self._reread(trial, await _in_thread(lambda: self.source(trial)), who)

    async def export(self, trial: Trial, to: str) -> tuple[dict[str, str | bytes], list[tuple[str, str, str, str]]]:
        """A trial in a standard: files by the ending of their names, and what the standard could not say.

        Raises:
            UnknownTarget: there is no such standard. MissingExtra: it needs a package.
        """
        return await self.parsers.run(Export(packed(trial.document), to))

    async def trial_at(self, id: int, version: int) -> Trial:
        """The trial, when it is at that version.

        Raises:
            NotFound, VersionConflict.
        """
        return await _in_thread(lambda: self._trial_at(id, version))

    def source(self, trial: Trial | Standing) -> Source:
        """The record of a trial as it was uploaded (from the database: call it in a thread)."""
        origin = trial.state.origin
        return Source(self.store.blob(origin.record), origin.kind, origin.format)

    # --- how ---------------------------------------------------------------------------------------------------------

    def _trial_at(self, id: int, version: int) -> Trial:
        trial = self.store.trial(id)
        _at(trial, version)
        return trial

    def _decided(self, id: int, version: int, who: str, finding: str, decision: Decision) -> Trial:
        trial = self.store.standing(id)
        _at(trial, version)
        if decision.state == "dismissed" and not decision.reason.strip():
            raise InvalidEdit(reason="a finding is dismissed with a reason")
        row = next((row for row in trial.findings if row.fingerprint == finding), None)
        if row is None:
            raise NotFound(what=f"finding {finding} in trial {id}")
        before = Decision(state=row.state, reason=row.reason)
        if before == decision:
            return self._trial_at(id, version)
        what = Decided(finding=finding, code=row.finding.code, before=before, after=decision)
        return self.store.append(id, version, who, what)

    async def _submitted(self, source: Source | CritparseError, who: str) -> Submission:
        """What becomes of one record."""
        if isinstance(source, CritparseError):
            return Submission("refused", error=source)
        try:
            machine = await self.parsers.run(Parse(source))
        except InputError as error:
            return Submission("refused", error=error)
        document = ParsedTrial.model_validate_json(machine)
        origin = _origin(source, machine, document)
        key = document.trial_id or f"record {origin.record}"
        what = Submitted(key=_short(key), after=origin, document=origin.machine)
        try:
            trial = await _in_thread(lambda: self.store.submit(who, what, (source.data, machine)))
        except Exists as known:
            return await self._again(known.id, source, who)
        return Submission("new", trial)

    async def _again(self, id: int, source: Source, who: str) -> Submission:
        """A record of a trial that is there: its new version, whatever others do meanwhile."""
        for _ in range(_TRIES):
            trial = await _in_thread(lambda: self.store.trial(id))
            try:
                after = await self._reread(trial, source, who)
            except VersionConflict:
                continue
            return Submission("unchanged" if after.version == trial.version else "updated", after)
        raise VersionConflict(trial=id, expected=trial.version, version=trial.version + 1)

    async def _reread(self, trial: Trial, source: Source, who: str) -> Trial:
        """The trial after its record was read anew, with what people did wherever the words are the same."""
        machine = await self.parsers.run(Parse(source))
        new = ParsedTrial.model_validate_json(machine)
        origin = _origin(source, machine, new)
        if origin.machine == trial.state.origin.machine and origin.record == trial.state.origin.record:
            return trial
        old = await _in_thread(lambda: self.store.document(trial.state.origin.machine))
        result, moved = carried(old, trial.document, new)
        document = machine if result is new else await self._checked(result)
        what = Reparsed(
            before=trial.state.origin,
            after=origin,
            previous=trial.state.document,
            document=digest_of(document),
            moved=_moved(moved, trial, ParsedTrial.model_validate_json(document)),
        )
        blobs = (source.data, machine, document)
        return await _in_thread(lambda: self.store.append(trial.id, trial.version, who, what, blobs))

    async def _read(self, document: ParsedTrial, edit: Edit) -> list[Criterion]:
        """What an edit needs to have read anew."""
        wanted = pieces(document, edit)
        if not wanted:
            return []
        texts = {text.id: text.text for text in document.texts}
        words = tuple((texts[piece.text_id][piece.content : piece.end], piece) for piece in wanted)
        return [Criterion.model_validate_json(one) for one in await self.parsers.run(Read(words))]

    async def _checked(self, document: ParsedTrial) -> bytes:
        """The document with its findings, as JSON."""
        return await self.parsers.run(Check(packed(document)))

    def _to_undo(self, id: int, undoes: int | None) -> Event:
        """The event of that version, or the last change that stands."""
        if undoes is not None:
            return self.store.event(id, undoes)
        events = self.store.events(id, limit=_EVENTS)
        undone = {event.what.undoes for event in events if isinstance(event.what, Undone)}
        for event in reversed(events):
            if event.version not in undone and not isinstance(event.what, Undone | Submitted):
                return event
        raise NotUndoable(version=events[-1].version, reason="there is no change that stands")

    async def _opposite(self, trial: Trial, event: Event) -> tuple[Change, tuple[bytes, ...]]:
        """The change that takes an event back, and the documents it names.

        Raises:
            NotUndoable: the event is no change, or others have changed the same since.
        """
        what = event.what.change if isinstance(event.what, Undone) else event.what
        match what:
            case Decided():
                verdict = trial.state.decisions.get(what.finding)
                if verdict is None or verdict.decision != what.after:
                    raise NotUndoable(version=event.version, reason="the finding has been decided on since")
                return what.model_copy(update={"before": what.after, "after": what.before}), ()
            case Edited():
                if not agrees(trial.document, what.after):
                    raise NotUndoable(version=event.version, reason="the passage has been changed since")
                document = await self._checked(replaced(trial.document, what.after, what.before))
                update = {
                    "before": what.after,
                    "after": what.before,
                    "previous": trial.state.document,
                    "document": digest_of(document),
                }
                return what.model_copy(update=update), (document,)
            case Reparsed():
                if trial.state.document != what.document or trial.state.origin != what.after:
                    raise NotUndoable(version=event.version, reason="the document has been changed since")
                document = await _in_thread(lambda: self.store.blob(what.previous))
                update = {
                    "before": what.after,
                    "after": what.before,
                    "previous": what.document,
                    "document": what.previous,
                    "moved": _moved(Moved(), trial, ParsedTrial.model_validate_json(document)),
                }
                return what.model_copy(update=update), ()
            case Submitted():
                raise NotUndoable(version=event.version, reason="a trial begins with its submission")


def _at(trial: Trial | Standing, version: int) -> None:
    """Nothing, when the trial is at that version.

    Raises:
        VersionConflict.
    """
    if trial.version != version:
        raise VersionConflict(trial=trial.id, expected=version, version=trial.version)


def _moved(moved: Moved, trial: Trial, new: ParsedTrial) -> Moved:
    key = trial.state.key
    return moved_findings(moved, named_findings(trial.document, key), named_findings(new, key))


def _origin(source: Source, machine: bytes, document: ParsedTrial) -> Origin:
    return Origin(
        record=digest_of(source.data),
        kind=source.kind,
        format=source.format,
        machine=digest_of(machine),
        parser=document.parser.cited,
    )


def _short(key: str) -> str:
    """A key that every database keeps."""
    return key.replace("\0", " ")[:200]


async def _in_thread(call: Callable[[], Answer]) -> Answer:
    return await to_thread.run_sync(call)


__all__ = ["MOST_RECORDS", "Submission", "Workbench"]
