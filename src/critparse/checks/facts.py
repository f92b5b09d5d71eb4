"""What several checks need to know about a record, worked out once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from critparse.schema import (
    AllOf,
    AnyOf,
    AtLeast,
    Criterion,
    Finding,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Rule,
    SourceText,
    Span,
    SpanEvidence,
    Unstructured,
)

_BREAK = re.compile(r"</?(?:br|p|li|ul|ol|div)\s?/?>", re.IGNORECASE)

LIST = "eligibility"
NARRATIVES = ("description", "summary")
TITLES = ("title", "official_title")
SURE = 0.7
"""A leaf read with less confidence is no evidence."""

# A full stop or semicolon that ends something, a bullet in running text, an empty line; and brackets.
_SENTENCE_END = re.compile(r"(?<=[^\d.])\.(?=\s|$)|(?<=\d)\.(?=\s{1,8}[A-Z]|$)|[;•]|\n[ \t\r]{0,80}\n")
_REACH = 1000
"""Characters before and after a passage within which its sentence is looked for."""
_BRACKET = re.compile(r"[()\[\]]")


@dataclass(frozen=True, slots=True)
class Item:
    """A criterion with those above it, outermost first."""

    criterion: Criterion
    above: tuple[Criterion, ...]

    @property
    def section(self) -> str:
        """The sub-heading that the criterion stands under, "" for none."""
        return self.criterion.section or next((c.section for c in reversed(self.above) if c.section), "")


class Facts:
    """A record as the checks look at it. ``reported``: what the earlier checks found (for those that run last)."""

    def __init__(self, trial: ParsedTrial, reported: tuple[Finding, ...] = ()) -> None:
        self.trial = trial
        self.reported = reported
        self.worked_out: dict[tuple[str, str], Any] = {}
        """What a family works out once for several of its checks, by names of its own."""

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All criteria of all texts, parents before their children, in document order."""
        return tuple(item for criterion in self.trial.criteria for item in _items(criterion, ()))

    @cached_property
    def text_ids(self) -> tuple[str, ...]:
        """The texts that hold criteria, the eligibility list first."""
        found = dict.fromkeys(item.criterion.span.text_id for item in self.items)
        return tuple(sorted(found, key=lambda text_id: (text_id != LIST, text_id)))

    @cached_property
    def has_fields(self) -> bool:
        """Whether the record comes with structured fields at all: then a blank age means "no limit"."""
        registry = self.trial.registry
        return any(
            value is not None
            for value in (registry.minimum_age, registry.maximum_age, registry.sex, registry.healthy_volunteers)
        )

    @property
    def titles(self) -> tuple[SourceText, ...]:
        """The titles of the record: the brief one first."""
        return tuple(text for text in self.trial.texts if text.id in TITLES)

    def top(self, text_id: str) -> Iterator[Criterion]:
        """The outermost criteria of a text; their rules include their children's."""
        return (criterion for criterion in self.trial.criteria if criterion.span.text_id == text_id)

    def item_at(self, span: Span) -> Item | None:
        """The innermost criterion that a passage belongs to."""
        items = self._by_text.get(span.text_id, [])
        place = bisect_right(items, span.start, key=lambda item: item.criterion.span.start) - 1
        if place < 0:
            return None
        chain = (*items[place].above, items[place].criterion)
        for depth in reversed(range(len(chain))):
            own = chain[depth].span
            if own.start <= span.start < max(own.end, own.start + 1):
                return Item(chain[depth], chain[:depth])
        return None

    def siblings(self, item: Item) -> tuple[tuple[Criterion, ...], int]:
        """The criteria of the list that an item stands in, and its place among them."""
        listed = item.above[-1].children if item.above else self._top.get(item.criterion.span.text_id, ())
        return listed, self._places[item.criterion.id]

    def sentence_at(self, span: Span, item: Item) -> tuple[str, str, str]:
        """The sentence (or member of a semicolon list) of ``item`` around a passage: before, the passage, after.

        Brackets elsewhere in the sentence that hold numbers of their own are left out.
        """
        base = max(item.criterion.span.start, span.start - _REACH)
        whole = item.criterion.text[base - item.criterion.span.start :]
        start, end = span.start - base, span.end - base
        text = whole[: end + _REACH]
        brackets = _brackets(text)
        inside = {at for a, b in brackets for at in range(a + 1, b)}
        ends = [match for match in _SENTENCE_END.finditer(text) if match.start() not in inside]
        first = max((m.end() for m in ends if m.end() <= start), default=0)
        last = min((m.start() for m in ends if m.start() >= end), default=len(text))
        other = [(a, b) for a, b in brackets if not a < start < b and any(map(str.isdecimal, text[a:b]))]
        return _cut(text, first, start, other), text[start:end], _cut(text, end, last, other)

    @cached_property
    def leaves_of(self) -> dict[str, list[Leaf]]:
        """By criterion id the leaves whose words stand in the criterion itself, not in its sub-list."""
        found: dict[str, list[Leaf]] = {}
        for criterion in self.trial.criteria:
            for leaf in leaves(criterion.rule):
                spans = (leaf.range.evidence if leaf.range else ()) or leaf.subject.spans or leaf.evidence
                item = self.item_at(spans[-1]) if spans else None
                if item is not None:
                    found.setdefault(item.criterion.id, []).append(leaf)
        return found

    def owner(self, span: Span) -> str:
        """The id of the innermost criterion that a passage belongs to, of its text if there is none."""
        item = self.item_at(span)
        return item.criterion.id if item else span.text_id

    def text_of(self, span: Span) -> str:
        """The words of a passage, white space and line breaks of markup folded."""
        return " ".join(_BREAK.sub(" ", self.trial.text_of(span)).split())

    @cached_property
    def _top(self) -> dict[str, tuple[Criterion, ...]]:
        return {text_id: tuple(self.top(text_id)) for text_id in self._by_text}

    @cached_property
    def _places(self) -> dict[str, int]:
        lists = [*self._top.values(), *(item.criterion.children for item in self.items)]
        return {criterion.id: place for listed in lists for place, criterion in enumerate(listed)}

    @cached_property
    def _by_text(self) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.criterion.span.text_id, []).append(item)
        for items in found.values():
            items.sort(key=lambda item: (item.criterion.span.start, len(item.above)))
        return found


def _items(criterion: Criterion, above: tuple[Criterion, ...]) -> Iterator[Item]:
    yield Item(criterion, above)
    for child in criterion.children:
        yield from _items(child, (*above, criterion))


def _brackets(text: str) -> list[tuple[int, int]]:
    """The outermost pairs of brackets, as ranges that include them."""
    found: list[tuple[int, int]] = []
    depth = start = 0
    for match in _BRACKET.finditer(text):
        if match[0] in "([":
            start = match.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                found.append((start, match.end()))
    return found


def _cut(text: str, first: int, last: int, out: list[tuple[int, int]]) -> str:
    """``text[first:last]`` less the ranges ``out``."""
    kept = []
    for start, end in out:
        if first <= start and end <= last:
            kept.append(text[first:start])
            first = end
    return " ".join([*kept, text[first:last]])


def leaves(rule: Rule) -> Iterator[Leaf]:
    """All leaves of a rule, by position in the tree; what could not be read is left out."""
    if isinstance(rule, AllOf | AnyOf | AtLeast):
        for part in rule.rules:
            yield from leaves(part)
    elif isinstance(rule, Not):
        yield from leaves(rule.rule)
    elif isinstance(rule, IfThen):
        yield from leaves(rule.condition)
        yield from leaves(rule.rule)
    elif not isinstance(rule, Unstructured):
        yield rule


def required(rule: Rule) -> Iterator[Leaf]:
    """The leaves of a rule that hold for whoever fulfils it: members of conjunctions, read with confidence."""
    if isinstance(rule, AllOf):
        for part in rule.rules:
            yield from required(part)
    elif isinstance(rule, Leaf) and rule.confidence >= SURE and binds_participant(rule):
        yield rule


def binds_participant(leaf: Leaf) -> bool:
    """Whether a leaf is about every participant, not about a subgroup or another person."""
    return leaf.scope is None or leaf.scope.person == "participant"


def at(span: Span) -> SpanEvidence:
    """A passage as evidence."""
    return SpanEvidence(text_id=span.text_id, start=span.start, end=span.end)


def hull(spans: tuple[Span, ...]) -> Span:
    """The smallest passage that covers some passages of one text."""
    return Span(text_id=spans[0].text_id, start=min(s.start for s in spans), end=max(s.end for s in spans))
