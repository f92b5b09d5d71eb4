"""The clinical trials search API of the US National Cancer Institute: criteria one by one, each marked in or out.

The eligibility text is put together from them, a paragraph each: below a heading the inclusion criteria, below another
the exclusion criteria.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from critparse.errors import MalformedInput
from critparse.schema import Registry
from critparse.sources import values
from critparse.sources.clean import guessed
from critparse.sources.fields import members, module, text
from critparse.sources.reader import Fields, FieldsReader
from critparse.sources.record import Record, texts, titles

NAME = "nci-cts"


def recognises(fields: Fields) -> float:
    """Sure when ``eligibility`` has the two parts that it has only there."""
    eligibility = module(fields, "eligibility")
    return 1.0 if "unstructured" in eligibility or "structured" in eligibility else 0.0


def read(fields: Fields, where: str) -> Record:
    """Read one trial; fields that it lacks are null.

    Raises:
        MalformedInput: there is no ``eligibility`` object, or a text field holds something other than text.
    """
    if not isinstance(fields.get("eligibility"), Mapping):
        raise MalformedInput(where=where, format=NAME, reason="there is no eligibility object")
    title = values.text_or_none(fields.get("brief_title")) or values.text_or_none(fields.get("official_title"))
    return Record(
        trial_id=values.text_or_none(fields.get("nct_id") or fields.get("nci_id")),
        title=title,
        source_format=NAME,
        texts=texts(
            guessed("eligibility", "Eligibility criteria", _criteria(fields, where)),
            (
                guessed("description", "Detailed description", text(fields, "detail_description", where, NAME)),
                guessed("summary", "Brief summary", text(fields, "brief_summary", where, NAME)),
                *titles(title, fields.get("official_title")),
            ),
        ),
        registry=_registry(fields),
    )


def _criteria(fields: Fields, where: str) -> str:
    """The criteria in their order, in two sections."""
    given = [c for c in members(module(fields, "eligibility").get("unstructured")) if isinstance(c, Mapping)]
    given.sort(key=lambda c: values.count(c.get("display_order")) or 0)
    sections = []
    for heading, wanted in (("Inclusion Criteria:", True), ("Exclusion Criteria:", False)):
        found = [text(c, "description", where, NAME) for c in given if bool(c.get("inclusion_indicator")) is wanted]
        if any(description.strip() for description in found):
            sections.append("\n\n".join([heading, *found]))
    return "\n\n".join(sections)


def _registry(fields: Fields) -> Registry:
    structured = module(fields, "eligibility", "structured")
    phase = fields.get("phase")
    return Registry(
        minimum_age=values.age(_age(structured, "min_age"), upper=False),
        maximum_age=values.age(_age(structured, "max_age"), upper=True),
        sex=values.sex(structured.get("sex") or structured.get("gender")),
        healthy_volunteers=values.healthy_volunteers(structured.get("accepts_healthy_volunteers")),
        conditions=_conditions(fields),
        enrollment=values.count(fields.get("minimum_target_accrual_number")),
        phase=values.phase([phase.get("phase") if isinstance(phase, Mapping) else phase]),
    )


def _age(structured: Fields, name: str) -> Any:
    """The age as written, or put together from number and unit."""
    number, unit = structured.get(f"{name}_number"), structured.get(f"{name}_unit")
    return structured.get(name) or (f"{number:g} {unit or 'Years'}" if isinstance(number, int | float) else None)


def _conditions(fields: Fields) -> tuple[str, ...]:
    """The names of the diseases by which the trial is listed first."""
    diseases = [d for d in members(fields.get("diseases")) if isinstance(d, Mapping)]
    lead = [d for d in diseases if d.get("is_lead_disease") is True] or diseases
    return values.names([d.get("name") or d.get("preferred_name") for d in lead])


READER = FieldsReader(NAME, recognises, read)
