"""The synthetic persons of an OMOP CDM once more, as FHIR bundles with the same facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from omop_cdm import INDEX, NO_MATCHING_CONCEPT, Event, Person

from critparse.lexicon.code_systems import uris
from critparse.lexicon.omop import keys, ucum_codes

Resource = dict[str, Any]


def write_bundles(persons: Iterable[Person], path: Path, below: Iterable[tuple[int, int]] = ()) -> Path:
    """A file with a resource a line. ``below``: pairs of a concept and one below it, which is then coded as both."""
    above = {narrow: wide for wide, narrow in below}
    lines = (json.dumps(resource) for person in persons for resource in _resources(person, above))
    path.write_text("\n".join(lines) + "\n")
    return path


def _resources(person: Person, above: Mapping[int, int]) -> Iterator[Resource]:
    who = f"{person.id}"
    gender = "female" if person.female else "male"
    yield {"resourceType": "Patient", "id": who, "gender": gender, "birthDate": str(INDEX.year - person.age)}
    for number, resource in enumerate(_records(person, above)):
        subject = "patient" if resource["resourceType"] == "AllergyIntolerance" else "subject"
        yield {"id": f"{who}-{number}", subject: {"reference": f"Patient/{who}"}, **resource}


def _records(person: Person, above: Mapping[int, int]) -> Iterator[Resource]:
    for e in person.conditions:
        yield {"resourceType": "Condition", "code": _code(e, above), "onsetDateTime": _day(e.ago), **_abatement(e)}
    for e in person.drugs:
        period = {"start": _day(e.ago), "end": _day(e.ago - e.days)}
        yield {
            "resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": _code(e, above),
            "effectivePeriod": period,
        }  # fmt: skip
    for e in person.procedures:
        yield {"resourceType": "Procedure", "code": _code(e, above), "performedDateTime": _day(e.ago)}
    for e in person.devices:
        yield {
            "resourceType": "DeviceUseStatement",
            "device": {"concept": _code(e, above)},
            "timingDateTime": _day(e.ago),
        }
    for e in person.measurements:
        yield _observation(e, above, {})
    for e in person.observations:
        yield _observation(e, above, {"valueBoolean": True})


def _observation(e: Event, above: Mapping[int, int], without_value: Resource) -> Resource:
    base = {"resourceType": "Observation", "code": _code(e, above), "effectiveDateTime": _day(e.ago)}
    if e.value is not None:
        unit = {"code": ucum_codes()[e.unit]} if e.unit else {}
        limits = {
            name: {"value": value, **unit} for name, value in (("low", e.low), ("high", e.high)) if value is not None
        }
        return {**base, "valueQuantity": {"value": e.value, **unit}, **({"referenceRange": [limits]} if limits else {})}
    if e.answer is not None:
        return {**base, "valueCodeableConcept": {"text": keys("result")[e.answer]}}
    return {**base, **without_value}


def _abatement(e: Event) -> Resource:
    return {"abatementDateTime": _day(e.ago - e.days)} if e.days else {}


def _code(e: Event, above: Mapping[int, int]) -> Resource:
    if e.concept == NO_MATCHING_CONCEPT:
        return {"text": "concept 0"}
    codes: Sequence[int] = [e.concept, *([above[e.concept]] if e.concept in above else [])]
    return {"coding": [{"system": uris()["OMOP"], "code": str(code)} for code in codes]}


def _day(ago: int) -> str:
    day: date = INDEX - timedelta(days=ago)
    return day.isoformat()
