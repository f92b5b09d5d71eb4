"""CTIS, the EU's register under the Clinical Trials Regulation: its JSON as the portal gives it, or the parts of it
that ctrdata keeps. Criteria are numbered lists; translations are left alone.

Age ranges are classes ("18-64 years"), which the trial's own limits lie in: they are no minimum or maximum age.
"""

from __future__ import annotations

from typing import Any

from critparse.schema import Registry
from critparse.sources import sections, values
from critparse.sources.clean import guessed
from critparse.sources.fields import members, module, text
from critparse.sources.reader import Fields, FieldsReader
from critparse.sources.record import Record, texts

NAME = "ctis"
_PART = ("authorizedApplication", "authorizedPartI", "trialDetails")
_HEALTHY = "healthy volunteers"
_INCLUSION, _EXCLUSION = "principalInclusionCriteria", "principalExclusionCriteria"


def recognises(fields: Fields) -> float:
    """Sure with lists of principal criteria where CTIS or ctrdata keeps them."""
    criteria = _criteria(fields)
    return 1.0 if _INCLUSION in criteria or _EXCLUSION in criteria else 0.0


def read(fields: Fields, where: str) -> Record:
    """Read one trial; fields that it lacks are null.

    Raises:
        MalformedInput: a criterion holds something other than text.
    """
    criteria, title = _criteria(fields), _title(fields)
    section = sections.joined(_list(criteria, _INCLUSION, where), _list(criteria, _EXCLUSION, where))
    return Record(
        trial_id=values.text_or_none(fields.get("ctNumber") or fields.get("id")),
        title=title,
        source_format=NAME,
        texts=texts(
            guessed("eligibility", "Eligibility criteria", section),
            (
                guessed("summary", "Main objective", _objective(fields, where)),
                guessed("title", "Title", title or ""),
            ),
        ),
        registry=_registry(fields),
    )


def _information(fields: Fields) -> Fields:
    return module(fields, *_PART, "trialInformation")


def _criteria(fields: Fields) -> Fields:
    return module(_information(fields), "eligibilityCriteria") or _first(fields.get("eligibility"))


def _list(criteria: Fields, name: str, where: str) -> str:
    items = (item for item in members(criteria.get(name)) if isinstance(item, dict))
    return sections.listed(text(item, name, where, NAME) for item in items)


def _title(fields: Fields) -> str | None:
    identifiers = module(fields, *_PART, "clinicalTrialIdentifiers")
    titles = [
        identifiers.get("publicTitle"),
        identifiers.get("fullTitle"),
        *_flat(fields.get("title")),
        fields.get("ctTitle"),
    ]
    return next(filter(None, map(values.text_or_none, titles)), None)


def _objective(fields: Fields, where: str) -> str:
    return text(module(_information(fields), "trialObjective"), "mainObjective", where, NAME)


def _registry(fields: Fields) -> Registry:
    population = module(_information(fields), "populationOfTrialSubjects") or _first(fields.get("population"))
    conditions = module(_information(fields), "medicalCondition").get("partIMedicalConditions")
    named = [item for item in _flat(conditions or fields.get("medicalConditions")) if isinstance(item, dict)]
    return Registry(
        sex=_sex(population.get("isFemaleSubjects"), population.get("isMaleSubjects")),
        healthy_volunteers=_healthy(population),
        conditions=tuple(dict.fromkeys(filter(None, (values.text_or_none(c.get("medicalCondition")) for c in named)))),
    )


def _sex(female: Any, male: Any) -> values.Sex | None:
    if female is True and male is True:
        return "all"
    return "female" if female is True else "male" if male is True else None


def _healthy(population: Fields) -> bool | None:
    """Whether healthy volunteers are among the groups of subjects; ``None`` when the record names no group."""
    groups = [group.get("name") for group in members(population.get("clinicalTrialGroups")) if isinstance(group, dict)]
    return any(str(name).strip().lower() == _HEALTHY for name in groups) if groups else None


def _first(value: Any) -> Fields:
    """The object, or the first one of a list: ctrdata repeats a trial's parts for each of its applications."""
    return next((item for item in _flat(value) if isinstance(item, dict)), {})


def _flat(value: Any) -> list[Any]:
    """The members of a list, and of the lists in it; anything else as the only member."""
    if not isinstance(value, list):
        return [value]
    return [inner for item in value for inner in (item if isinstance(item, list) else [item])]


READER = FieldsReader(NAME, recognises, read)
