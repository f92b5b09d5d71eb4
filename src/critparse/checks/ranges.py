"""Limits that nobody can fulfil."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from critparse.checks.ages import Limit, eligibility_age
from critparse.checks.cues import cue_in, words
from critparse.checks.facts import LIST, SURE, Facts, Item, at, binds_participant, hull, required
from critparse.checks.registry import Problem, check
from critparse.quantities.units import convert
from critparse.schema import AnyOf, Bound, Leaf, Range, Rule, Span

_GAP = 6
"""Characters between two limits that are stated together at most."""
_Key = tuple[str, str, str | None]
"""What two limits must share to be compared: leaf kind, subject, reference."""
_SUGGESTION = "Check the numbers and the signs."


@check(
    "range-empty",
    title="A range has no values",
    severity="error",
    message="No value of {subject} is within this range: “{quote}” ({where}).",
    suggestion=_SUGGESTION,
)
def range_empty(facts: Facts) -> Iterator[Problem]:
    """The lower limit of a range is above its upper one, or two limits that must both hold exclude each other."""
    for criterion_id, found in facts.leaves_of.items():
        for leaf in found:
            sure = leaf.range is not None and leaf.confidence >= SURE and bool(leaf.range.evidence)
            if (
                sure
                and leaf.range is not None
                and _is_empty(leaf.range)
                and "or" not in words(facts.text_of(_span(leaf)))
            ):
                span = _span(leaf)
                details = {"subject": leaf.subject.text, "quote": facts.text_of(span), "where": criterion_id}
                yield Problem(evidence=(at(span),), details=details)
    yield from _pairs_within(facts)


def _pairs_within(facts: Facts) -> Iterator[Problem]:
    for criterion in facts.trial.criteria:
        if criterion.kind == "exclusion":
            continue  # "below 90 and above 180" excludes either there
        limits = sorted(filter(_comparable, required(criterion.rule)), key=lambda leaf: _span(leaf).start)
        for one, other in pairwise(limits):
            assert one.range is not None
            assert other.range is not None
            both = _intersection(one.range, other.range) if _key(one) == _key(other) else None
            if both is not None and _is_empty(both) and _joined(facts, _span(one), _span(other)):
                span = hull((_span(one), _span(other)))
                details = {"subject": one.subject.text, "quote": facts.text_of(span), "where": criterion.id}
                yield Problem(evidence=(at(_span(one)), at(_span(other))), details=details)


def _joined(facts: Facts, one: Span, other: Span) -> bool:
    """Whether two limits stand side by side, joined by "and" or a comma ("> 1500 and < 1000")."""
    first, second = sorted((one, other), key=lambda span: span.start)
    if first.text_id != second.text_id or not 0 < second.start - first.end <= _GAP:
        return False
    between = Span(text_id=first.text_id, start=first.end, end=second.start)
    signs = all(words(facts.text_of(span))[:1] != ["="] for span in (first, second))  # "=" may be a lost "≥" or "≤"
    return signs and facts.text_of(between).strip(" ,").lower() in {"and", "but", "", "&"}


@check(
    "exclusion-covers-inclusion",
    title="An exclusion leaves nothing of what an inclusion asks for",
    severity="error",
    message="Inclusion “{included}” ({where_included}) and exclusion “{excluded}” ({where_excluded}) leave nobody.",
    suggestion=_SUGGESTION,
)
def exclusion_covers_inclusion(facts: Facts) -> Iterator[Problem]:
    """An exclusion criterion on the same subject excludes every value that an inclusion criterion asks for."""
    yield from _ages_left(facts)
    excluded: dict[_Key, list[tuple[Leaf, Item]]] = {}
    for leaf, item in _limits(facts, "exclusion"):
        excluded.setdefault(_key(leaf), []).append((leaf, item))
    for one, one_item in _limits(facts, "inclusion"):
        for other, other_item in excluded.get(_key(one), ()):
            if one.kind != "age" and _covers(other, one):
                yield Problem(
                    evidence=(at(_span(one)), at(_span(other))),
                    details={
                        "included": facts.text_of(_span(one)),
                        "where_included": one_item.criterion.id,
                        "excluded": facts.text_of(_span(other)),
                        "where_excluded": other_item.criterion.id,
                    },
                )


def _ages_left(facts: Facts) -> Iterator[Problem]:
    for text_id in facts.text_ids:
        ages = eligibility_age(facts, text_id)
        for low in ages.minimum:
            for high in ages.maximum:
                if low.exclusion is not high.exclusion and _nothing_between(low, high):
                    inner, outer = (high, low) if low.exclusion else (low, high)
                    assert inner.span is not None
                    assert outer.span is not None
                    yield Problem(
                        evidence=(at(inner.span), at(outer.span)),
                        details={
                            "included": facts.text_of(inner.span),
                            "where_included": inner.criterion,
                            "excluded": facts.text_of(outer.span),
                            "where_excluded": outer.criterion,
                        },
                    )


def _nothing_between(low: Limit, high: Limit) -> bool:
    return low.value > high.value or (low.value == high.value and not (low.inclusive and high.inclusive))


def _limits(facts: Facts, kind: str) -> Iterator[tuple[Leaf, Item]]:
    """The limits that inclusion criteria ask of everyone, or that exclude by themselves; those of the list."""
    for criterion in facts.top(LIST):
        if criterion.kind != kind:
            continue
        found = required(criterion.rule) if kind == "inclusion" else _alone(criterion.rule)
        for leaf in found:
            item = facts.item_at(_span(leaf)) if _comparable(leaf) else None
            if item is None or cue_in("group-section", item.section):
                continue
            sentence = "".join(facts.sentence_at(_span(leaf), item))
            if not cue_in("age-group", sentence) and not cue_in("limit-conditional", sentence):
                yield leaf, item


def _alone(rule: Rule) -> Iterator[Leaf]:
    """The leaves of an exclusion any one of which excludes."""
    if isinstance(rule, AnyOf):
        for part in rule.rules:
            yield from _alone(part)
    elif isinstance(rule, Leaf):
        yield rule


def _comparable(leaf: Leaf) -> bool:
    """Whether a leaf is a plain limit: of a subject by itself, at no special time, with no second set of limits."""
    plain = not leaf.windows and not leaf.qualifiers and not leaf.values and leaf.present
    sure = leaf.confidence >= SURE and binds_participant(leaf) and bool(leaf.subject.spans)
    return plain and sure and leaf.range is not None and bool(leaf.range.evidence)


def _span(leaf: Leaf) -> Span:
    assert leaf.range is not None
    return hull(leaf.range.evidence)


def _key(leaf: Leaf) -> _Key:
    codes = leaf.subject.concepts[0].code if leaf.subject.concepts else leaf.subject.text.lower()
    return leaf.kind, codes, leaf.range.relative_to if leaf.range else None


def _covers(outer: Leaf, inner: Leaf) -> bool:
    """Whether the range of ``outer`` takes in all of that of ``inner``, and both bound the same side."""
    assert outer.range is not None
    assert inner.range is not None
    wide = _in_unit(outer.range, inner.range)
    if wide is None or (inner.range.lower is None and inner.range.upper is None):
        return False
    low = wide.lower is None or (inner.range.lower is not None and not _before(inner.range.lower, wide.lower))
    high = wide.upper is None or (inner.range.upper is not None and not _after(inner.range.upper, wide.upper))
    return low and high and (wide.lower is not None or wide.upper is not None)


def _before(one: Bound, other: Bound) -> bool:
    """Whether the lower bound ``one`` admits values that ``other`` does not."""
    return one.value < other.value or (one.value == other.value and one.inclusive and not other.inclusive)


def _after(one: Bound, other: Bound) -> bool:
    """Whether the upper bound ``one`` admits values that ``other`` does not."""
    return one.value > other.value or (one.value == other.value and one.inclusive and not other.inclusive)


def _in_unit(range_: Range, like: Range) -> Range | None:
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


def _intersection(one: Range, other: Range) -> Range | None:
    second = _in_unit(other, one)
    if second is None:
        return None
    lowers = [bound for bound in (one.lower, second.lower) if bound]
    uppers = [bound for bound in (one.upper, second.upper) if bound]
    return Range(
        lower=max(lowers, key=lambda b: b.value, default=None), upper=min(uppers, key=lambda b: b.value, default=None)
    )


def _is_empty(range_: Range) -> bool:
    low, high = range_.lower, range_.upper
    if low is None or high is None:
        return False
    return low.value > high.value or (low.value == high.value and not (low.inclusive and high.inclusive))
