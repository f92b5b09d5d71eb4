"""Physical lines of a text, and which of them are one line that was wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from critparse.segment.markers import Marker, marker_at
from critparse.segment.vocabulary import vocabulary
from critparse.sources import tildes

# A line break in any of its dresses; "\n<br>" is one break, "<br><br>" leaves a blank line between.
_BREAK = re.compile(
    r"(?:\r\n|[\r\n])[ \t]{0,80}<br\s?/?>|<br\s?/?>(?:[ \t]{0,80}(?:\r\n|[\r\n])(?![ \t]{0,80}<br))?"
    r"|</?(?:p|li|ul|ol|div)\s?/?>|\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]",
    re.IGNORECASE,
)
_RANGE_TAIL = re.compile(r"[-–]\s?\d[\d.,]{0,6}\s{0,2}([^\W\d_]+)?")
_TAB = 8
_WIDEST, _NARROWEST = 130, 55


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line without its blank edges. ``gap`` says that a blank line, or nothing, stands above it."""

    start: int
    end: int
    indent: int
    gap: bool


@dataclass(frozen=True, slots=True)
class Block:
    """One logical line: a marked item or a paragraph, wrapped lines joined; ``content`` is behind its marker."""

    start: int
    content: int
    end: int
    indent: int
    gap: bool
    marker: Marker | None

    @property
    def column(self) -> int:
        """The column at which the words begin; continuation lines hang there."""
        return self.indent + self.content - self.start


def physical_lines(text: str) -> list[Line]:
    """The non-blank lines of ``text``, in order."""
    lines: list[Line] = []
    gap = True
    for start, end in _stretches(text):
        stripped = text[start:end].strip()
        if not stripped:
            gap = True
            continue
        lead = len(text[start:end]) - len(text[start:end].lstrip())
        begin = start + lead
        indent = len(text[start:begin].expandtabs(_TAB)) if lead < 4000 else 4000
        lines.append(Line(begin, begin + len(stripped), indent, gap))
        gap = False
    return lines


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    breaks = [found.span() for found in _BREAK.finditer(text)]
    if not breaks:
        breaks = [(place, place + 1) for place in tildes.breaks(text)] if tildes.before_items(text) else []
    start = 0
    for begin, end in breaks:
        yield start, begin
        start = end
    yield start, len(text)


def join_wrapped(text: str, lines: list[Line], fixed: list[bool]) -> list[Block]:
    """Blocks of ``text``: each line, with the lines that go on from it. ``fixed[i]``: line i is a heading."""
    markers = [marker_at(text, line.start, line.end) for line in lines]
    width = _wrap_width(text, lines, markers, fixed)
    blocks: list[Block] = []
    for i, (line, marker) in enumerate(zip(lines, markers, strict=True)):
        goes_on = (
            i > 0
            and not (line.gap or fixed[i] or fixed[i - 1])
            and _continues(text, lines[i - 1], line, marker, blocks[-1], width)
        )
        if goes_on:
            last = blocks[-1]
            blocks[-1] = Block(last.start, last.content, line.end, last.indent, last.gap, last.marker)
        else:
            content = marker.content if marker else line.start
            blocks.append(Block(line.start, content, line.end, line.indent, line.gap, marker))
    return blocks


def _overflows(text: str, line: Line, after: Line, width: int) -> bool:
    """Whether the first word of ``after`` would not have fitted behind ``line``."""
    first = text[after.start : min(after.end, after.start + width)].split(None, 1)[0]
    return line.indent + line.end - line.start + 1 + len(first) > width


def _wrap_width(text: str, lines: list[Line], markers: list[Marker | None], fixed: list[bool]) -> int | None:
    """The column at which the whole text was hard-wrapped, None when it was not."""
    width = max((line.indent + line.end - line.start for line in lines), default=0)
    if not _NARROWEST <= width <= _WIDEST:
        return None
    pairs = full = soft = 0
    for i in range(1, len(lines)):
        before, line = lines[i - 1], lines[i]
        if line.gap or markers[i] or fixed[i] or fixed[i - 1] or text[before.end - 1] == ":":
            continue
        pairs += 1
        if _overflows(text, before, line, width):
            full += 1
            soft += text[line.start].islower() or line.indent > before.indent > 0
    return width if pairs and full >= 0.8 * pairs and soft else None


def _continues(text: str, before: Line, line: Line, marker: Marker | None, block: Block, width: int | None) -> bool:
    """Whether ``line`` goes on from ``before``, the last line of ``block``, which stands directly above it."""
    ends_open = text[before.end - 1] not in ".;:!?"
    if _is_range_tail(text, before, line):
        return True
    if width is not None and _overflows(text, before, line, width):
        hanging = abs(line.indent - block.column) <= 1
        return marker is None or (hanging and (block.indent > 0 or (ends_open and block.column > block.indent)))
    if marker is not None:
        return False
    if block.marker is not None and line.indent >= max(block.column - 1, block.indent + 1):
        return text[before.end - 1] != ":"
    tail = text[max(before.start, before.end - 24) : before.end].split()
    return ends_open and bool(tail) and tail[-1].islower() and vocabulary().has("line_end", tail[-1])


def _is_range_tail(text: str, before: Line, line: Line) -> bool:
    """Whether ``line`` is the second half of a range, as "- 4 years" below "6 months"."""
    found = _RANGE_TAIL.match(text, line.start, line.end)
    if found is None or not (found[1] and vocabulary().has("time_unit", found[1].lower())):
        return False
    tail = text[max(before.start, before.end - 24) : before.end].split()
    return bool(tail) and (tail[-1].isdigit() or vocabulary().has("time_unit", tail[-1].lower()))
