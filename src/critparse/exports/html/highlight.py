"""A text cut at the borders of its marks, so that marks may nest and overlap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from critparse.checks import SEVERITIES
from critparse.schema import Severity


class Mark(NamedTuple):
    """Characters that something is said of.

    ``kind`` is the severity of a finding, or another name that the style sheet knows. ``finding`` is the number of the
    finding in the record and ``evidence`` that of the passage in it; ``label`` is said behind the last character.
    """

    start: int
    end: int
    kind: str
    finding: int = 0
    evidence: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """Characters under the same marks. ``begins`` and ``ends``: the marks that do so with this segment."""

    start: int
    text: str
    around: Mapping[str, int]
    """How many marks of each kind are around the characters."""
    begins: Sequence[Mark]
    ends: Sequence[Mark]

    @property
    def severity(self) -> Severity | None:
        """The worst of the findings."""
        return next((severity for severity in SEVERITIES if severity in self.around), None)

    @property
    def overlapping(self) -> bool:
        """Whether the characters are in several passages of findings."""
        return sum(self.around.get(severity, 0) for severity in SEVERITIES) > 1

    @property
    def others(self) -> Sequence[str]:
        """The kinds of the marks that are no findings."""
        return sorted(kind for kind in self.around if kind not in SEVERITIES)


def segments(text: str, marks: Sequence[Mark], cuts: Collection[int] = ()) -> Iterator[Segment]:
    """The text in pieces, in its order and without gaps, cut at ``cuts``, too.

    Takes a time linear in text and borders (and the sorting of them), however the marks overlap.
    """
    starts: defaultdict[int, list[Mark]] = defaultdict(list)
    ends: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        starts[mark.start].append(mark)
        ends[mark.end].append(mark)
    around: Counter[str] = Counter()
    borders = sorted({0, *starts, *ends, *cuts})
    for border, following in zip(borders, [*borders[1:], len(text)], strict=True):
        for mark in starts[border]:
            around[mark.kind] += 1
        for mark in ends[border]:
            around[mark.kind] -= 1
            if not around[mark.kind]:
                del around[mark.kind]
        closing = ends[following] if following > border else ()
        yield Segment(border, text[border:following], dict(around), starts[border], closing)
