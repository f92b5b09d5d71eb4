"""Finding criteria in a document, and changing one inside the tree it stands in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

from critparse.errors import InvalidEdit
from critparse.review.passages import map_spans
from critparse.schema import Criterion, ParsedTrial, Span

_NUMBER = re.compile(r"T(\d{1,9})")


def walk(criterion: Criterion) -> Iterator[Criterion]:
    """The criterion and all under it."""
    yield criterion
    for child in criterion.children:
        yield from walk(child)


def top_of(document: ParsedTrial, id: str) -> Criterion:
    """The top-level criterion with this id, or above the one with it.

    Raises:
        InvalidEdit: there is none.
    """
    for top in document.criteria:
        if any(one.id == id for one in walk(top)):
            return top
    raise InvalidEdit(reason=f"there is no criterion {id}")


def top(document: ParsedTrial, id: str) -> Criterion:
    """The top-level criterion with this id.

    Raises:
        InvalidEdit: there is none.
    """
    found = top_of(document, id)
    if found.id != id:
        raise InvalidEdit(reason=f"{id} is part of {found.id}: only a whole criterion can be changed so")
    return found


def following(document: ParsedTrial, criterion: Criterion) -> Criterion:
    """The next top-level criterion of the same text.

    Raises:
        InvalidEdit: it is the last.
    """
    later = (one for one in document.criteria if one.span.text_id == criterion.span.text_id)
    found = next((one for one in later if one.span.start >= criterion.span.end), None)
    if found is None:
        raise InvalidEdit(reason=f"{criterion.id} is the last of its text")
    return found


def reach(criterion: Criterion) -> Span:
    """The passage of a criterion with all under it: the span of a list is that of its first words."""
    return criterion.span.model_copy(update={"end": max(one.span.end for one in walk(criterion))})


def room(document: ParsedTrial, criterion: Criterion) -> Span:
    """From the criterion before to the one behind: as far as a top-level criterion could reach."""
    own = criterion.span
    spans = [reach(one) for one in document.criteria if one.span.text_id == own.text_id]
    length = next(len(text.text) for text in document.texts if text.id == own.text_id)
    start = max((span.end for span in spans if span.end <= own.start), default=0)
    end = min((span.start for span in spans if span.start >= own.end), default=length)
    return Span(text_id=own.text_id, start=start, end=end)


def within(criterion: Criterion, id: str, change: Callable[[Criterion], Criterion]) -> Criterion:
    """The criterion with the change made in the one that has this id."""
    if criterion.id == id:
        return change(criterion)
    return criterion.model_copy(update={"children": tuple(within(one, id, change) for one in criterion.children)})


def content(criterion: Criterion) -> int:
    """The offset at which the words of a criterion begin, behind its marker."""
    marker = criterion.marker if criterion.marker and criterion.text.startswith(criterion.marker) else ""
    rest = criterion.text[len(marker) :]
    return criterion.span.end - len(rest.lstrip())


def fresh_ids(document: ParsedTrial) -> Iterator[str]:
    """Ids for entities that no entity of the document has."""
    taken = (_NUMBER.fullmatch(entity.id) for one in document.walk() for entity in one.entities)
    return (f"T{number}" for number in itertools.count(max((int(m[1]) for m in taken if m), default=0) + 1))


def renamed(criterion: Criterion, ids: Iterator[str]) -> Criterion:
    """The criterion with new ids for all its entities."""
    names = {entity.id: next(ids) for one in walk(criterion) for entity in one.entities}

    def rename(value: Any) -> Any:
        if isinstance(value, list):
            return [rename(member) for member in value]
        if not isinstance(value, dict):
            return value
        value = {name: rename(member) for name, member in value.items()}
        if "entities" in value:
            value["entities"] = [one | {"id": names[one["id"]]} for one in value["entities"]]
            value["relations"] = [
                one | {"first": names[one["first"]], "second": names[one["second"]]} for one in value["relations"]
            ]
        return value

    return Criterion.model_validate(rename(criterion.model_dump(mode="json")))


def anchored(criterion: Criterion, place: Span, text: str, start: int, marker: str) -> Criterion:
    """A criterion that was read by itself, in its place: ``start`` is where the text that was read begins."""
    moved = map_spans(
        criterion.model_dump(mode="json"), lambda _, first, last: (place.text_id, first + start, last + start)
    )
    own = {"span": place.model_dump(), "text": text[place.start : place.end], "marker": marker}
    return Criterion.model_validate(moved | own)
