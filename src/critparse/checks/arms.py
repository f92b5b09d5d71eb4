"""Arms, cohorts and other groups of one record against each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from critparse.checks.ages import AgeRange, Limit, eligibility_age
from critparse.checks.facts import LIST, Facts, at
from critparse.checks.registry import Problem, check
from critparse.schema import SpanEvidence


@check(
    "arms-gap",
    title="The ages of the groups leave a gap",
    severity="info",
    message="Between {low} and {high} years lies no group: “{one}” ({where_one}) and “{other}” ({where_other}).",
    suggestion="Check whether people of these ages are to be left out.",
)
def gap(facts: Facts) -> Iterator[Problem]:
    """Groups divide the ages among themselves, and completed years between two neighbours belong to neither."""
    for lower, upper in _neighbours(facts):
        last, first = _last(lower), _first(upper)
        if first - last > 1:
            yield _problem(facts, lower, upper, {"low": f"{last:g}", "high": f"{first:g}"})


@check(
    "arms-overlap",
    title="An age belongs to two groups",
    severity="info",
    message="People of {low} years belong to two groups: “{one}” ({where_one}) and “{other}” ({where_other}).",
    suggestion="Let the age itself belong to one of the groups.",
)
def overlap(facts: Facts) -> Iterator[Problem]:
    """Groups divide the ages among themselves, and the same number is the end of one and the beginning of the next."""
    for lower, upper in _neighbours(facts):
        if _first(upper) == _last(lower):
            yield _problem(facts, lower, upper, {"low": f"{_last(lower):g}"})


def _neighbours(facts: Facts) -> Iterator[tuple[Limit, Limit]]:
    """The upper end of a group's ages with the lower end of the next group's, where no two groups share more."""
    ranges = [ages for ages in eligibility_age(facts, LIST).groups if _in_years(ages)]
    ranges = list({(_first_of(ages), _last_of(ages)): ages for ages in ranges}.values())
    ranges.sort(key=_first_of)
    if len(ranges) < 2 or any(_first_of(after) < _last_of(before) for before, after in pairwise(ranges)):
        return
    for before, after in pairwise(ranges):
        if before.upper is not None and after.lower is not None:
            yield before.upper, after.lower


def _in_years(ages: AgeRange) -> bool:
    limits = [limit for limit in (ages.lower, ages.upper) if limit is not None]
    return bool(limits) and all(limit.unit == "a" and limit.number == int(limit.number) for limit in limits)


def _first_of(ages: AgeRange) -> float:
    return _first(ages.lower) if ages.lower else 0.0


def _last_of(ages: AgeRange) -> float:
    return _last(ages.upper) if ages.upper else float("inf")


def _first(limit: Limit) -> float:
    """The first completed year that is admitted."""
    return limit.number if limit.inclusive else limit.number + 1


def _last(limit: Limit) -> float:
    """The last completed year that is admitted."""
    return limit.number if limit.inclusive else limit.number - 1


def _problem(facts: Facts, lower: Limit, upper: Limit, details: dict[str, str]) -> Problem:
    evidence: list[SpanEvidence] = []
    for name, limit in (("one", lower), ("other", upper)):
        assert limit.span is not None, "limits of a text have their place"
        evidence.append(at(limit.span))
        details |= {name: facts.text_of(limit.span), f"where_{name}": limit.criterion}
    return Problem(tuple(evidence), details)
