"""Corrections: what a curator may change in a document, and the passage that comes of it.

Pure functions: an edit and a document give the passage as it was and as it is to be. What has to be read anew (the
parts of a criterion that is split) is asked for by :func:`pieces` and handed back to :func:`edited`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from critparse.errors import InvalidEdit
from critparse.review import mentions
from critparse.review.criteria import (
    anchored,
    content,
    following,
    fresh_ids,
    reach,
    renamed,
    room,
    top,
    top_of,
    walk,
    within,
)
from critparse.review.passages import Passage, passage
from critparse.review.ruling import check_spans, with_rule
from critparse.schema import Criterion, CriterionKind, Note, NoteReason, ParsedTrial, Rule, Span
from critparse.schema.base import Model

Label = Annotated[str, Field(min_length=1, max_length=40)]
Offsets = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
Places = Annotated[tuple[Offsets, ...], Field(min_length=1, max_length=20)]


class Code(Model):
    """A code that a curator gives: ``system`` by its usual short name (MESH, LOINC …)."""

    system: str = Field(min_length=1, max_length=40)
    code: str = Field(min_length=1, max_length=100)
    display: str = Field(default="", max_length=500)


class RuleEdit(Model):
    """Another rule for a criterion, of the shape of the schema; spans are offsets into the document's texts."""

    change: Literal["rule"] = "rule"
    criterion: str
    rule: Rule


class KindEdit(Model):
    """Another kind for a top-level criterion and all under it; rules stay as they are."""

    change: Literal["kind"] = "kind"
    criterion: str
    to: CriterionKind


class SpanEdit(Model):
    """Other words for an entity: ``spans`` are offsets into the criterion's text as given. Its statements follow."""

    change: Literal["span"] = "span"
    criterion: str
    entity: str
    spans: Places


class ConceptEdit(Model):
    """Other codes for an entity, best first, or none. The statements about it have the same."""

    change: Literal["concept"] = "concept"
    criterion: str
    entity: str
    concepts: tuple[Code, ...] = Field(max_length=50)


class MentionEdit(Model):
    """A new entity, or, with ``entity``, another label or negation for one."""

    change: Literal["mention"] = "mention"
    criterion: str
    entity: str | None = None
    label: Label
    spans: Places
    negated: bool = False


class RemovalEdit(Model):
    """Something is no entity. The rule stays as it is: correct it by itself."""

    change: Literal["removal"] = "removal"
    criterion: str
    entity: str


class SplitEdit(Model):
    """A top-level criterion is several: ``at`` are the offsets at which the next begins. The parts are read anew."""

    change: Literal["split"] = "split"
    criterion: str
    at: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1, max_length=100)


class MergeEdit(Model):
    """A top-level criterion and the next one of its text are one, with the words between them. It is read anew."""

    change: Literal["merge"] = "merge"
    criterion: str


class NoteEdit(Model):
    """A top-level criterion is none: it becomes a note that says why."""

    change: Literal["note"] = "note"
    criterion: str
    reason: NoteReason


class ExtentEdit(Model):
    """A top-level criterion begins or ends elsewhere, at offsets into its text, and is read anew.

    It takes in words of notes, up to the next criterion; words that it leaves out become a note with this reason.
    """

    change: Literal["extent"] = "extent"
    criterion: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    reason: NoteReason = "narrative"


Edit = Annotated[
    RuleEdit
    | KindEdit
    | SpanEdit
    | ConceptEdit
    | MentionEdit
    | RemovalEdit
    | SplitEdit
    | MergeEdit
    | NoteEdit
    | ExtentEdit,
    Field(discriminator="change"),
]


class Piece(NamedTuple):
    """A stretch of a text that is to be one criterion; its words begin at ``content``, its marker stands before."""

    text_id: str
    start: int
    content: int
    end: int
    kind: CriterionKind


def pieces(document: ParsedTrial, edit: Edit) -> tuple[Piece, ...]:
    """What must be read anew to make the edit: nothing for most.

    Raises:
        InvalidEdit: the edit does not fit the document.
    """
    match edit:
        case SplitEdit():
            return _parts(top(document, edit.criterion), sorted(set(edit.at)))
        case MergeEdit():
            first = top(document, edit.criterion)
            end = reach(following(document, first)).end
            return (Piece(first.span.text_id, first.span.start, content(first), end, first.kind),)
        case ExtentEdit():
            return (_extent(document, edit),)
        case _:
            return ()


def edited(document: ParsedTrial, edit: Edit, read: Sequence[Criterion] = ()) -> tuple[Passage, Passage]:
    """The passage before and after the edit; ``read``: what was read in the words of :func:`pieces`, by themselves.

    Raises:
        InvalidEdit: the edit does not fit the document, or changes nothing.
    """
    before = _passage(document, edit)
    match edit:
        case NoteEdit():
            notes = tuple(Note(span=reach(one), reason=edit.reason) for one in before.criteria)
            after = before.model_copy(update={"criteria": (), "notes": notes})
        case SplitEdit() | MergeEdit():
            after = before.model_copy(update={"criteria": _in_place(document, edit, read), "notes": ()})
        case ExtentEdit():
            notes = tuple(_left_over(document, before, edit))
            after = before.model_copy(update={"criteria": _in_place(document, edit, read), "notes": notes})
        case _:
            after = before.model_copy(update={"criteria": (_changed(document, before.criteria[0], edit),)})
    if after == before:
        raise InvalidEdit(reason="it changes nothing")
    return before, after


def _passage(document: ParsedTrial, edit: Edit) -> Passage:
    """The stretch that an edit is about: a top-level criterion, two that are to be one, or one and notes beside it."""
    if isinstance(edit, ExtentEdit):
        return _around(document, top(document, edit.criterion), _extent(document, edit))
    whole = isinstance(edit, KindEdit | SplitEdit | MergeEdit | NoteEdit)
    one = top(document, edit.criterion) if whole else top_of(document, edit.criterion)
    last = following(document, one) if isinstance(edit, MergeEdit) else one
    return passage(document, one.span.text_id, one.span.start, reach(last).end)


def _changed(document: ParsedTrial, whole: Criterion, edit: Edit) -> Criterion:
    """The top-level criterion with the edit made in it, or in one under it."""
    if isinstance(edit, KindEdit):
        return _of_kind(whole, edit.to)
    if isinstance(edit, RuleEdit):
        check_spans(document, edit.rule)
        return with_rule(whole, edit.criterion, edit.rule)
    own = next(one for one in walk(whole) if one.id == edit.criterion)
    new = _with_mention(document, own, edit)
    changed = within(whole, own.id, lambda one: new.model_copy(update={"rule": one.rule}))
    return changed if new.rule == own.rule else with_rule(changed, own.id, new.rule)


def _with_mention(document: ParsedTrial, own: Criterion, edit: Edit) -> Criterion:
    """The criterion with an edit of one of its entities made."""
    text = next(text.text for text in document.texts if text.id == own.span.text_id)
    match edit:
        case SpanEdit():
            return mentions.respanned(own, edit.entity, edit.spans, text)
        case ConceptEdit():
            codes = [(code.system, code.code, code.display) for code in edit.concepts]
            return mentions.coded(own, edit.entity, codes)
        case RemovalEdit():
            return mentions.removed(own, edit.entity)
        case MentionEdit():
            name = mentions.entity(own, edit.entity).id if edit.entity else next(fresh_ids(document))
            new = mentions.made(own, name, edit.label, edit.spans, text)
            return mentions.mentioned(own, new.model_copy(update={"negated": edit.negated}))
        case _:
            raise InvalidEdit(reason=f"a {edit.change} is about whole criteria")


def _of_kind(criterion: Criterion, kind: CriterionKind) -> Criterion:
    children = tuple(_of_kind(child, kind) for child in criterion.children)
    return criterion.model_copy(update={"kind": kind, "children": children})


def _parts(criterion: Criterion, cuts: Sequence[int]) -> tuple[Piece, ...]:
    """The parts of a criterion, cut at offsets; blanks between them belong to none.

    Raises:
        InvalidEdit: it has a sub-list, or a part would have no words.
    """
    span, first = criterion.span, content(criterion)
    if criterion.children:
        raise InvalidEdit(reason=f"{criterion.id} has a sub-list and is divided already")
    edges = [first, *cuts, span.end]
    found = []
    for number, (start, end) in enumerate(pairwise(edges)):
        if not first <= start < end <= span.end:
            raise InvalidEdit(reason=f"{start} is no place inside the words of {criterion.id} ({first} to {span.end})")
        words = criterion.text[start - span.start : end - span.start]
        if not words.strip():
            raise InvalidEdit(reason=f"there are no words from {start} to {end}")
        begin, stop = start + len(words) - len(words.lstrip()), start + len(words.rstrip())
        found.append(Piece(span.text_id, begin if number else span.start, begin, stop, criterion.kind))
    return tuple(found)


def _extent(document: ParsedTrial, edit: ExtentEdit) -> Piece:
    """The criterion as it is to be, without blanks at its ends.

    Raises:
        InvalidEdit: it has a sub-list, would have no words, or would reach into another criterion; or nothing changes.
    """
    one = top(document, edit.criterion)
    most = room(document, one)
    if one.children:
        raise InvalidEdit(reason=f"{one.id} has a sub-list: correct the members, or join and divide")
    if not most.start <= edit.start < edit.end <= most.end:
        raise InvalidEdit(reason=f"{one.id} can reach from {most.start} to {most.end}, up to the next criteria")
    place = _trimmed(document, most.model_copy(update={"start": edit.start, "end": edit.end}))
    if place is None:
        raise InvalidEdit(reason=f"there are no words from {edit.start} to {edit.end}")
    if place == one.span:
        raise InvalidEdit(reason="it changes nothing")
    first = content(one) if place.start == one.span.start else place.start
    if first >= place.end:
        raise InvalidEdit(reason=f"there are no words from {edit.start} to {edit.end} but a marker")
    return Piece(place.text_id, place.start, first, place.end, one.kind)


def _around(document: ParsedTrial, one: Criterion, piece: Piece) -> Passage:
    """The criterion as it is and as it is to be, and the notes that it takes words from."""
    start, end = min(one.span.start, piece.start), max(one.span.end, piece.end)
    notes = [note.span for note in document.notes if note.span.text_id == piece.text_id]
    met = [span for span in notes if span.start < end and start < span.end]
    first, last = min([start, *(span.start for span in met)]), max([end, *(span.end for span in met)])
    return passage(document, piece.text_id, first, last)


def _left_over(document: ParsedTrial, before: Passage, edit: ExtentEdit) -> Iterator[Note]:
    """The words of a passage that are not the criterion's: what was a note still is one, the others become notes."""
    piece = _extent(document, edit)
    owners = [(one.span, edit.reason) for one in before.criteria] + [(note.span, note.reason) for note in before.notes]
    for span, reason in sorted(owners, key=lambda owner: owner[0].start):
        for start, end in ((span.start, min(span.end, piece.start)), (max(span.start, piece.end), span.end)):
            part = _trimmed(document, Span(text_id=span.text_id, start=start, end=end)) if start < end else None
            if part is not None:
                yield Note(span=part, reason=reason)


def _trimmed(document: ParsedTrial, span: Span) -> Span | None:
    """A stretch without blanks at its ends; None when there is nothing else."""
    text = next(text for text in document.texts if text.id == span.text_id)
    words = text.slice(span)
    if not words.strip():
        return None
    start, end = span.start + len(words) - len(words.lstrip()), span.start + len(words.rstrip())
    return span.model_copy(update={"start": start, "end": end})


def _in_place(document: ParsedTrial, edit: Edit, read: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """What was read in each piece, put where the piece stands, with entities that have ids of their own."""
    whole, ids = top(document, edit.criterion), fresh_ids(document)
    text = next(text.text for text in document.texts if text.id == whole.span.text_id)
    found = []
    for piece, one in zip(pieces(document, edit), read, strict=True):
        place = Span(text_id=piece.text_id, start=piece.start, end=piece.end)
        marker = whole.marker if piece.start < piece.content else ""
        placed = anchored(one, place, text, piece.content, marker)
        found.append(renamed(placed.model_copy(update={"section": whole.section}), ids))
    return tuple(found)
