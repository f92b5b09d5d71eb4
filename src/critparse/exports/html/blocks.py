"""A text in blocks: what belongs to one criterion (the innermost), to a note, or to neither, without gaps."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from critparse.schema import Criterion, Note, ParsedTrial


class Placed(NamedTuple):
    """A criterion with its place in the document, from 1, and how many criteria it stands under."""

    criterion: Criterion
    number: int
    depth: int


def placed(trial: ParsedTrial) -> Iterator[Placed]:
    """Every criterion, parents before their children, in the order of :meth:`ParsedTrial.walk`."""
    stack = [(criterion, 0) for criterion in reversed(trial.criteria)]
    number = 0
    while stack:
        criterion, depth = stack.pop()
        number += 1
        yield Placed(criterion, number, depth)
        stack.extend((child, depth + 1) for child in reversed(criterion.children))


@dataclass(frozen=True, slots=True)
class Block:
    """Characters of a text and whose they are. ``first``: the criterion's first, with which it is explained."""

    start: int
    end: int
    owner: Placed | Note | None
    first: bool = False

    @property
    def item(self) -> Placed | None:
        """The criterion, if it is one's."""
        return self.owner if isinstance(self.owner, Placed) else None

    @property
    def note(self) -> Note | None:
        """The note, if it is one's."""
        return self.owner if isinstance(self.owner, Note) else None


def blocks(length: int, items: Sequence[Placed], notes: Sequence[Note]) -> Iterator[Block]:
    """The blocks of a text of ``length`` characters, in order.

    Every criterion has one that is its first, if need be without characters: a parent that has no words of its own.
    """
    seen: set[int] = set()
    for owner, run in groupby(_pieces(length, items, notes), key=lambda piece: piece.owner):
        pieces = list(run)
        first = isinstance(owner, Placed) and owner.number not in seen
        if isinstance(owner, Placed):
            seen.add(owner.number)
        if first or pieces[-1].end > pieces[0].start:
            yield Block(pieces[0].start, pieces[-1].end, owner, first)


def _pieces(length: int, items: Sequence[Placed], notes: Sequence[Note]) -> Iterator[Block]:
    """The text cut at every border; a criterion that begins under another one gets a piece without characters."""
    begins: defaultdict[int, list[tuple[int, Placed | Note]]] = defaultdict(list)
    owners: list[Placed | Note] = [*notes, *items]  # later ones lie on top
    for rank, owner in enumerate(owners):
        begins[_span(owner)[0]].append((rank, owner))
    borders = sorted({0, length, *begins, *(_span(owner)[1] for owner in owners)})
    active: list[tuple[int, int, Placed | Note]] = []
    for border, following in zip(borders, [*borders[1:], length], strict=True):
        started = begins[border]
        for rank, owner in started:
            heapq.heappush(active, (-rank, _span(owner)[1], owner))
        while active and active[0][1] <= border:
            heapq.heappop(active)
        top = active[0][2] if active else None
        yield from (Block(border, border, owner) for _, owner in started if owner is not top)
        if following > border:
            yield Block(border, following, top)


def _span(owner: Placed | Note) -> tuple[int, int]:
    span = owner.span if isinstance(owner, Note) else owner.criterion.span
    return span.start, span.end
