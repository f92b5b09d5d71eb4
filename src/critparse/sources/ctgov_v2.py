"""ClinicalTrials.gov API v2: one study as a JSON object with ``protocolSection``; its long texts are markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from critparse.errors import MalformedInput
from critparse.schema import Registry
from critparse.sources import values
from critparse.sources.clean import CleanText, markdown, plain
from critparse.sources.reader import Fields, FieldsReader
from critparse.sources.record import Record, texts

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
    identification = _module(protocol, "identificationModule")
    title = values.text_or_none(identification.get("briefTitle") or identification.get("officialTitle"))
    return Record(
        trial_id=values.text_or_none(identification.get("nctId")),
        title=title,
        source_format=NAME,
        texts=_texts(protocol, title, where),
        registry=_registry(protocol),
    )


def _texts(protocol: Fields, title: str | None, where: str) -> tuple[CleanText, ...]:
    description = _module(protocol, "descriptionModule")
    criteria = _text(_module(protocol, "eligibilityModule"), "eligibilityCriteria", where)
    return texts(
        markdown("eligibility", "Eligibility criteria", criteria),
        (
            markdown("description", "Detailed description", _text(description, "detailedDescription", where)),
            markdown("summary", "Brief summary", _text(description, "briefSummary", where)),
            plain("title", "Title", title or ""),
        ),
    )


def _registry(protocol: Fields) -> Registry:
    eligibility = _module(protocol, "eligibilityModule")
    design = _module(protocol, "designModule")
    conditions = _list(_module(protocol, "conditionsModule").get("conditions"))
    return Registry(
        minimum_age=values.age(eligibility.get("minimumAge"), upper=False),
        maximum_age=values.age(eligibility.get("maximumAge"), upper=True),
        sex=values.sex(eligibility.get("sex")),
        healthy_volunteers=values.healthy_volunteers(eligibility.get("healthyVolunteers")),
        conditions=tuple(name for name in map(values.text_or_none, conditions) if name),
        enrollment=values.count(_module(design, "enrollmentInfo").get("count")),
        phase=values.phase(_list(design.get("phases"))),
    )


def _module(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(fields: Fields, name: str, where: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedInput(where=where, format=NAME, reason=f"{name} holds {type(value).__name__}, not text")
    return value


READER = FieldsReader(NAME, recognises, read)
