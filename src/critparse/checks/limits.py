"""Limits that can be compared with each other: plain ones, in one unit, that bind every participant."""

from __future__ import annotations

from collections.abc import Iterator

from critparse.checks.cues import cue_in
from critparse.checks.facts import LIST, SURE, Facts, binds_participant, hull, required
from critparse.quantities.units import convert
from critparse.schema import AnyOf, Bound, Leaf, Range, Rule, Span

Key = tuple[str, str, str | None]
"""What two limits must share to be compared: leaf kind, subject, reference."""


def plain_limits(facts: Facts, kind: str) -> Iterator[Leaf]:
    """The limits that inclusion criteria ask of everyone, or that exclude by themselves; those of the list."""
    for criterion in facts.top(LIST):
        if criterion.kind != kind:
            continue
        for leaf in required(criterion.rule) if kind == "inclusion" else alone(criterion.rule):
            item = facts.item_at(span_of(leaf)) if comparable(leaf) else None
            if item is None or cue_in("group-section", item.section):
                continue
            sentence = "".join(facts.sentence_at(span_of(leaf), item))
            if not cue_in("age-group", sentence) and not cue_in("limit-conditional", sentence):
                yield leaf


def alone(rule: Rule) -> Iterator[Leaf]:
    """The leaves of an exclusion any one of which excludes."""
    if isinstance(rule, AnyOf):
        for part in rule.rules:
            yield from alone(part)
    elif isinstance(rule, Leaf):
        yield rule


def comparable(leaf: Leaf) -> bool:
    """Whether a leaf is a plain limit: of a subject by itself, at no special time, with no second set of limits."""
    plain = not leaf.windows and not leaf.qualifiers and not leaf.values and leaf.present
    sure = leaf.confidence >= SURE and binds_participant(leaf) and bool(leaf.subject.spans)
    return plain and sure and leaf.range is not None and bool(leaf.range.evidence) and not _narrowed(leaf)


def _narrowed(leaf: Leaf) -> bool:
    """Whether words that were not read stand right before the subject: "renal SOFA score" is a part of the score."""
    first = leaf.subject.spans[0]
    return any(words.text_id == first.text_id and 0 <= first.start - words.end <= 1 for words in leaf.unread)


def span_of(leaf: Leaf) -> Span:
    """The words that state the limit of a leaf."""
    assert leaf.range is not None
    return hull(leaf.range.evidence)


def key_of(leaf: Leaf) -> Key:
    """What a leaf limits."""
    codes = leaf.subject.concepts[0].code if leaf.subject.concepts else leaf.subject.text.lower()
    return leaf.kind, codes, leaf.range.relative_to if leaf.range else None


def in_unit(range_: Range, like: Range) -> Range | None:
    """A range in the unit of another; ``None`` when the units cannot be compared."""
    unit = range_.unit.ucum if range_.unit else None
    target = like.unit.ucum if like.unit else None
    if unit == target and (unit is not None or range_.unit is None):
        return range_
    if unit is None or target is None:
        return None
    factor = convert(1.0, unit, target)
    if factor is None:
        return None

    def scaled(bound: Bound | None) -> Bound | None:
        return bound and Bound(value=bound.value * factor, inclusive=bound.inclusive)

    return Range(lower=scaled(range_.lower), upper=scaled(range_.upper), unit=like.unit)


def intersection(one: Range, other: Range) -> Range | None:
    """The values in both ranges, in the unit of the first; ``None`` when the units cannot be compared."""
    second = in_unit(other, one)
    if second is None:
        return None
    lowers = [bound for bound in (one.lower, second.lower) if bound]
    uppers = [bound for bound in (one.upper, second.upper) if bound]
    return Range(
        lower=max(lowers, key=lambda b: b.value, default=None), upper=min(uppers, key=lambda b: b.value, default=None)
    )


def is_empty(range_: Range) -> bool:
    """Whether no value is in a range."""
    low, high = range_.lower, range_.upper
    if low is None or high is None:
        return False
    return low.value > high.value or (low.value == high.value and not (low.inclusive and high.inclusive))
