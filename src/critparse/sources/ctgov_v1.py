"""ClinicalTrials.gov API v1 (until 2024), as JSON: a full study, or the fields a user had chosen."""

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

NAME = "ctgov-v1"
_WRAPPERS = ("FullStudy", "Study")
_COLUMNS = (
    "NCTId",
    "BriefTitle",
    "OfficialTitle",
    "BriefSummary",
    "DetailedDescription",
    "Condition",
    "Phase",
    "EnrollmentCount",
    "EligibilityCriteria",
    "MinimumAge",
    "MaximumAge",
    "Gender",
    "HealthyVolunteers",
)
"""The names of the fields, which are the same in both shapes."""


def recognises(fields: Fields) -> float:
    """Sure when there is a ``ProtocolSection``, or the number and another of the fields that could be chosen."""
    if isinstance(_study(fields).get("ProtocolSection"), Mapping):
        return 1.0
    return 0.9 if "NCTId" in fields and any(name in fields for name in _COLUMNS[1:]) else 0.0


def read(fields: Fields, where: str) -> Record:
    """Read one study; fields that it lacks are null.

    Raises:
        MalformedInput: it is no study, or a text field holds something other than text.
    """
    if recognises(fields) == 0:
        raise MalformedInput(where=where, format=NAME, reason="there is neither a ProtocolSection nor an NCTId")
    study = _study(fields)
    given = _of_full_study(study["ProtocolSection"]) if "ProtocolSection" in study else _of_chosen_fields(fields)
    title = values.text_or_none(given.get("BriefTitle") or given.get("OfficialTitle"))
    return Record(
        trial_id=values.text_or_none(given.get("NCTId")),
        title=title,
        source_format=NAME,
        texts=texts(
            guessed("eligibility", "Eligibility criteria", text(given, "EligibilityCriteria", where, NAME)),
            (
                guessed("description", "Detailed description", text(given, "DetailedDescription", where, NAME)),
                guessed("summary", "Brief summary", text(given, "BriefSummary", where, NAME)),
                *titles(title, given.get("OfficialTitle")),
            ),
        ),
        registry=Registry(
            minimum_age=values.age(given.get("MinimumAge"), upper=False),
            maximum_age=values.age(given.get("MaximumAge"), upper=True),
            sex=values.sex(given.get("Gender")),
            healthy_volunteers=values.healthy_volunteers(given.get("HealthyVolunteers")),
            conditions=values.names(given.get("Condition")),
            enrollment=values.count(given.get("EnrollmentCount")),
            phase=values.phase(members(given.get("Phase"))),
        ),
    )


def _study(fields: Fields) -> Fields:
    """The study inside ``{"FullStudy": {"Study": …}}``, or inside either of the two."""
    for wrapper in _WRAPPERS:
        inner = fields.get(wrapper)
        fields = inner if isinstance(inner, Mapping) else fields
    return fields


def _of_full_study(protocol: Any) -> Fields:
    """The fields of a full study, whose modules group them."""
    return {
        **module(protocol, "IdentificationModule"),
        **module(protocol, "DescriptionModule"),
        **module(protocol, "EligibilityModule"),
        **module(protocol, "DesignModule", "EnrollmentInfo"),
        **module(protocol, "DesignModule", "PhaseList"),
        **module(protocol, "ConditionsModule", "ConditionList"),
    }


def _of_chosen_fields(fields: Fields) -> Fields:
    """Chosen fields, each of which is a list (JSON) or has its values joined by ``|`` (table)."""
    several = {"Condition", "Phase"}
    single = {name: _only(fields.get(name)) for name in _COLUMNS if name not in several}
    return single | {name: _all(fields.get(name)) for name in several}


def _only(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value


def _all(value: Any) -> Any:
    return value.split("|") if isinstance(value, str) else value


READER = FieldsReader(NAME, recognises, read, frozenset(name.lower() for name in _COLUMNS))
