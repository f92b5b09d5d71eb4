"""From what people type into forms to offsets and codes: words of a criterion, parts of it, lines of codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from critparse.errors import InvalidEdit
from critparse.review.criteria import content, reach, top_of
from critparse.review.edits import Code
from critparse.schema import Criterion, ParsedTrial

_CODE = re.compile(r"([A-Za-z0-9_.-]{1,40}):(\S{1,100})(?:\s+(\S.{0,499}))?")
_GAP = re.compile(r"\s*(?:…|\.\.\.)\s*")
_MOST = 20


def plain(text: str) -> str:
    """Words as fields show and send them: one blank between two, lines without blanks around them, none empty."""
    lines = (" ".join(line.split()) for line in text.replace("\0", " ").splitlines())
    return "\n".join(filter(None, lines))


class Words:
    """The words of a criterion that its rule rests on: passages as people read and type them."""

    def __init__(self, document: ParsedTrial, criterion: Criterion) -> None:
        self._texts = {text.id: text.text for text in document.texts}
        self._document, self._criterion = document, criterion

    def of(self, span: Mapping[str, Any]) -> str:
        """The words of a passage on one line."""
        return " ".join(self._texts.get(span["text_id"], "")[span["start"] : span["end"]].split())

    def joined(self, spans: Sequence[Mapping[str, Any]]) -> str:
        """The words of something that may stand in several places."""
        return " … ".join(filter(None, map(self.of, spans)))

    def spans(self, words: str, near: int | None = None) -> Iterator[dict[str, Any]]:
        """Where words stand: in the criterion, or else in the whole list that it is part of.

        Raises:
            InvalidEdit: they do not.
        """
        text_id = self._criterion.span.text_id
        try:
            found = places(self._criterion, words, near)
        except InvalidEdit:
            whole = reach(top_of(self._document, self._criterion.id))
            text = self._texts[text_id][whole.start : whole.end]
            found = places(self._criterion.model_copy(update={"span": whole, "text": text}), words, near)
        return ({"text_id": text_id, "start": start, "end": end} for start, end in found)

    def concepts(self, spans: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The codes of the mention that stands just there."""
        for entity in self._criterion.entities:
            if [span.model_dump() for span in entity.spans] == list(spans):
                return [one.model_dump() for one in entity.concepts]
        return []


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


def extent(text: str, start: int, parts: Sequence[str]) -> tuple[int, int]:
    """The offsets of the second of three parts (before a criterion, its own words, behind it) of a text at ``start``.

    Raises:
        InvalidEdit: the three together are not the words of the text, or there are none between.
    """
    before, own, behind = ("".join(part.replace("\0", " ").split()) for part in parts)
    solid = [start + number for number, char in enumerate(text.replace("\0", " ")) if not char.isspace()]
    if before + own + behind != "".join(text.replace("\0", " ").split()):
        raise InvalidEdit(reason="the three together must be the words as they stand, unchanged")
    if not own:
        raise InvalidEdit(reason="leave it some words, or say below that it is no criterion")
    return solid[len(before)], solid[len(before) + len(own) - 1] + 1


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
