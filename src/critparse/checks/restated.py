"""One limit stated in several places of the list: with other numbers, or with and without the number itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from critparse.checks.ages import eligibility_age, lead_in_before
from critparse.checks.cues import cue_in
from critparse.checks.facts import LIST, Facts, Item, at, leaves
from critparse.checks.limits import Key, in_unit, intersection, is_empty, key_of, plain_limits, span_of
from critparse.checks.registry import Problem, check
from critparse.schema import Bound, Leaf, Range, Span, SpanEvidence

_SLACK = 0.02
"""Share by which two numbers may differ and still be the same limit, rounded when it was converted."""
_LIMITS = 2
"""Limits in one criterion at most: both pressures, or a limit and its conversion; more of them hang together."""
_FAMILY = 25
"""Statements about one subject that are compared with each other at most."""


@dataclass(frozen=True, slots=True)
class _End:
    """One end of the values that a criterion admits."""

    leaf: Leaf
    end: Literal["lowest", "highest"]
    exclusion: bool
    inclusive: bool

    @property
    def span(self) -> Span:
        return span_of(self.leaf)


@check(
    "limit-restated",
    title="The limit of one thing is stated twice with different numbers",
    severity="warning",
    message="The {end} {subject} admitted differs: “{one}” ({where_one}) and “{other}” ({where_other}).",
    suggestion="Decide which number is meant, and say of whom each holds if both are.",
    last=True,
)
def limit_restated(facts: Facts) -> Iterator[Problem]:
    """Two criteria of the list set the same end of the same quantity for every participant, with different numbers.

    An exclusion is read as what it admits: "HbA1c > 11 %" among the exclusions and "HbA1c 7 to 10 %" among the
    inclusions differ in the highest value. Limits at a special time, under a condition or of a group do not count.
    """
    return _compared(facts, boundary=False)


@check(
    "limit-boundary-unclear",
    title="A value is both admitted and excluded, or neither",
    severity="info",
    message="It is unclear whether {subject} {value} is admitted: “{one}” ({where_one}), “{other}” ({where_other}).",
    suggestion="Let the value itself belong to one of the two criteria.",
    last=True,
)
def boundary_unclear(facts: Facts) -> Iterator[Problem]:
    """An inclusion and an exclusion name the same limit, and the number itself belongs to both or to neither."""
    return _compared(facts, boundary=True)


def _compared(facts: Facts, *, boundary: bool) -> Iterator[Problem]:
    families: dict[tuple[Key, str], list[_End]] = {}
    for end in _ends(facts):
        families.setdefault((key_of(end.leaf), end.end), []).append(end)
    for family in families.values():
        found = (_compare(facts, one, other) for one, other in combinations(family[:_FAMILY], 2))
        pair = next((pair for pair in found if pair is not None and pair[2] is boundary), None)
        if pair is not None and not _is_reported(facts, pair[0], pair[1]):
            yield _problem(facts, pair[0], pair[1])


def _ends(facts: Facts) -> Iterator[_End]:
    """The ends that criteria set for everyone; those in a sub-list may be alternatives."""
    ages = {limit.span for end in ("minimum", "maximum") for limit in eligibility_age(facts, LIST).end(end)}
    for exclusion, kind in ((False, "inclusion"), (True, "exclusion")):
        for leaf in plain_limits(facts, kind):
            item = facts.item_at(span_of(leaf))
            if (
                item is None
                or not _stands_alone(facts, item, leaf)
                or (leaf.kind == "age" and span_of(leaf) not in ages)
            ):
                continue
            yield from _ends_of(leaf, exclusion=exclusion)


def _stands_alone(facts: Facts, item: Item, leaf: Leaf) -> bool:
    """Whether an item's limit holds whatever else: of something known, for all ages, in no sub-list, with no demand."""
    limits = [other for other in leaves(item.criterion.rule) if other.range is not None]
    by_age = leaf.kind != "age" and any(other.kind == "age" for other in limits)
    known = leaf.kind == "age" or bool(leaf.subject.concepts)
    leads = lead_in_before(facts, item)
    led = item.above or any(cue_in("group-lead", text) or cue_in("age-group", text) for text in leads)
    return (
        len(limits) <= _LIMITS and known and not by_age and not led and not cue_in("limit-demand", item.criterion.text)
    )


def _ends_of(leaf: Leaf, *, exclusion: bool) -> Iterator[_End]:
    """The ends that a leaf sets; a value ("= 18", where a sign may be lost) and an excluded stretch set none."""
    assert leaf.range is not None
    low, high = leaf.range.lower, leaf.range.upper
    if low is not None and high is not None and (exclusion or low.value == high.value):
        return
    if low is not None:
        yield _End(leaf, "highest" if exclusion else "lowest", exclusion, low.inclusive is not exclusion)
    if high is not None:
        yield _End(leaf, "lowest" if exclusion else "highest", exclusion, high.inclusive is not exclusion)


def _compare(facts: Facts, one: _End, other: _End) -> tuple[_End, _End, bool] | None:
    """Two statements of one end with whether they differ in the boundary only; ``None`` when they agree."""
    assert one.leaf.range is not None
    assert other.leaf.range is not None
    second = in_unit(other.leaf.range, one.leaf.range)
    first_bound, second_bound = _bound(one, one.leaf.range), _bound(other, second) if second else None
    if second_bound is None or first_bound is None or facts.item_at(one.span) == facts.item_at(other.span):
        return None
    size = max(abs(first_bound.value), abs(second_bound.value))
    if abs(first_bound.value - second_bound.value) > _SLACK * size:
        whole = _whole(one, first_bound) == _whole(other, second_bound) and one.leaf.range.unit is None
        apart = intersection(one.leaf.range, other.leaf.range)
        groups = one.exclusion is other.exclusion and apart is not None and is_empty(apart)
        return None if whole or groups else (one, other, False)
    return (one, other, True) if one.exclusion is not other.exclusion and one.inclusive is not other.inclusive else None


def _whole(end: _End, bound: Bound) -> float:
    """The last whole number admitted: "20 or higher" among exclusions and "19 or lower" are the same score."""
    if end.inclusive or bound.value != int(bound.value):
        return bound.value
    return bound.value + 1 if end.end == "lowest" else bound.value - 1


def _bound(end: _End, range_: Range) -> Bound | None:
    return range_.lower if (end.end == "lowest") is not end.exclusion else range_.upper


def _is_reported(facts: Facts, one: _End, other: _End) -> bool:
    """Whether an earlier finding rests on both statements."""
    for finding in facts.reported:
        places = [e for e in finding.evidence if isinstance(e, SpanEvidence)]
        if all(any(_holds(place, end.span) for place in places) for end in (one, other)):
            return True
    return False


def _holds(place: SpanEvidence, span: Span) -> bool:
    return place.text_id == span.text_id and place.start <= span.start < place.end


def _problem(facts: Facts, one: _End, other: _End) -> Problem:
    assert one.leaf.range is not None
    bound = _bound(one, one.leaf.range)
    details = {"subject": one.leaf.subject.text, "end": one.end, "value": f"{bound.value:g}" if bound else ""}
    for name, end in (("one", one), ("other", other)):
        details |= {name: facts.text_of(end.span), f"where_{name}": facts.owner(end.span)}
    return Problem((at(one.span), at(other.span)), details)
