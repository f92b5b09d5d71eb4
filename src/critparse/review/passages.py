"""Passages of a document: the criteria and notes of a stretch of text, taken out and put back.

Corrections replace one passage by another of the same stretch. Whatever lies outside stays as it is, but for the
numbers of criteria, which are counted anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pydantic import Field

from critparse.errors import InvalidEdit
from critparse.schema import Criterion, Note, ParsedTrial, Span
from critparse.schema.base import Model

ELIGIBILITY = "eligibility"
_LETTERS = {"inclusion": "I", "exclusion": "E", "unknown": "U"}
_NO_ID = ""
One = TypeVar("One", Criterion, Note)


class Passage(Model):
    """The top-level criteria and the notes of ``text_id``, from ``start`` to ``end``, in order."""

    text_id: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    criteria: tuple[Criterion, ...] = ()
    notes: tuple[Note, ...] = ()


def passage(document: ParsedTrial, text_id: str, start: int, end: int) -> Passage:
    """What stands between two offsets of a text; what reaches beyond them is not in it."""
    return Passage(
        text_id=text_id,
        start=start,
        end=end,
        criteria=tuple(one for one in document.criteria if _within(one.span, text_id, start, end)),
        notes=tuple(one for one in document.notes if _within(one.span, text_id, start, end)),
    )


def agrees(document: ParsedTrial, wanted: Passage) -> bool:
    """Whether the document has just this passage, but for the numbers of criteria."""
    return nameless(passage(document, wanted.text_id, wanted.start, wanted.end)) == nameless(wanted)


def replaced(document: ParsedTrial, old: Passage, new: Passage) -> ParsedTrial:
    """The document with ``new`` in the place of ``old``, criteria numbered anew, without findings.

    Raises:
        InvalidEdit: ``old`` is not what stands there, or something reaches into it.
    """
    place = (old.text_id, old.start, old.end)
    crossing = [span for span in _spans(document) if _meets(span, *place) and not _within(span, *place)]
    if crossing or not agrees(document, old) or (new.text_id, new.start, new.end) != place:
        raise InvalidEdit(reason="the passage has been changed since")
    criteria = [one for one in document.criteria if not _within(one.span, *place)]
    notes = [one for one in document.notes if not _within(one.span, *place)]
    order = {text.id: number for number, text in enumerate(document.texts)}
    update = {
        "criteria": numbered(_sorted([*criteria, *new.criteria], order)),
        "notes": tuple(_sorted([*notes, *new.notes], order)),
        "findings": (),
    }
    return document.model_copy(update=update)


def numbered(criteria: Iterable[Criterion]) -> tuple[Criterion, ...]:
    """The criteria with the ids that the parser would give them: by kind, text by text."""
    counts: dict[tuple[str, str], Iterator[int]] = {}
    found = []
    for one in criteria:
        text_id = one.span.text_id
        number = next(counts.setdefault((text_id, one.kind), itertools.count(1)))
        prefix = "" if text_id == ELIGIBILITY else f"{text_id}:"
        found.append(_named(one, f"{prefix}{_LETTERS[one.kind]}{number}"))
    return tuple(found)


def nameless(given: Passage) -> Passage:
    """The passage without the numbers of its criteria: what it says, wherever it stands in the list."""
    return given.model_copy(update={"criteria": tuple(_named(one, _NO_ID) for one in given.criteria)})


def shifted(given: Passage, text_id: str, start: int) -> Passage:
    """The passage where the same words stand at ``start`` of ``text_id``."""
    if (text_id, start) == (given.text_id, given.start):
        return given
    by = start - given.start
    moved = map_spans(given.model_dump(mode="json"), lambda _, first, last: (text_id, first + by, last + by))
    return Passage.model_validate(moved | {"text_id": text_id, "start": start, "end": given.end + by})


def map_spans(value: Any, change: Callable[[str, int, int], tuple[str, int, int]]) -> Any:
    """Dumped models with every span in them changed."""
    if isinstance(value, dict):
        if value.keys() == {"text_id", "start", "end"}:
            text_id, start, end = change(value["text_id"], value["start"], value["end"])
            return {"text_id": text_id, "start": start, "end": end}
        return {name: map_spans(member, change) for name, member in value.items()}
    return [map_spans(member, change) for member in value] if isinstance(value, list) else value


def _named(criterion: Criterion, id: str) -> Criterion:
    children = tuple(
        _named(child, f"{id}.{number}" if id else _NO_ID) for number, child in enumerate(criterion.children, 1)
    )
    if criterion.id == id and children == criterion.children:
        return criterion
    return criterion.model_copy(update={"id": id, "children": children})


def _spans(document: ParsedTrial) -> Iterator[Span]:
    yield from (one.span for one in document.criteria)
    yield from (one.span for one in document.notes)


def _within(span: Span, text_id: str, start: int, end: int) -> bool:
    return span.text_id == text_id and start <= span.start and span.end <= end


def _meets(span: Span, text_id: str, start: int, end: int) -> bool:
    return span.text_id == text_id and span.start < end and start < span.end


def _sorted(members: list[One], order: dict[str, int]) -> list[One]:
    return sorted(members, key=lambda one: (order[one.span.text_id], one.span.start))
