"""From what people type into forms to offsets and codes: words of a criterion, parts of it, lines of codes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from critparse.errors import InvalidEdit
from critparse.review.criteria import content
from critparse.review.edits import Code
from critparse.schema import Criterion

_CODE = re.compile(r"([A-Za-z0-9_.-]{1,40}):(\S{1,100})(?:\s+(\S.{0,499}))?")
_GAP = re.compile(r"\s*(?:…|\.\.\.)\s*")
_MOST = 20


def places(criterion: Criterion, words: str, near: int | None = None) -> tuple[tuple[int, int], ...]:
    """Where words stand in a criterion, as offsets into its text; ``…`` joins words that stand apart.

    Of several places, the one at or behind ``near`` comes first, then the first of all.

    Raises:
        InvalidEdit: they do not stand there.
    """
    parts = [part for part in _GAP.split(words.strip()) if part]
    if not parts or len(parts) > _MOST:
        raise InvalidEdit(reason="give the words as they stand in the criterion")
    start, base = max(0, (near or 0) - criterion.span.start), criterion.span.start
    found = _in_order(criterion.text, parts, start) or _in_order(criterion.text, parts, 0)
    if found is None:
        raise InvalidEdit(reason=f"“{' … '.join(parts)[:100]}” does not stand in {criterion.id}")
    return tuple((base + first, base + last) for first, last in found)


def _in_order(text: str, parts: Sequence[str], start: int) -> list[tuple[int, int]] | None:
    """The parts one behind the other; blanks match any blanks."""
    found = []
    for part in parts:
        match = re.compile(r"\s+".join(re.escape(word) for word in part.split())).search(text, start)
        if match is None:
            return None
        found.append(match.span())
        start = match.end()
    return found


def cuts(criterion: Criterion, lines: str) -> tuple[int, ...]:
    """The offsets at which parts begin, when people put each part on a line of its own.

    Raises:
        InvalidEdit: the lines have other words than the criterion, or there is but one.
    """
    parts = ["".join(line.split()) for line in lines.splitlines() if line.strip()]
    first = content(criterion)
    words = criterion.text[first - criterion.span.start :]
    if "".join(parts) != "".join(words.split()):
        raise InvalidEdit(reason="the parts together must be the words of the criterion, unchanged")
    if len(parts) < 2:
        raise InvalidEdit(reason="put each part on a line of its own")
    solid = [first + number for number, char in enumerate(words) if not char.isspace()]
    found, at = [], 0
    for part in parts[:-1]:
        at += len(part)
        found.append(solid[at])
    return tuple(found)


def one_line(criterion: Criterion) -> str:
    """The words of a criterion on one line, as they are offered for dividing."""
    return " ".join(criterion.text[content(criterion) - criterion.span.start :].split())


def codes(lines: str) -> tuple[Code, ...]:
    """Codes, one a line: ``MESH:D003924 Diabetes Mellitus, Type 2``.

    Raises:
        InvalidEdit: a line is none.
    """
    found = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        match = _CODE.fullmatch(line)
        if match is None:
            raise InvalidEdit(reason=f"“{line[:60]}” is no code: write SYSTEM:CODE and, if you like, its name")
        found.append(Code(system=match[1], code=match[2], display=match[3] or ""))
    return tuple(found)
