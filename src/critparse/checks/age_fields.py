"""The registry's age fields against the ages of the list and of the narrative."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product

from critparse.checks.ages import (
    NO_MAXIMUM,
    RELATIONS,
    AgeRange,
    End,
    Limit,
    Relation,
    eligibility_age,
    field_limit,
    relation,
    unit_slip,
)
from critparse.checks.cues import cue_in
from critparse.checks.facts import LIST, Facts, at
from critparse.checks.registry import Problem, check
from critparse.schema import AgeLimit, Evidence, FieldEvidence, Severity

BLANK = "(blank)"
"""What a finding shows for a field that the record leaves empty."""

_AGE_GROUPS_ONLY = re.compile(r"EUCTR|ISRCTN|\d{4}-\d{6}-\d{2}|\d{8}$")
"""Numbers of the EU CTR, CTIS and ISRCTN, which ask for age groups ("Adults (18-64 years)") rather than limits."""
_MOST = 100
"""Different limits of one text that are looked at."""
_MESSAGE = "The {end} age is stated differently: {places}."
_SUGGESTION = "Decide which {end} age is meant and state the same one in every place."
_SEVERITY: dict[Relation, Severity] = {"boundary": "info", "near": "warning", "different": "error"}
_UNITS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours", "min": "minutes"}


@dataclass(frozen=True, slots=True)
class _Place:
    """One place that states an end of the ages: every way it does, and what to show for it. No limits: blank field.

    ``others``: ages of groups and others in a text, with which a field may agree.
    """

    name: str
    limits: tuple[Limit, ...]
    others: tuple[AgeRange, ...]
    shown: str
    evidence: tuple[Evidence, ...]


@check(
    "age-minimum-conflict",
    title="The minimum age differs between the registry field and the texts",
    severity="error",
    message=_MESSAGE,
    suggestion=_SUGGESTION,
)
def minimum_age(facts: Facts) -> Iterator[Problem]:
    """The minimum age of the registry field, of the list and of the narrative are compared in a common unit.

    Only ages that bind every participant count. An error when they differ, a warning when they are one year apart or
    the field is blank (which registries read as "no limit").
    """
    return _conflict(facts, "minimum", boundary=False)


@check(
    "age-maximum-conflict",
    title="The maximum age differs between the registry field and the texts",
    severity="error",
    message=_MESSAGE,
    suggestion=_SUGGESTION,
)
def maximum_age(facts: Facts) -> Iterator[Problem]:
    """The maximum age of the registry field, of the list and of the narrative are compared in a common unit.

    Only ages that bind every participant count. An error when they differ, a warning when they are one year apart or
    the field is blank (which registries read as "no limit").
    """
    return _conflict(facts, "maximum", boundary=False)


@check(
    "age-boundary-unclear",
    title="The same age is admitted in one place and left out in another",
    severity="info",
    message="Whether the {end} age itself is admitted is unclear: {places}.",
    suggestion='Write "at least" or "at most" when the {end} age itself is admitted, as the registry field reads it.',
)
def age_boundary(facts: Facts) -> Iterator[Problem]:
    """The places name the same number, one of them without admitting it ("> 18 years", registry field 18 Years)."""
    yield from _conflict(facts, "minimum", boundary=True)
    yield from _conflict(facts, "maximum", boundary=True)


def _conflict(facts: Facts, end: End, *, boundary: bool) -> Iterator[Problem]:
    """The disagreement about one end, with every place that states it."""
    places = _places(facts, end)
    compared = [_compare(end, one, other) for one, other in combinations(places, 2)]
    found: Relation = max(compared, key=RELATIONS.index, default="same")
    if found == "same" or (found == "boundary") is not boundary:
        return
    severity = _SEVERITY[found]
    blank = any(not place.limits for place in places)
    if blank and end == "minimum" and _admits_the_young(facts, places):
        return
    if blank and severity == "error":
        severity = "warning"
    limits = _distinct(limit for place in places for limit in place.limits)
    slip = any(unit_slip(one, other) for one, other in combinations(limits, 2))
    yield Problem(
        evidence=tuple(evidence for place in places for evidence in place.evidence),
        details={"end": end, "places": ", ".join(f"{place.shown} {place.name}" for place in places)},
        severity=severity,
        suggestion=f"The numbers agree and the units do not: correct the unit of the {end} age." if slip else None,
    )


def _admits_the_young(facts: Facts, places: list[_Place]) -> bool:
    """Whether the record takes in children too: then a blank field may be meant though adults have a minimum age."""
    stating = {limit.criterion for place in places for limit in place.limits}
    texts = [x.criterion.text for x in facts.items if x.criterion.kind != "exclusion" and x.criterion.id not in stating]
    return any(cue_in("young-participants", text) for text in (*texts, *(title.text for title in facts.titles)))


def _places(facts: Facts, end: End) -> list[_Place]:
    """The registry field (when the record has fields) and every text that states this end of the ages."""
    texts = [_text_place(facts, text_id, end) for text_id in facts.text_ids]
    stated = [place for place in texts if place is not None]
    return [*([_field_place(facts, end)] if _has_age_fields(facts) and stated else []), *stated]


def _has_age_fields(facts: Facts) -> bool:
    """Whether a blank age means "no limit"; registries that keep age groups only have no field that could say it."""
    registry = facts.trial.registry
    given = registry.minimum_age is not None or registry.maximum_age is not None
    return given or (facts.has_fields and _AGE_GROUPS_ONLY.match(facts.trial.trial_id or "") is None)


def _field_place(facts: Facts, end: End) -> _Place:
    name = f"{end}_age"
    limit = facts.trial.registry.minimum_age if end == "minimum" else facts.trial.registry.maximum_age
    value = _written(limit) if limit else BLANK
    limits = (field_limit(limit),) if limit else ()
    shown = f"{limit.value:g} {limit.unit}" if limit else f"no {end}"
    return _Place("in the registry field", limits, (), shown, (FieldEvidence(field=name, value=value),))


def _written(limit: AgeLimit) -> str:
    """The field's value as the record writes it; its own part of a field that holds both ages."""
    alone = sum(part.replace(".", "").isdecimal() for part in re.split(r"[^\d.]+", limit.text)) == 1
    return limit.text if alone else f"{limit.value:g} {limit.unit.title()}"


def _text_place(facts: Facts, text_id: str, end: End) -> _Place | None:
    ages = eligibility_age(facts, text_id)
    limits = ages.end(end)
    if not limits:
        return None
    spans = tuple(dict.fromkeys(limit.span for limit in limits if limit.span))
    quotes = " and ".join(dict.fromkeys(f"“{facts.text_of(span)}”" for span in spans))
    where = " and ".join(dict.fromkeys(limit.criterion for limit in limits))
    name = f"in the criteria ({where})" if text_id == LIST else f"in the {text_id} ({where})"
    return _Place(name, limits, ages.others, quotes, tuple(at(span) for span in spans))


def _compare(end: End, one: _Place, other: _Place) -> Relation:
    """The best agreement of any statements of two places: what one place says twice may be about groups."""
    if not one.limits or not other.limits:
        return "same" if _goes_on(end, (*one.others, *other.others), (*one.limits, *other.limits)) else "different"
    first, second = _distinct(one.limits), _distinct(other.limits)
    first_others, second_others = (_distinct(filter(None, (x.end(end) for x in p.others))) for p in (one, other))
    pairs = [*product(first, second), *product(first, second_others), *product(first_others, second)]
    return min((relation(end, a, b) for a, b in pairs), key=RELATIONS.index)


def _distinct(limits: Iterable[Limit]) -> list[Limit]:
    """Limits that differ in what they say, not only in where they say it; a record has no more than that of use."""
    return list({(x.number, x.unit, x.inclusive): x for x in limits}.values())[:_MOST]


def _goes_on(end: End, others: tuple[AgeRange, ...], limits: tuple[Limit, ...]) -> bool:
    """Whether a group is admitted beyond the limits that bind everyone, so that a blank field may be meant."""
    for ages in others:
        if end == "maximum" and ages.lower and ages.lower.value >= max(limit.value for limit in limits):
            return ages.upper is None or ages.upper.value >= NO_MAXIMUM
        if end == "minimum" and ages.upper and ages.upper.value <= min(limit.value for limit in limits):
            return ages.lower is None
    return False
