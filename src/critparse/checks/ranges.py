"""Limits that nobody can fulfil."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from critparse.checks.ages import Limit, eligibility_age
from critparse.checks.cues import cue_in, words
from critparse.checks.facts import LIST, SURE, Facts, at, binds_participant, hull, required
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
    """The lower limit of a range is above its upper one, or two limits that must both hold exclude each other.

    Copies of the same words make one finding.
    """
    places: dict[tuple[str, str], list[tuple[tuple[Span, ...], str]]] = {}
    for subject, spans, where in (*_reversed(facts), *_pairs_within(facts)):
        places.setdefault((subject, facts.text_of(hull(spans))), []).append((spans, where))
    for (subject, quote), found in places.items():
        evidence = dict.fromkeys(at(span) for spans, _ in found for span in spans)
        where = ", ".join(dict.fromkeys(criterion_id for _, criterion_id in found))
        yield Problem(tuple(evidence), {"subject": subject, "quote": quote, "where": where})


def _reversed(facts: Facts) -> Iterator[tuple[str, tuple[Span, ...], str]]:
    """Single ranges without values; with "or" in them they are two."""
    for criterion_id, found in facts.leaves_of.items():
        for leaf in found:
            if leaf.range is None or leaf.confidence < SURE or not leaf.range.evidence or not _is_empty(leaf.range):
                continue
            if "or" not in words(facts.text_of(_span(leaf))):
                yield leaf.subject.text, (_span(leaf),), criterion_id


def _pairs_within(facts: Facts) -> Iterator[tuple[str, tuple[Span, ...], str]]:
    """Neighbouring limits of one subject that an inclusion criterion joins by "and"."""
    for criterion in facts.trial.criteria:
        if criterion.kind == "exclusion":
            continue  # "below 90 and above 180" excludes either there
        limits = sorted(filter(_comparable, required(criterion.rule)), key=lambda leaf: _span(leaf).start)
        for one, other in pairwise(limits):
            assert one.range is not None
            assert other.range is not None
            both = _intersection(one.range, other.range) if _key(one) == _key(other) else None
            if both is not None and _is_empty(both) and _joined(facts, _span(one), _span(other)):
                yield one.subject.text, (_span(one), _span(other)), criterion.id


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
    low, high = _tightest_ages(facts)
    if low and high and low.exclusion is not high.exclusion and _nothing_between(low, high):
        inner, outer = (high, low) if low.exclusion else (low, high)
        if inner.span is not None and outer.span is not None:
            yield _nobody(facts, inner.span, outer.span)
    excluded: dict[_Key, list[Leaf]] = {}
    for leaf in _limits(facts, "exclusion"):
        excluded.setdefault(_key(leaf), []).append(leaf)
    for one in _limits(facts, "inclusion"):
        covering = next(
            (other for other in excluded.get(_key(one), ()) if one.kind != "age" and _covers(other, one)), None
        )
        if covering is not None:
            yield _nobody(facts, _span(one), _span(covering))
            del excluded[_key(one)]  # once for a subject is enough


def _nobody(facts: Facts, included: Span, excluded: Span) -> Problem:
    places = {"included": included, "excluded": excluded}
    details = {name: facts.text_of(span) for name, span in places.items()}
    for name, span in places.items():
        item = facts.item_at(span)
        details[f"where_{name}"] = item.criterion.id if item else span.text_id
    return Problem(evidence=(at(included), at(excluded)), details=details)


def _tightest_ages(facts: Facts) -> tuple[Limit | None, Limit | None]:
    """The highest minimum and the lowest maximum age that the list states."""
    ages = eligibility_age(facts, LIST)
    low = max(ages.minimum, key=lambda limit: limit.value, default=None)
    return low, min(ages.maximum, key=lambda limit: limit.value, default=None)


def _nothing_between(low: Limit, high: Limit) -> bool:
    return low.value > high.value or (low.value == high.value and not (low.inclusive and high.inclusive))


def _limits(facts: Facts, kind: str) -> Iterator[Leaf]:
    """The limits that inclusion criteria ask of everyone, or that exclude by themselves; those of the list."""
    for criterion in facts.top(LIST):
        if criterion.kind != kind:
            continue
        for leaf in required(criterion.rule) if kind == "inclusion" else _alone(criterion.rule):
            item = facts.item_at(_span(leaf)) if _comparable(leaf) else None
            if item is None or cue_in("group-section", item.section):
                continue
            sentence = "".join(facts.sentence_at(_span(leaf), item))
            if not cue_in("age-group", sentence) and not cue_in("limit-conditional", sentence):
                yield leaf


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
