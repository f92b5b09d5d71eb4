"""Whether a fact lies in a time window, as far as its dates say."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from critparse.match.logic import Truth
from critparse.match.patient import Fact
from critparse.match.terms import terms
from critparse.quantities.days import in_days
from critparse.schema import Anchor, Range, TimeWindow

_LASTING = ("drug", "device")
"""What a record gives a span of time in which it is the case throughout; a condition may come again within its span."""


class Interval(NamedTuple):
    """A number somewhere from ``low`` to ``high``."""

    low: float
    high: float


def limits(value: Interval, range_: Range) -> Truth:
    """Whether a number that is not known exactly lies within a range of the same unit."""
    ends = {_within(value.low, range_), _within(value.high, range_)}
    if ends == {True}:
        return Truth.MET  # ranges have no gaps
    beyond = _below(value.high, range_) or _above(value.low, range_)
    return Truth.NOT_MET if beyond else Truth.UNKNOWN


def _within(value: float, range_: Range) -> bool:
    return not _below(value, range_) and not _above(value, range_)


def _below(value: float, range_: Range) -> bool:
    bound = range_.lower
    return bound is not None and (value < bound.value or (value == bound.value and not bound.inclusive))


def _above(value: float, range_: Range) -> bool:
    bound = range_.upper
    return bound is not None and (value > bound.value or (value == bound.value and not bound.inclusive))


def in_window(fact: Fact, window: TimeWindow, on: date) -> Truth:
    """Whether the fact lies in the window as seen from the day ``on``; unknown where dates or anchor do not say."""
    if not is_index(window.anchor):
        return Truth.UNKNOWN
    if window.kind == "recency":
        return _recent(fact, window.range, on)
    if window.kind == "duration":
        return _lasting(fact, window.range, on)
    return _now(fact, on) if window.kind == "period" else Truth.UNKNOWN


def is_index(anchor: Anchor | None) -> bool:
    """Whether the anchor is the day for which is matched, seen backwards: screening, enrolment, start of treatment …"""
    if anchor is None:
        return True
    return anchor.event in terms("index")["anchors"] and anchor.relation in terms("looks-back")["relations"]


def is_over(fact: Fact, on: date) -> bool:
    """Whether the record says that it has ended."""
    return fact.state == "over" or (fact.end is not None and fact.end.last < on)


def _now(fact: Fact, on: date) -> Truth:
    if is_over(fact, on):
        return Truth.NOT_MET
    return Truth.MET if fact.state == "active" else Truth.UNKNOWN


def _recent(fact: Fact, range_: Range | None, on: date) -> Truth:
    """By the days since it was last the case."""
    days = in_days(range_) if range_ is not None else None
    if days is None or fact.start is None:
        return Truth.UNKNOWN
    earliest, latest = fact.start.first, min(fact.start.last, on)
    if fact.end is not None:
        latest = min(fact.end.last, on)
        earliest = fact.end.first if fact.domain in _LASTING else earliest
    elif fact.state == "active" and fact.domain in _LASTING:
        earliest = latest = on
    elif fact.domain in ("drug", "device", "condition", "allergy"):
        latest = on  # it may have been the case until today
    return limits(Interval((on - latest).days, max(0, (on - min(earliest, latest)).days)), days)


def _lasting(fact: Fact, range_: Range | None, on: date) -> Truth:
    """By the days from its beginning to its end, or until today."""
    days = in_days(range_) if range_ is not None else None
    if days is None or fact.start is None:
        return Truth.UNKNOWN
    if fact.end is not None:
        shortest = (min(fact.end.first, on) - fact.start.last).days
        longest = (min(fact.end.last, on) - fact.start.first).days
    else:
        longest = (on - fact.start.first).days
        shortest = (on - fact.start.last).days if fact.state == "active" else 0
    return limits(Interval(max(0, shortest), max(0, longest)), days)


def age(birth_first: date, birth_last: date, on: date, ucum: str) -> Interval | None:
    """The age in completed years, months, weeks or days; ``None`` for another unit."""
    ages = [_completed(birth, on, ucum) for birth in (birth_last, birth_first)]
    low, high = ages
    return None if low is None or high is None else Interval(low, high)


def _completed(birth: date, on: date, ucum: str) -> int | None:
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    days = (on - birth).days
    return {"a": months // 12, "mo": months, "wk": days // 7, "d": days}.get(ucum)
