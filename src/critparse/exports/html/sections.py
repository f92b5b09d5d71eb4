"""The texts of a trial that hold criteria, block by block, with what was read beside each criterion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from critparse.exports.html.blocks import Block, Placed, blocks
from critparse.exports.html.findings import Marks
from critparse.exports.html.highlight import Mark, Segment, segments
from critparse.exports.html.readings import Reading, Readings, entity_marks
from critparse.exports.passages import Passages, readable
from critparse.schema import ParsedTrial, SourceText

_KINDS = {"inclusion": "Inclusion criteria", "exclusion": "Exclusion criteria", "unknown": "Criteria of unknown kind"}


class Row(NamedTuple):
    """A block with its characters, and the reading of a criterion that begins with it."""

    block: Block
    segments: Sequence[Segment]
    reading: Reading | None


class Section(NamedTuple):
    """A text that holds criteria."""

    number: int
    label: str
    rows: Sequence[Row]


class Link(NamedTuple):
    """An entry of a trial's table of contents."""

    anchor: str
    title: str
    members: int


def sections(trial: ParsedTrial, passages: Passages, items: Sequence[Placed], found: Marks) -> Iterator[Section]:
    """The texts that hold criteria; ``found``: what is marked besides mentions and what was not read."""
    readings = Readings(trial, passages)
    entities, unread = entity_marks(trial), readings.marks()
    for number, text in enumerate(trial.texts, 1):
        here = [item for item in items if item.criterion.span.text_id == text.id]
        if not here:
            continue
        notes = [note for note in trial.notes if note.span.text_id == text.id]
        marks = [mark for marked in (found, entities, unread) for mark in marked.get(text.id, ())]
        cut = list(blocks(len(text.text), here, notes))
        yield Section(number, text.label, list(_rows(text, cut, marks, readings)))


def _rows(text: SourceText, cut: Sequence[Block], marks: Sequence[Mark], readings: Readings) -> Iterator[Row]:
    """Each block with the pieces of the text that lie in it."""
    pieces = segments(text.text, marks, {block.start for block in cut})
    piece = next(pieces, None)
    for block in cut:
        inside: list[Segment] = []
        while piece is not None and (piece.start < block.end or block is cut[-1]):
            inside.append(piece)
            piece = next(pieces, None)
        item = block.item
        if block.first or any(piece.begins or _shows(piece.text) for piece in inside):
            yield Row(block, inside, readings.of(item.criterion) if item and block.first else None)


def _shows(text: str) -> bool:
    """Whether there is anything to be seen: a line break written as ``<br>`` is none."""
    return bool(text.strip()) and bool(readable(text).strip())


def contents(trial: ParsedTrial, items: Sequence[Placed], r: str) -> Iterator[Link]:
    """Where findings and criteria of each kind begin."""
    if trial.findings:
        yield Link(f"{r}findings", "Findings", len(trial.findings))
    labels = {text.id: text.label for text in trial.texts}
    top = (item for item in items if item.depth == 0)
    for (text_id, kind), members in groupby(top, key=lambda item: (item.criterion.span.text_id, item.criterion.kind)):
        first, *others = members
        narrative = first.criterion.id.startswith(f"{text_id}:")
        title = f"{labels[text_id]}: {_KINDS[kind].lower()}" if narrative else _KINDS[kind]
        yield Link(f"{r}c{first.number}", title, 1 + len(others))
