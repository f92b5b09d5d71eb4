"""Findings on a page: their passages side by side, and as marks in the texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from critparse.exports.html.highlight import Mark
from critparse.exports.passages import Passage, Passages
from critparse.schema import Finding, SpanEvidence

_FEW = 3
"""So many passages stand in a column each; more are put together by where they are."""
_SIDES = ("Registry fields", "List of criteria", "Narrative")


class Shown(NamedTuple):
    """A passage in the page; ``number`` counts the evidence of its finding, and makes its anchor."""

    number: int
    passage: Passage


class Column(NamedTuple):
    """Passages below each other, under the name of their place."""

    title: str
    passages: Sequence[Shown]


def columns(passages: Passages, finding: Finding) -> Iterator[Column]:
    """The passages of a finding side by side: registry, list, narrative."""
    shown = [Shown(number, passages.of(evidence)) for number, evidence in enumerate(finding.evidence, 1)]
    shown.sort(key=lambda one: one.passage.side)
    if len(shown) <= _FEW:
        yield from (Column(one.passage.place, [one]) for one in shown)
        return
    for side, title in enumerate(_SIDES):
        if here := [one for one in shown if one.passage.side == side]:
            yield Column(title, here)


Marks = Mapping[str, list[Mark]]
"""Marks by the id of their text."""


def marks(findings: Sequence[Finding]) -> Marks:
    """The passages of findings as marks, by the id of their text."""
    found: defaultdict[str, list[Mark]] = defaultdict(list)
    for number, finding in enumerate(findings, 1):
        for place, evidence in enumerate(finding.evidence, 1):
            if isinstance(evidence, SpanEvidence):
                mark = Mark(evidence.start, evidence.end, finding.severity, number, place)
                found[evidence.text_id].append(mark)
    return found
