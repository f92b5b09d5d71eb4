"""Limits that nobody can fulfil."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from critparse.checks.ages import Limit, eligibility_age
from critparse.checks.cues import words
from critparse.checks.facts import LIST, SURE, Facts, at, hull, required
from critparse.checks.limits import Key, comparable, in_unit, intersection, is_empty, key_of, plain_limits, span_of
from critparse.checks.registry import Problem, check
from critparse.schema import Bound, Leaf, Span

_TWO_UNITS = re.compile(
    r"\d\s?(?:years?|months?|weeks?|wks?)(?:,|\sand)?\s\d{1,2}\s?(?:months?|weeks?|days?)\b", re.IGNORECASE
)
"""A length of time in two units ("27 weeks 6 days"), which is not read as one."""
_GAP = 6
"""Characters between two limits that are stated together at most."""
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
            if leaf.range is None or leaf.confidence < SURE or not leaf.range.evidence or not is_empty(leaf.range):
                continue
            item = facts.item_at(span_of(leaf))
            two_units = item is not None and _TWO_UNITS.search(item.criterion.text)
            if "or" not in words(facts.text_of(span_of(leaf))) and not two_units:
                yield leaf.subject.text, (span_of(leaf),), criterion_id


def _pairs_within(facts: Facts) -> Iterator[tuple[str, tuple[Span, ...], str]]:
    """Neighbouring limits of one subject that an inclusion criterion joins by "and"."""
    for criterion in facts.trial.criteria:
        if criterion.kind == "exclusion" or _TWO_UNITS.search(criterion.text):
            continue  # "below 90 and above 180" excludes either there
        limits = sorted(filter(comparable, required(criterion.rule)), key=lambda leaf: span_of(leaf).start)
        for one, other in pairwise(limits):
            assert one.range is not None
            assert other.range is not None
            both = intersection(one.range, other.range) if key_of(one) == key_of(other) else None
            if both is not None and is_empty(both) and _joined(facts, span_of(one), span_of(other)):
                yield one.subject.text, (span_of(one), span_of(other)), criterion.id


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
    excluded: dict[Key, list[Leaf]] = {}
    for leaf in plain_limits(facts, "exclusion"):
        excluded.setdefault(key_of(leaf), []).append(leaf)
    for one in plain_limits(facts, "inclusion"):
        covering = next(
            (other for other in excluded.get(key_of(one), ()) if one.kind != "age" and _covers(other, one)), None
        )
        if covering is not None:
            yield _nobody(facts, span_of(one), span_of(covering))
            del excluded[key_of(one)]  # once for a subject is enough


def _nobody(facts: Facts, included: Span, excluded: Span) -> Problem:
    places = {"included": included, "excluded": excluded}
    details = {name: facts.text_of(span) for name, span in places.items()}
    for name, span in places.items():
        details[f"where_{name}"] = facts.owner(span)
    return Problem(evidence=(at(included), at(excluded)), details=details)


def _tightest_ages(facts: Facts) -> tuple[Limit | None, Limit | None]:
    """The highest minimum and the lowest maximum age that the list states."""
    ages = eligibility_age(facts, LIST)
    low = max(ages.minimum, key=lambda limit: limit.value, default=None)
    return low, min(ages.maximum, key=lambda limit: limit.value, default=None)


def _nothing_between(low: Limit, high: Limit) -> bool:
    return low.value > high.value or (low.value == high.value and not (low.inclusive and high.inclusive))


def _covers(outer: Leaf, inner: Leaf) -> bool:
    """Whether the range of ``outer`` takes in all of that of ``inner``, and both bound the same side."""
    assert outer.range is not None
    assert inner.range is not None
    wide = in_unit(outer.range, inner.range)
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
