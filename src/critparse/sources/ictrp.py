"""WHO ICTRP: its XML, its table (CSV or spreadsheet) and its full export, one trial of any registry each.

Texts are HTML of a kind (``<br>``). Inclusion and exclusion criteria are two fields; records of ClinicalTrials.gov have
the whole section in the first. Exports before mid-2020 have lost the signs ≥ and ≤ (:mod:`critparse.sources.signs`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from critparse.lexicon.resources import data_lines
from critparse.schema import Registry
from critparse.sources import sections, signs, values
from critparse.sources.clean import web
from critparse.sources.fields import text
from critparse.sources.reader import ElementReader, Fields, FieldsReader
from critparse.sources.record import Record, texts, titles
from critparse.sources.xml import text_at

NAME = "ictrp"
TAGS = frozenset({"Trial", "trial"})
_COLUMNS = (
    "TrialID",
    "Public_title",
    "Scientific_title",
    "Inclusion_agemin",
    "Inclusion_agemax",
    "Inclusion_gender",
    "Inclusion_Criteria",
    "Exclusion_Criteria",
    "Source_Register",
    "Agemin",
    "Agemax",
)
_CRITERIA = frozenset({"inclusion_criteria", "exclusion_criteria"})
_REGISTRATION_PATHS = {  # of the XML in which registries hand their records to ICTRP
    "trialid": "main/trial_id",
    "public_title": "main/public_title",
    "scientific_title": "main/scientific_title",
    "phase": "main/phase",
    "target_size": "main/target_size",
    "condition": "main/hc_freetext",
    "agemin": "criteria/agemin",
    "agemax": "criteria/agemax",
    "gender": "criteria/gender",
    "inclusion_criteria": "criteria/inclusion_criteria",
    "exclusion_criteria": "criteria/exclusion_criteria",
}
_WORD_BREAK = re.compile(r"[\W_]+")
_SEPARATOR = re.compile(r"[;|\n]")
_NUMBER = re.compile(r"\d{1,9}")


def export_columns() -> tuple[str, ...]:
    """The columns of ICTRP's full export, which comes without a header."""
    return tuple(line for _, line in data_lines("ictrp_columns.txt"))


def recognises(fields: Fields) -> float:
    """Sure with the trial's number and one of the fields of criteria."""
    keys = {_key(name) for name in fields}
    return 0.95 if "trialid" in keys and keys & _CRITERIA else 0.0


def recognises_element(element: Element) -> float:
    """As :func:`recognises`, of the elements in it."""
    if element.find("main/trial_id") is not None:
        return 0.95
    return recognises({child.tag: None for child in element})


def read_element(element: Element, where: str) -> Record:
    """Read one ``<Trial>`` of ICTRP, or one ``<trial>`` as registries hand it to ICTRP."""
    if element.find("main/trial_id") is not None:
        return read({name: text_at(element, path) for name, path in _REGISTRATION_PATHS.items()}, where)
    return read({child.tag: "".join(child.itertext()) for child in element}, where)


def read(fields: Fields, where: str) -> Record:
    """Read one trial; fields that it lacks are null.

    Raises:
        MalformedInput: a field of criteria holds something other than text.
    """
    given = {_key(name): value for name, value in fields.items()}
    trial_id = values.text_or_none(given.get("trialid"))
    title = values.text_or_none(given.get("public_title")) or values.text_or_none(given.get("scientific_title"))
    eligibility = web("eligibility", "Eligibility criteria", _section(given, trial_id or "", where))
    return Record(
        trial_id=trial_id,
        title=title,
        source_format=NAME,
        texts=texts(signs.restored(eligibility), titles(title, given.get("scientific_title"))),
        registry=Registry(
            minimum_age=values.age(_either(given, "inclusion_agemin", "agemin"), upper=False),
            maximum_age=values.age(_either(given, "inclusion_agemax", "agemax"), upper=True),
            sex=values.sex(_either(given, "inclusion_gender", "gender")),
            conditions=_conditions(_either(given, "condition", "conditions")),
            enrollment=_enrollment(given.get("target_size")),
            phase=values.phase([given.get("phase")]),
        ),
    )


def _section(given: Mapping[str, Any], trial_id: str, where: str) -> str:
    inclusion = text(given, "inclusion_criteria", where, NAME)
    exclusion = text(given, "exclusion_criteria", where, NAME)
    if trial_id.startswith("NCT") and not exclusion.strip():
        return inclusion  # the whole section, with whatever headings it has
    return sections.joined(inclusion, exclusion)


def _conditions(value: Any) -> tuple[str, ...]:
    """The names in a field that separates them with ``;``, ``|`` or ``<br>``."""
    if not isinstance(value, str):
        return ()
    names = _SEPARATOR.split(web("", "", value).text)
    return tuple(dict.fromkeys(name for name in map(values.text_or_none, names) if name))


def _enrollment(value: Any) -> int | None:
    """A whole number; "experimental group:30;control group:30;" are the sizes of groups, not of the trial."""
    numbers = _NUMBER.findall(values.text_or_none(value) or "")
    return int(numbers[0]) if len(numbers) == 1 else None


def _either(given: Mapping[str, Any], *names: str) -> Any:
    return next((given[name] for name in names if name in given), None)


def _key(name: Any) -> str:
    """ "Inclusion Criteria", "Inclusion_Criteria" → "inclusion_criteria"."""
    return _WORD_BREAK.sub("_", str(name).strip().lower())


READER = FieldsReader(
    NAME,
    recognises,
    read,
    frozenset(form for name in _COLUMNS for form in (name.lower(), name.lower().replace("_", " "))),
)
XML_READER = ElementReader("ictrp-xml", recognises_element, read_element, TAGS)
