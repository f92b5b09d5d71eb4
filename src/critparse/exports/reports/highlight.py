"""A text cut at the borders of its passages, so that passages may nest and overlap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from critparse.checks import SEVERITIES
from critparse.schema import Severity


class Mark(NamedTuple):
    """A passage: its characters, the number of its finding in the record, of the evidence in it, and the severity."""

    start: int
    end: int
    finding: int
    evidence: int
    severity: Severity


class Segment(NamedTuple):
    """Characters under the same marks. ``criteria`` and ``marks`` begin here; ``severity`` is the worst around them."""

    text: str
    severity: Severity | None
    overlapping: bool
    criteria: Sequence[str]
    marks: Sequence[Mark]


def segments(text: str, marks: Sequence[Mark], criteria: Mapping[int, Sequence[str]]) -> Iterator[Segment]:
    """The text in pieces, in its order and without gaps.

    ``criteria`` are the ids of those that begin at an offset. Takes a time linear in text and borders (and the sorting
    of them), however the marks overlap.
    """
    starts: defaultdict[int, list[Mark]] = defaultdict(list)
    ends: defaultdict[int, Counter[Severity]] = defaultdict(Counter)
    for mark in marks:
        starts[mark.start].append(mark)
        ends[mark.end][mark.severity] += 1
    around: Counter[Severity] = Counter()
    borders = sorted({0, *starts, *ends, *criteria})
    for border, following in zip(borders, [*borders[1:], len(text)], strict=True):
        around.update(mark.severity for mark in starts[border])
        around.subtract(ends[border])
        worst = next((severity for severity in SEVERITIES if around[severity]), None)
        yield Segment(text[border:following], worst, around.total() > 1, criteria.get(border, ()), starts[border])
