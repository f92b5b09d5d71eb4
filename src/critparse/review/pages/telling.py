"""What happened to a trial, in words: each event as a sentence, with the lines that it took away and added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from critparse.exports.streams import plural
from critparse.exports.wording import curie, own_words
from critparse.review.events import Change, Decided, Edited, Event, Moved, Reparsed, Submitted, Undone
from critparse.review.pages.rendering import STATES
from critparse.schema import Criterion, Note

CHANGES = {
    "rule": "corrected the rule of",
    "kind": "changed the kind of",
    "span": "changed the words of a mention in",
    "concept": "changed the codes of a mention in",
    "mention": "changed a mention in",
    "removal": "removed a mention from",
    "split": "divided",
    "merge": "joined with the next one",
    "note": "took out of the criteria",
    "extent": "changed where the words end of",
}
"""What corrections are called, by ``Edit.change``."""


class Told(NamedTuple):
    """An event in words. ``removed`` and ``added``: what it says no longer, and what it says now.

    ``rereads``: whether the document is another one behind it; a decision leaves it as it is.
    """

    version: int
    at: datetime
    who: str
    title: str
    comment: str
    removed: Sequence[str]
    added: Sequence[str]
    undoable: bool
    rereads: bool


def told(event: Event) -> Told:
    """An event in words."""
    what = event.what
    change = what.change if isinstance(what, Undone) else what
    title, comment, removed, added = _change(change)
    if isinstance(what, Decided):
        title = f"decided on {title}"
    if isinstance(what, Undone):
        title, comment = f"took back version {what.undoes}: {title}", ""
    undoable = not isinstance(what, Submitted)
    rereads = not isinstance(change, Decided)
    return Told(event.version, event.at, event.who, title, comment, removed, added, undoable, rereads)


def _change(what: Change | Submitted) -> tuple[str, str, Sequence[str], Sequence[str]]:
    match what:
        case Submitted():
            return "submitted the record", "", [], []
        case Decided():
            title = f"{what.code}: {STATES[what.before.state]} → {STATES[what.after.state]}"
            return title, what.after.reason, [], []
        case Edited():
            before = list(passage_lines(what.before.criteria, what.before.notes))
            after = list(passage_lines(what.after.criteria, what.after.notes))
            removed, added = [one for one in before if one not in after], [one for one in after if one not in before]
            return f"{CHANGES.get(what.change, what.change)} {what.criterion}", what.comment, removed, added
        case Reparsed():
            other = what.before.record != what.after.record
            done = "uploaded another version of the record" if other else "had the record read anew"
            return f"{done}; {_moved(what.moved)}", "", list(what.moved.lost), []


def _moved(moved: Moved) -> str:
    said = [
        f"{plural(len(moved.appeared), 'new finding')}" if moved.appeared else "",
        f"{plural(len(moved.gone), 'finding')} gone" if moved.gone else "",
        f"{plural(len(moved.kept), 'correction')} kept" if moved.kept else "",
        f"{plural(len(moved.lost), 'correction')} lost" if moved.lost else "",
    ]
    return ", ".join(one for one in said if one) or "the findings are the same"


def passage_lines(criteria: Sequence[Criterion], notes: Sequence[Note] = ()) -> Iterator[str]:
    """All that is said of criteria and notes, a line for each thing, so that two states can be compared."""
    for criterion in criteria:
        yield from _criterion_lines(criterion)
    for note in notes:
        yield f"characters {note.span.start} to {note.span.end} are no criterion: {note.reason}"


def _criterion_lines(criterion: Criterion) -> Iterator[str]:
    words = " ".join(criterion.text.split())
    yield f"{criterion.kind}: {words}"
    yield f"rule: {own_words(criterion)}"
    for entity in criterion.entities:
        codes = ", ".join(curie(one) for one in entity.concepts) or "no code"
        negated = ", negated" if entity.negated else ""
        yield f"mention: “{' '.join(entity.text.split())}”, {entity.label}{negated}, {codes}"
    for child in criterion.children:
        yield from _criterion_lines(child)
