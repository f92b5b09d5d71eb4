"""The whole run: lines, headings, sections, items; then whatever is left becomes notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from critparse.schema.criterion import CriterionKind
from critparse.schema.text import NoteReason
from critparse.segment import headings, versions
from critparse.segment.headings import Heading, LeadIn
from critparse.segment.lines import Block, Line, join_wrapped, physical_lines
from critparse.segment.markers import confirmed, marker_at
from critparse.segment.model import Item, Segmentation
from critparse.segment.tree import nest, to_items

_Note = tuple[int, int, NoteReason]


def segment(text: str, *, narrative: bool = False) -> Segmentation:
    """The criteria of ``text`` as a forest of items, and notes on all the rest.

    With ``narrative`` the text is a study's description: criteria are read only below an explicit eligibility
    heading, up to the next heading of something else. Never raises; linear in the length of the text.
    """
    lines = [line for line in physical_lines(text) if any(c.isalnum() for c in text[line.start : line.end])]
    blocks = join_wrapped(text, lines, [_heading_line(text, line) for line in lines])
    pieces = list(_pieces(text, _confirm(blocks)))
    last_heading = max((p.block.start for p in pieces if p.heading and p.heading.kind), default=0)
    reader = _Reader(text, narrative, last_heading)
    for piece in pieces:
        reader.take(piece)
    return reader.finish()


def _heading_line(text: str, line: Line) -> bool:
    if text[line.start].islower() and not line.gap:
        return False
    marker = marker_at(text, line.start, line.end)
    content = marker.content if marker else line.start
    if headings.kind_heading(text, line.start, content, line.end) or headings.stamp(text, line.start, line.end):
        return True
    return text[line.end - 1] == ":" and headings.group_heading(text, line.start, content, line.end) is not None


def _confirm(blocks: list[Block]) -> list[Block]:
    markers = confirmed([block.marker for block in blocks])
    return [
        block if marker else Block(block.start, block.start, block.end, block.indent, block.gap, None)
        for block, marker in zip(blocks, markers, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A heading or a block of text; ``following`` is the next physical block, for look-ahead."""

    block: Block
    heading: Heading | None
    following: Block | None


def _pieces(text: str, blocks: list[Block]) -> Iterator[_Piece]:
    """Headings and blocks in order: headings at the start and in the middle of lines are cut off."""
    for i, block in enumerate(blocks):
        following = blocks[i + 1] if i + 1 < len(blocks) else None
        yield from _cut(text, block, following)


def _cut(text: str, block: Block, following: Block | None) -> Iterator[_Piece]:
    first_version = next(versions.starts(text, block.content + 1, block.end), block.end)
    opening = headings.kind_heading(text, block.start, block.content, first_version)
    begin = opening.end if opening else block.start
    places = sorted({place for place in headings.inline_headings(text, block.start, block.end) if place >= begin})
    table = headings.age_table_at(text, block.start, block.end)
    if table is not None and table > block.start:
        places = sorted({*places, table})
    starts = [block.start, *places]
    for start, stop in zip(starts, [*places, block.end], strict=True):
        part = block if start == block.start and stop == block.end else _block(text, block, start, stop)
        while part is not None:
            heading = headings.kind_heading(text, part.start, part.content, part.end)
            heading = heading or headings.stamp(text, part.start, part.end)
            if heading is None and text.find(":", part.content, min(part.content + 60, part.end - 1)) > 0:
                heading = _group_before_kind(text, part)
            if heading is None:
                yield _Piece(part, None, following if stop == block.end else None)
                break
            yield _Piece(part, heading, following if stop == block.end else None)
            part = _block(text, block, heading.end, stop)


def _group_before_kind(text: str, part: Block) -> Heading | None:
    """ "Cohort A:" in front of "Inclusion criteria: …" on one line."""
    colon = text.find(":", part.content, part.content + 60) + 1
    rest = _block(text, part, colon, part.end)
    if rest is None or not headings.kind_heading(text, rest.start, rest.content, rest.end):
        return None
    return headings.group_heading(text, part.start, part.content, colon)


def _block(text: str, block: Block, start: int, stop: int) -> Block | None:
    """``text[start:stop]``, a part of ``block``, as a block of its own; None when nothing but signs is left."""
    stripped = text[start:stop].strip()
    if not any(c.isalnum() for c in stripped):
        return None
    begin = start + len(text[start:stop]) - len(text[start:stop].lstrip())
    end = begin + len(stripped)
    marker = marker_at(text, begin, end)
    if marker and marker.weak:
        marker = None
    content = marker.content if marker else begin
    return Block(begin, content, end, block.indent, block.gap and begin == block.start, marker)


@dataclass(slots=True)
class _Section:
    kind: CriterionKind
    label: str | None
    blocks: list[Block] = field(default_factory=list)


_SUB_LIST = re.compile(r"\b(?:following|criteria|one of|any of|all of|either)\b", re.IGNORECASE)
"""Words of a line that leads in a list of criteria."""


class _Reader:
    """Takes pieces in order, keeps the kind and the sub-heading they stand under."""

    def __init__(self, text: str, narrative: bool, last_heading: int) -> None:
        self.text = text
        self.narrative = narrative
        self.last_heading = last_heading  # up to there the criteria are not at their end
        self.open = not narrative
        self.kind: CriterionKind = "unknown"
        self.outer: str | None = None  # the sub-heading that reigns over several kind headings
        self.fresh: str | None = None  # a sub-heading with nothing below it yet
        self.section = _Section("unknown", None)
        self.notes: list[_Note] = []
        self.items: list[Item] = []
        self.skipping: NoteReason | None = None

    def take(self, piece: _Piece) -> None:
        """Reads one piece."""
        block = piece.block
        if piece.heading is not None:
            self._heading(piece.heading)
        elif self.skipping or not self.open:
            self._note(block.start, block.end, self.skipping or "narrative")
        elif headings.age_table_at(self.text, block.start, block.end) == block.start:
            self.skipping = "narrative"
            self._note(block.start, block.end, "narrative")
        elif not self._other_heading(piece) and not self._lead_in(piece) and not self._closes(piece):
            self._text(block)

    def _heading(self, heading: Heading) -> None:
        if self.narrative and heading.role == "group" and not self.open:
            self._note(heading.start, heading.end, "narrative")
            return
        self._note(heading.start, heading.end, "heading")
        if heading.role == "stamp":
            return
        if heading.role == "group":
            self._begin(self.kind, heading.section)
            self.outer, self.fresh = None, heading.section
            return
        self.open = True
        self.skipping = "revision" if heading.role == "superseded" else None
        if self.fresh is not None and heading.section is None:
            self.outer = self.fresh
        elif heading.section is not None:
            self.outer = None
        self.fresh = None
        self._begin(heading.kind or self.kind, heading.section or self.outer)

    def _begin(self, kind: CriterionKind, label: str | None) -> None:
        self._flush()
        self.kind = kind
        self.section = _Section(kind, label)

    def _other_heading(self, piece: _Piece) -> bool:
        """Takes the block as a heading without a kind, if it is one."""
        block, following = piece.block, piece.following
        heading = headings.group_heading(self.text, block.start, block.content, block.end)
        if heading and following and self._leads(block, following):
            self._heading(heading)
            return True
        if following and self._titles(block, following):
            label = headings.label_of(self.text, block.content, block.end)
            self._heading(Heading(block.start, block.end, "group", None, label))
            return True
        opens = self._announces(block, following)
        unrelated = block.marker is None and headings.unrelated_heading(self.text, block.content, block.end)
        if self.narrative and unrelated and not opens:
            self._flush()
            self.open = False
            self._note(block.start, block.end, "narrative")
            return True
        return False

    def _announces(self, block: Block, following: Block | None) -> bool:
        """In a narrative: whether an unmarked line leads in the criteria, or a sub-list of theirs."""
        if following is None or following.marker is None or self.text[block.end - 1] not in ":：":
            return False
        if headings.names_unrelated(self.text, block.content, block.end):
            return False
        return (
            not self.section.blocks
            or block.start < self.last_heading
            or _SUB_LIST.search(self.text, block.content, block.end) is not None
        )

    def _titles(self, block: Block, following: Block) -> bool:
        """Whether a short line at the very top stands over the first heading of a kind ("Efficacy study")."""
        if self.narrative or block.marker or self.notes or self.section.blocks or block.end - block.content > 90:
            return False
        return self.text[block.end - 1] not in ".;" and self._is_kind(following)

    def _is_kind(self, block: Block) -> bool:
        return headings.kind_heading(self.text, block.start, block.content, block.end) is not None

    def _leads(self, block: Block, following: Block) -> bool:
        """Whether something that a sub-heading can stand over follows."""
        closed = self.text[block.end - 1] in ":："
        if self._is_kind(following):
            return block.marker is None or closed
        if block.marker is not None:
            return closed and following.marker is not None and following.indent > block.indent
        return closed or following.marker is not None

    def _lead_in(self, piece: _Piece) -> bool:
        """Takes a sentence that only announces criteria as heading or introduction."""
        block, following = piece.block, piece.following
        found = headings.lead_in(self.text, block.content, block.end)
        if found is None or (found.end >= block.end and following is None):
            return False
        kind = found.kind
        if block.marker is not None and not self._marked_lead(block, following, found):
            return False
        if found.end >= block.end and following and self._is_kind(following):
            return False
        if kind is not None and kind != self.kind and not self._choice(kind, found):
            if self.section.blocks and block.marker is not None:
                return False
            self._note(block.start, found.end, "heading")
            self._begin(kind, self.section.label)
        elif self._choice(self.kind, found) or self._inside_list(block, found):
            return False
        else:
            self._note(block.start, found.end, "introduction")
        self._rest(block, found.end)
        return True

    def _choice(self, kind: CriterionKind, found: LeadIn) -> bool:
        """Whether the lead-in says more than "each of these": any of them to be included, all to be excluded."""
        if kind == "exclusion":
            return found.conjunction and not found.choice
        return found.choice and not found.conjunction

    def _inside_list(self, block: Block, found: LeadIn) -> bool:
        """Whether the lead-in stands between criteria, marked as one of them or naming no kind."""
        return bool(self.section.blocks) and (block.marker is not None or found.kind is None)

    def _marked_lead(self, block: Block, following: Block | None, found: LeadIn) -> bool:
        """A marked lead-in is an introduction when it opens the section and its list stands beside or below it."""
        assert block.marker is not None
        if found.end < block.end or following is None or following.marker is None or self.section.blocks:
            return False
        if following.indent > block.indent:
            return True
        return following.indent == block.indent and following.marker.style == block.marker.style and block.marker.bullet

    def _rest(self, block: Block, start: int) -> None:
        rest = _block(self.text, block, start, block.end)
        if rest is not None:
            self._text(rest)

    def _closes(self, piece: _Piece) -> bool:
        """In a narrative: whether an unmarked paragraph behind a list ends the criteria."""
        block = piece.block
        if not self.narrative or block.marker is not None or not block.gap or not self.section.blocks:
            return False
        if block.start < self.last_heading or self._announces(block, piece.following):
            return False
        last = self.section.blocks[-1]
        if self.text[last.end - 1] in ":：" or block.indent > self.section.blocks[0].indent:
            return False
        marked = any(b.marker for b in self.section.blocks[:3])
        if not marked and block.end - block.start < 150:
            return False
        self._flush()
        self.open = False
        self._note(block.start, block.end, "narrative")
        return True

    def _text(self, block: Block) -> None:
        if headings.is_empty_answer(self.text, block.content, block.end):
            self._note(block.start, block.end, "empty")
        elif headings.is_boilerplate(self.text, block.content, block.end) or headings.is_furniture(
            self.text, block.content, block.end
        ):
            self._note(block.start, block.end, "narrative")
        else:
            self.fresh = None
            self.section.blocks.append(block)

    def _note(self, start: int, end: int, reason: NoteReason) -> None:
        end = start + len(self.text[start:end].rstrip())
        if end > start:
            self.notes.append((start, end, reason))

    def _flush(self) -> None:
        section = self.section
        self.items.extend(to_items(nest(self.text, section.blocks), section.kind, section.label))
        self.section = _Section(section.kind, section.label)

    def finish(self) -> Segmentation:
        """The result; text that nothing claimed becomes separators."""
        self._flush()
        return Segmentation(tuple(self.items), tuple(_with_separators(self.text, self.items, self.notes)))


def _with_separators(text: str, items: list[Item], notes: list[_Note]) -> list[_Note]:
    claimed = sorted([(start, end) for start, end, _ in notes] + list(_own_ranges(items)))
    result = list(notes)
    position = 0
    for start, end in [*claimed, (len(text), len(text))]:
        left = text[position:start].strip()
        if left:
            begin = position + len(text[position:start]) - len(text[position:start].lstrip())
            result.append((begin, begin + len(left), "separator"))
        position = max(position, end)
    return sorted(result)


def _own_ranges(items: tuple[Item, ...] | list[Item]) -> Iterator[tuple[int, int]]:
    for item in items:
        yield item.start, item.end
        yield from _own_ranges(item.children)
