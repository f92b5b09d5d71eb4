"""What several checks need to know about a record, worked out once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

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
    Span,
    SpanEvidence,
    Unstructured,
)

LIST = "eligibility"
NARRATIVES = ("description", "summary")
SURE = 0.7
"""A leaf read with less confidence is no evidence."""

# A full stop or semicolon that ends something, a line of its own, a bullet in running text.
_SENTENCE_END = re.compile(r"(?<=[^\d.])\.(?=\s|$)|(?<=\d)\.(?=\s{1,8}[A-Z]|$)|[;•]|\n")


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

    def top(self, text_id: str) -> Iterator[Criterion]:
        """The outermost criteria of a text; their rules include their children's."""
        return (criterion for criterion in self.trial.criteria if criterion.span.text_id == text_id)

    def item_at(self, span: Span) -> Item | None:
        """The innermost criterion that a passage belongs to."""
        found = None
        for item in self._by_text.get(span.text_id, ()):
            if item.criterion.span.start <= span.start < max(item.criterion.span.end, item.criterion.span.start + 1):
                found = item
        return found

    def sentence_at(self, span: Span, item: Item) -> str:
        """The sentence (or line, or member of a semicolon list) of ``item`` that a passage stands in."""
        start = span.start - item.criterion.span.start
        text = item.criterion.text
        first = max((m.end() for m in _SENTENCE_END.finditer(text) if m.end() <= start), default=0)
        end = span.end - item.criterion.span.start
        last = min((m.start() for m in _SENTENCE_END.finditer(text) if m.start() >= end), default=len(text))
        return text[first:last]

    def text_of(self, span: Span) -> str:
        """The words of a passage, white space folded."""
        return " ".join(self.trial.text_of(span).split())

    @cached_property
    def _by_text(self) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.criterion.span.text_id, []).append(item)
        return found


def _items(criterion: Criterion, above: tuple[Criterion, ...]) -> Iterator[Item]:
    yield Item(criterion, above)
    for child in criterion.children:
        yield from _items(child, (*above, criterion))


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
