"""ISRCTN: the XML of its API (``<fullTrial>``), and the same as JSON, as ctrdata makes it.

Texts may keep superseded wording below the present one ("Previous inclusion criteria from 01/02/2020 to …").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

from critparse.schema import Registry
from critparse.sources import sections, values
from critparse.sources.clean import guessed
from critparse.sources.fields import module, text
from critparse.sources.reader import ElementReader, Fields, FieldsReader
from critparse.sources.record import Record, texts, titles
from critparse.sources.xml import text_at, texts_at

NAME = "isrctn"
TAGS = frozenset({"fullTrial", "trial"})
_DESCRIPTION = ("title", "scientificTitle", "plainEnglishSummary", "studyHypothesis")
_PARTICIPANTS = (
    "inclusion",
    "exclusion",
    "lowerAgeLimit",
    "upperAgeLimit",
    "gender",
    "healthyVolunteersAllowed",
    "targetEnrolment",
)


def recognises(fields: Fields) -> float:
    """Sure with participants and a description of a trial."""
    participants = module(_trial(fields), "participants")
    return 0.95 if "inclusion" in participants or "exclusion" in participants else 0.0


def recognises_element(element: Element) -> float:
    """As :func:`recognises`."""
    return 0.95 if element.find(".//participants") is not None and element.find(".//isrctn") is not None else 0.0


def read_element(element: Element, where: str) -> Record:
    """Read one ``<fullTrial>``, or the ``<trial>`` in it."""
    trial = element if element.tag == "trial" else element.find("trial")
    trial = element if trial is None else trial
    fields = {
        "isrctn": text_at(trial, "isrctn"),
        "trialDescription": {name: text_at(trial, f"trialDescription/{name}") for name in _DESCRIPTION},
        "participants": {name: text_at(trial, f"participants/{name}") for name in _PARTICIPANTS},
        "conditions": [{"description": name} for name in texts_at(trial, "conditions/condition/description")],
        "interventions": [{"phase": phase} for phase in texts_at(trial, "interventions/intervention/phase")],
    }
    return read(fields, where)


def read(fields: Fields, where: str) -> Record:
    """Read one trial; fields that it lacks are null.

    Raises:
        MalformedInput: a text field holds something other than text.
    """
    trial = _trial(fields)
    description, participants = module(trial, "trialDescription"), module(trial, "participants")
    title = values.text_or_none(description.get("title")) or values.text_or_none(description.get("scientificTitle"))
    section = sections.joined(*(text(participants, name, where, NAME) for name in ("inclusion", "exclusion")))
    return Record(
        trial_id=_trial_id(trial),
        title=title,
        source_format=NAME,
        texts=texts(
            guessed("eligibility", "Eligibility criteria", section),
            (
                guessed("description", "Study hypothesis", text(description, "studyHypothesis", where, NAME)),
                guessed("summary", "Plain English summary", text(description, "plainEnglishSummary", where, NAME)),
                *titles(title, description.get("scientificTitle")),
            ),
        ),
        registry=Registry(
            minimum_age=values.age(participants.get("lowerAgeLimit"), upper=False),
            maximum_age=values.age(participants.get("upperAgeLimit"), upper=True),
            sex=values.sex(participants.get("gender")),
            healthy_volunteers=values.healthy_volunteers(participants.get("healthyVolunteersAllowed")),
            conditions=tuple(_named(trial.get("conditions"), "condition", "description")),
            enrollment=values.count(participants.get("targetEnrolment")),
            phase=values.phase(_named(trial.get("interventions"), "intervention", "phase")),
        ),
    )


def _trial(fields: Fields) -> Fields:
    return module(fields, "trial") or fields


def _trial_id(trial: Fields) -> str | None:
    """The number with its prefix, which the record leaves out."""
    number = values.text_or_none(trial.get("isrctn"))
    return f"ISRCTN{number}" if number and number.isdecimal() else number


def _named(value: Any, member: str, name: str) -> Iterable[str]:
    """The texts called ``name`` in one object or a list of them, which may stand under the key ``member``."""
    inner = value.get(member, value) if isinstance(value, dict) else value
    for item in inner if isinstance(inner, list) else [inner]:
        found = values.text_or_none(item.get(name)) if isinstance(item, dict) else None
        if found:
            yield found


READER = FieldsReader(NAME, recognises, read)
XML_READER = ElementReader("isrctn-xml", recognises_element, read_element, TAGS)
