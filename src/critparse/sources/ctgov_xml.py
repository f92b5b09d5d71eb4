"""The older XML of ClinicalTrials.gov (``<clinical_study>``), and tables whose columns are paths in it.

Their texts are wrapped by hand at 80 columns and indented; they are read as they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from xml.etree.ElementTree import Element

from critparse.schema import Registry
from critparse.sources import values
from critparse.sources.clean import guessed
from critparse.sources.fields import text
from critparse.sources.reader import ElementReader, Fields, FieldsReader
from critparse.sources.record import Record, texts, titles
from critparse.sources.xml import text_at, texts_at

NAME = "ctgov-xml"
TABLE_NAME = "ctgov-xml-table"
TAGS = frozenset({"clinical_study"})
_CRITERIA = "eligibility/criteria/textblock"
_COLUMNS = frozenset(
    {
        "id_info/nct_id",
        "brief_title",
        "official_title",
        "brief_summary/textblock",
        "detailed_description/textblock",
        "condition",
        "phase",
        "enrollment",
        _CRITERIA,
        "eligibility/gender",
        "eligibility/minimum_age",
        "eligibility/maximum_age",
        "eligibility/healthy_volunteers",
    }
)
_IDS = ("id_info/nct_id", "nct_id", "nctid")
_INDEX = ""  # the name of the column that some programs write first

_Text = Callable[[str], str]
"""The text at a path of the record, as given; ``""`` without one."""
_Value = Callable[[str], Any]
"""The value at a path, whatever it is."""


def recognises(element: Element) -> float:
    """Sure of a ``<clinical_study>``."""
    return 1.0 if element.tag in TAGS else 0.0


def read(element: Element, where: str) -> Record:
    """Read one study; fields that it lacks are null."""

    def get(path: str) -> str:
        return text_at(element, path)

    return _record(NAME, get("id_info/nct_id"), get, get, texts_at(element, "condition"))


def recognises_row(fields: Fields) -> float:
    """Sure with the path of the criteria among the columns."""
    return 0.9 if _CRITERIA in fields else 0.0


def read_row(fields: Fields, where: str) -> Record:
    """Read one row; columns that it lacks are null.

    Raises:
        MalformedInput: a text holds something else.
    """

    def get_text(path: str) -> str:
        return text(fields, path, where, TABLE_NAME)

    index = values.text_or_none(fields.get(_INDEX)) or ""
    trial_id = next(filter(None, map(fields.get, _IDS)), index if index.startswith("NCT") else None)
    return _record(TABLE_NAME, trial_id, get_text, fields.get, values.names(fields.get("condition")))


def _record(format: str, trial_id: Any, text: _Text, get: _Value, conditions: Iterable[str]) -> Record:
    title = values.text_or_none(get("brief_title")) or values.text_or_none(get("official_title"))
    return Record(
        trial_id=values.text_or_none(trial_id),
        title=title,
        source_format=format,
        texts=texts(
            guessed("eligibility", "Eligibility criteria", text(_CRITERIA)),
            (
                guessed("description", "Detailed description", text("detailed_description/textblock")),
                guessed("summary", "Brief summary", text("brief_summary/textblock")),
                *titles(title, get("official_title")),
            ),
        ),
        registry=Registry(
            minimum_age=values.age(get("eligibility/minimum_age"), upper=False),
            maximum_age=values.age(get("eligibility/maximum_age"), upper=True),
            sex=values.sex(get("eligibility/gender")),
            healthy_volunteers=values.healthy_volunteers(get("eligibility/healthy_volunteers")),
            conditions=tuple(filter(None, map(values.text_or_none, conditions))),
            enrollment=values.count(get("enrollment")),
            phase=values.phase([get("phase")]),
        ),
    )


READER = ElementReader(NAME, recognises, read, TAGS)
TABLE_READER = FieldsReader(TABLE_NAME, recognises_row, read_row, _COLUMNS)
