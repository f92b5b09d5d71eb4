"""ClinicalTrials.gov API v2: one study as a JSON object with ``protocolSection``; its long texts are markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from critparse.errors import MalformedInput
from critparse.schema import Registry
from critparse.sources import values
from critparse.sources.clean import CleanText, markdown
from critparse.sources.fields import members, module, text
from critparse.sources.reader import Fields, FieldsReader
from critparse.sources.record import Record, texts, titles

NAME = "ctgov-v2"


def recognises(fields: Fields) -> float:
    """Sure when there is a ``protocolSection``."""
    return 1.0 if isinstance(fields.get("protocolSection"), Mapping) else 0.0


def read(fields: Fields, where: str) -> Record:
    """Read one study; modules and fields that it lacks are null.

    Raises:
        MalformedInput: there is no ``protocolSection``, or a text field holds something other than text.
    """
    protocol = fields.get("protocolSection")
    if not isinstance(protocol, Mapping):
        raise MalformedInput(where=where, format=NAME, reason="there is no protocolSection")
    identification = module(protocol, "identificationModule")
    title = values.text_or_none(identification.get("briefTitle") or identification.get("officialTitle"))
    return Record(
        trial_id=values.text_or_none(identification.get("nctId")),
        title=title,
        source_format=NAME,
        texts=_texts(protocol, title, identification.get("officialTitle"), where),
        registry=_registry(protocol),
    )


def _texts(protocol: Fields, title: str | None, official: Any, where: str) -> tuple[CleanText, ...]:
    description = module(protocol, "descriptionModule")
    criteria = text(module(protocol, "eligibilityModule"), "eligibilityCriteria", where, NAME)
    return texts(
        markdown("eligibility", "Eligibility criteria", criteria),
        (
            markdown("description", "Detailed description", text(description, "detailedDescription", where, NAME)),
            markdown("summary", "Brief summary", text(description, "briefSummary", where, NAME)),
            *titles(title, official),
        ),
    )


def _registry(protocol: Fields) -> Registry:
    eligibility = module(protocol, "eligibilityModule")
    design = module(protocol, "designModule")
    conditions = members(module(protocol, "conditionsModule").get("conditions"))
    return Registry(
        minimum_age=values.age(eligibility.get("minimumAge"), upper=False),
        maximum_age=values.age(eligibility.get("maximumAge"), upper=True),
        sex=values.sex(eligibility.get("sex")),
        healthy_volunteers=values.healthy_volunteers(eligibility.get("healthyVolunteers")),
        conditions=tuple(name for name in map(values.text_or_none, conditions) if name),
        enrollment=values.count(module(design, "enrollmentInfo").get("count")),
        phase=values.phase(members(design.get("phases"))),
    )


READER = FieldsReader(NAME, recognises, read)
