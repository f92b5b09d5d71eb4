"""Two versions of a record beside each other: what its fields, texts, criteria and findings say otherwise."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from critparse.exports.passages import readable
from critparse.exports.registry import registry_facts
from critparse.review.pages.telling import passage_lines
from critparse.schema import Criterion, ParsedTrial

_MOST = 2000
"""Pieces that are compared with each other; of longer texts, lines in place of words, or the whole."""
_BY_WORD, _BY_LINE = re.compile(r"\s+|[^\s\w]|\w+"), re.compile(r"[^\n]*\n|[^\n]+")
_CONTEXT = 200

Op = Literal["same", "removed", "added"]


class Piece(NamedTuple):
    """Words that both versions have, or one of them."""

    op: Op
    text: str


class TextChange(NamedTuple):
    """A text that is not the same."""

    label: str
    pieces: Sequence[Piece]


class Pair(NamedTuple):
    """A criterion that is read otherwise, is new, or is gone: the lines of each side that the other has not."""

    before: Criterion | None
    after: Criterion | None
    removed: Sequence[str]
    added: Sequence[str]


class Comparison(NamedTuple):
    """All that is not the same."""

    fields: Sequence[tuple[str, str, str]]
    texts: Sequence[TextChange]
    criteria: Sequence[Pair]
    appeared: Sequence[tuple[str, str, str]]
    gone: Sequence[tuple[str, str, str]]

    @property
    def same(self) -> bool:
        """Whether nothing is."""
        return not any(self)


def compared(before: ParsedTrial, after: ParsedTrial) -> Comparison:
    """What two versions say otherwise."""
    first, second = ({(one.code, one.severity, one.message) for one in each.findings} for each in (before, after))
    return Comparison(
        fields=list(_fields(before, after)),
        texts=list(_texts(before, after)),
        criteria=list(_criteria(before, after)),
        appeared=sorted(second - first),
        gone=sorted(first - second),
    )


def _fields(before: ParsedTrial, after: ParsedTrial) -> Iterator[tuple[str, str, str]]:
    first = {"title": before.title or "", **registry_facts(before)}
    second = {"title": after.title or "", **registry_facts(after)}
    for name in first | second:
        if first.get(name, "") != second.get(name, ""):
            yield name, first.get(name, ""), second.get(name, "")


def _texts(before: ParsedTrial, after: ParsedTrial) -> Iterator[TextChange]:
    first, second = ({text.id: text for text in each.texts} for each in (before, after))
    for name, text in (first | second).items():
        old = first[name].text if name in first else ""
        new = second[name].text if name in second else ""
        if old != new:
            shown = readable(old), readable(new)
            if shown[0] == shown[1]:  # only escapes differ
                shown = old, new
            yield TextChange(text.label, [_shortened(one) for one in pieces(*shown)])


def pieces(old: str, new: str) -> Iterator[Piece]:
    """Two texts word by word; long ones line by line, or as a whole."""
    for cut in (_BY_WORD, _BY_LINE):
        first, second = cut.findall(old), cut.findall(new)
        if max(len(first), len(second)) <= _MOST:
            break
    else:
        first, second = [old], [new]
    for op, i, j, k, m in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if op == "equal":
            yield Piece("same", "".join(first[i:j]))
            continue
        if j > i:
            yield Piece("removed", "".join(first[i:j]))
        if m > k:
            yield Piece("added", "".join(second[k:m]))


def _shortened(piece: Piece) -> Piece:
    """What is the same is shown around changes only."""
    if piece.op != "same" or len(piece.text) <= 2 * _CONTEXT:
        return piece
    return Piece("same", f"{piece.text[:_CONTEXT]} […] {piece.text[-_CONTEXT:]}")


def _criteria(before: ParsedTrial, after: ParsedTrial) -> Iterator[Pair]:
    """Top-level criteria, those that are read alike left out."""
    for old, new in _together(before.criteria, after.criteria):
        gone = list(passage_lines([old])) if old else []
        come = list(passage_lines([new])) if new else []
        if gone != come:
            yield Pair(old, new, [one for one in gone if one not in come], [one for one in come if one not in gone])


def _together(
    before: Sequence[Criterion], after: Sequence[Criterion]
) -> Iterator[tuple[Criterion | None, Criterion | None]]:
    """Which criteria belong together: those of the same words and kind, then of the same words, then of the same id."""
    partners: dict[int, Criterion] = {}
    left = dict(enumerate(after))
    for alike in (_words_and_kind, _words, _id):
        waiting: defaultdict[tuple[str, ...], deque[int]] = defaultdict(deque)
        for place, new in left.items():
            waiting[alike(new)].append(place)
        for place, old in enumerate(before):
            if place not in partners and (found := waiting[alike(old)]):
                partners[place] = left.pop(found.popleft())
    yield from ((old, partners.get(place)) for place, old in enumerate(before))
    yield from ((None, new) for new in left.values())


def _words_and_kind(one: Criterion) -> tuple[str, ...]:
    return (*_words(one), one.kind)


def _words(one: Criterion) -> tuple[str, ...]:
    return one.span.text_id, " ".join(one.text.split())


def _id(one: Criterion) -> tuple[str, ...]:
    return one.span.text_id, one.id


__all__ = ["Comparison", "compared", "pieces"]
