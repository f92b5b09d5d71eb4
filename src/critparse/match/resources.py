"""From one FHIR resource to facts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Literal

from critparse.lexicon.code_systems import systems
from critparse.match.codes import coded, named
from critparse.match.patient import Days, Domain, Fact, State
from critparse.match.terms import yes_or_no

Resource = dict[str, Any]
Targets = Mapping[str, Resource]
Reader = Callable[[Resource, str, Targets], Iterator[Fact]]

_UCUM = "http://unitsofmeasure.org"
_NO_RECORD = frozenset({"entered-in-error", "cancelled", "draft", "preparation", "intended"})
_DENIED = frozenset({"not-taken", "not-done", "refuted"})
_OVER = frozenset({"completed", "stopped", "ended", "resolved", "inactive", "remission"})
_ACTIVE = frozenset({"active", "in-progress", "recurrence", "relapse"})
_UNCERTAIN = frozenset({"unconfirmed", "provisional", "differential"})
_INSTANTS = ("Procedure", "Immunization", "MedicationAdministration")  # a day without end is one day
_CODED = {"drug": "medication", "device": "device"}
_STARTS = (
    "onsetDateTime", "onsetPeriod", "performedDateTime", "performedPeriod", "occurrenceDateTime", "occurrencePeriod",
    "effectiveDateTime", "effectivePeriod", "effectiveInstant", "timingDateTime", "timingPeriod", "authoredOn",
)  # fmt: skip
_RECORDED = ("recordedDate", "recordedOn", "dateAsserted", "recorded")  # it began on that day, or before


def sex(resource: Resource) -> Literal["female", "male"] | None:
    """The administrative gender of a Patient, where it is one of the two."""
    gender = resource.get("gender")
    return gender if gender in ("female", "male") else None


def _listed(domain: Domain) -> Reader:
    """A reader of resources that say of one thing that it is, was, or is not there."""

    def read(resource: Resource, name: str, targets: Targets) -> Iterator[Fact]:
        statuses = _statuses(resource)
        if statuses & _NO_RECORD or resource.get("intent") in {"proposal", "plan"}:
            return
        concept = _concept(resource, domain, targets)
        start, end = _period(resource)
        denied = bool(statuses & _DENIED) or resource.get("doNotPerform") is True
        if start is None:
            start = _recorded(resource, denied=denied)
        elif end is None and resource.get("resourceType") in _INSTANTS:
            end = start
        yield Fact(
            domain,
            _text(concept),
            name,
            _codes(concept, domain),
            start=start,
            end=end,
            state=_state(domain, statuses),
            denied=denied,
            certain=not statuses & _UNCERTAIN,
        )

    return read


def _statuses(resource: Resource) -> frozenset[str]:
    """All that the status fields say."""
    found = {str(resource.get("status") or "")}
    for field in ("clinicalStatus", "verificationStatus"):
        found.update(str(coding.get("code") or "") for coding in _codings(resource.get(field)))
    return frozenset(found)


def _state(domain: Domain, statuses: frozenset[str]) -> State:
    if statuses & _OVER and not (domain == "condition" and statuses & {"active"}):
        return "over"
    return "active" if statuses & _ACTIVE else "unknown"


def _concept(resource: Resource, domain: Domain, targets: Targets) -> Any:
    """The code of what a resource is about, by way of the medication or device it refers to."""
    field = _CODED.get(domain, "code")
    for key in (f"{field}CodeableConcept", field, "vaccineCode", "code"):
        value = resource.get(key)
        if isinstance(value, dict):
            if "coding" in value or "text" in value:
                return value
            inner = value.get("concept")  # R5: CodeableReference
            if isinstance(inner, dict):
                return inner
            value = value.get("reference", value)
            reference = value.get("reference") if isinstance(value, dict) else value
            return _referred(resource, reference, targets)
    reference = (resource.get(f"{field}Reference") or {}).get("reference")
    return _referred(resource, reference, targets)


def _referred(resource: Resource, reference: Any, targets: Targets) -> Any:
    contained = {f"#{one.get('id')}": one for one in resource.get("contained") or () if isinstance(one, dict)}
    target = contained.get(str(reference)) or targets.get(str(reference)) or {}
    type_ = target.get("code") or target.get("type") or {}
    return type_[0] if isinstance(type_, list) and type_ else type_


def _codings(concept: Any) -> list[Resource]:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return [coding for coding in codings or () if isinstance(coding, dict)]


def _text(concept: Any) -> str:
    if not isinstance(concept, dict):
        return ""
    displays = (str(coding.get("display") or coding.get("code") or "") for coding in _codings(concept))
    return str(concept.get("text") or "") or next(filter(None, displays), "")


def _codes(concept: Any, domain: Domain) -> frozenset[str]:
    """The codes as the record gives them, and those of the names beside them that critparse knows."""
    found: set[str] = set()
    names = {str(coding["display"]) for coding in _codings(concept) if coding.get("display")}
    for coding in _codings(concept):
        system, code = systems().get(str(coding.get("system") or "").rstrip("/")), coding.get("code")
        if system and code:
            found.add(coded(system, str(code)))
    if isinstance(concept, dict) and concept.get("text"):
        names.add(str(concept["text"]))
    for name in sorted(names):
        found |= named(name, domain)
    return frozenset(found)


def _period(resource: Resource) -> tuple[Days | None, Days | None]:
    """From when to when; a day is no period, its end is not known."""
    value = next((resource[field] for field in _STARTS if resource.get(field)), None)
    end = resource.get("abatementDateTime")
    if isinstance(value, dict):
        end = end or value.get("end")
        value = value.get("start")
    return (Days.of(value) if value else None), (Days.of(end) if end else None)


def _recorded(resource: Resource, *, denied: bool) -> Days | None:
    """The day of the entry, for what has no day of its own; a denial is of that day, all else may be older."""
    value = next((resource[field] for field in _RECORDED if resource.get(field)), None)
    if not value:
        return None
    day = Days.of(value)
    return day if denied else Days(date.min, day.last)


def _observation(resource: Resource, name: str, targets: Targets) -> Iterator[Fact]:
    """The observation, and each of its components: both pressures of one blood pressure."""
    if _statuses(resource) & _NO_RECORD:
        return
    start, end = _period(resource)
    for part in (resource, *(resource.get("component") or ())):
        concept = part.get("code")
        fact = Fact("observation", _text(concept), name, _codes(concept, "observation"), start=start, end=end or start)
        if part is not resource or _has_value(part):
            yield _with_value(fact, part)


def _has_value(part: Resource) -> bool:
    return any(key.startswith("value") for key in part) or "interpretation" in part


def _with_value(fact: Fact, part: Resource) -> Fact:
    """The fact with number, words or flag of its value; with the value in its text."""
    words = {_text(one).casefold() for one in part.get("interpretation") or ()}
    words |= {str(c.get("code") or "").casefold() for one in part.get("interpretation") or () for c in _codings(one)}
    quantity = part.get("valueQuantity")
    if isinstance(quantity, dict):
        low, high = _normal(part, quantity)
        number = None if quantity.get("comparator") or "value" not in quantity else _number(quantity["value"])
        shown = f"{fact.text} {quantity.get('comparator', '')}{quantity.get('value')} {quantity.get('unit') or ''}"
        return fact._replace(
            text=shown.strip(), number=number, unit=_unit(quantity), low=low, high=high, words=frozenset(words - {""})
        )
    value = part.get("valueInteger", part.get("valueString", part.get("valueBoolean")))
    if isinstance(value, bool):
        return fact._replace(text=f"{fact.text}: {'yes' if value else 'no'}", flag=value)
    concept = part.get("valueCodeableConcept")
    shown = _text(concept) if concept else "" if value is None else str(value)
    said = {shown.strip().casefold(), *(str(c.get("display") or "").casefold() for c in _codings(concept))}
    return fact._replace(
        text=f"{fact.text}: {shown}",
        number=plain_number(shown),
        words=frozenset((words | said) - {""}),
        flag=yes_or_no(said),
    )


def plain_number(text: str) -> float | None:
    """The number that a text is, if it is nothing else."""
    return float(text) if text.isascii() and text.replace(".", "", 1).isdecimal() else None


def _number(value: Any) -> float:
    """A finite number. Raises ValueError or TypeError."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is no number")
    return number


def _unit(quantity: Resource) -> str | None:
    """The UCUM code; without one, the unit as written, where it is read as UCUM."""
    code, unit = quantity.get("code"), quantity.get("unit")
    if code and quantity.get("system", _UCUM) == _UCUM:
        return str(code)
    return str(unit) if unit else None


def _normal(part: Resource, quantity: Resource) -> tuple[float | None, float | None]:
    """The limits of normal, if there is one pair in the unit of the value."""
    ranges = [
        one for one in part.get("referenceRange") or () if isinstance(one, dict) and ("low" in one or "high" in one)
    ]
    if len(ranges) != 1:
        return None, None
    ends = (ranges[0].get("low"), ranges[0].get("high"))
    low, high = (_number(end["value"]) if end and _unit(end) in (_unit(quantity), None) else None for end in ends)
    return low, high


READERS: dict[str, Reader] = {
    "Condition": _listed("condition"),
    "MedicationStatement": _listed("drug"),
    "MedicationUsage": _listed("drug"),
    "MedicationRequest": _listed("drug"),
    "MedicationAdministration": _listed("drug"),
    "MedicationDispense": _listed("drug"),
    "Immunization": _listed("drug"),
    "Procedure": _listed("procedure"),
    "DeviceUseStatement": _listed("device"),
    "DeviceUsage": _listed("device"),
    "AllergyIntolerance": _listed("allergy"),
    "Observation": _observation,
}
