"""AACT, the relational copy of ClinicalTrials.gov: one row of its table ``eligibilities``, alone or joined with others.

The columns of joined tables have the names they have there; ``brief_summary`` and ``detailed_description`` are the
``description`` of ``brief_summaries`` and ``detailed_descriptions``, ``conditions`` the names of ``conditions``.
"""

from __future__ import annotations

from critparse.errors import MalformedInput
from critparse.schema import Registry
from critparse.sources import tildes, values
from critparse.sources.clean import CleanText, plain
from critparse.sources.fields import text
from critparse.sources.reader import Fields, FieldsReader
from critparse.sources.record import Record, texts

NAME = "aact"
CRITERIA = ("criteria", "criteria_truncated")
"""The column of the table, and what people call it who have cut the texts."""
COLUMNS = frozenset(
    {*CRITERIA, "nct_id", "gender", "minimum_age", "maximum_age", "healthy_volunteers", "population", "gender_based"}
)


def recognises(fields: Fields) -> float:
    """Sure with number and criteria together."""
    return 0.9 if "nct_id" in fields and any(name in fields for name in CRITERIA) else 0.0


def read(fields: Fields, where: str) -> Record:
    """Read one row; columns that it lacks are null.

    Raises:
        MalformedInput: there is no column of criteria, or a text column holds something other than text.
    """
    column = next((name for name in CRITERIA if name in fields), None)
    if column is None:
        raise MalformedInput(where=where, format=NAME, reason="there is no column criteria")
    title = values.text_or_none(fields.get("brief_title")) or values.text_or_none(fields.get("official_title"))
    return Record(
        trial_id=values.text_or_none(fields.get("nct_id")),
        title=title,
        source_format=NAME,
        texts=texts(
            tildes.aact("eligibility", "Eligibility criteria", text(fields, column, where, NAME)),
            (
                _text(fields, "description", "Detailed description", "detailed_description", where),
                _text(fields, "summary", "Brief summary", "brief_summary", where),
                plain("title", "Title", title or ""),
            ),
        ),
        registry=Registry(
            minimum_age=values.age(fields.get("minimum_age"), upper=False),
            maximum_age=values.age(fields.get("maximum_age"), upper=True),
            sex=values.sex(fields.get("gender")),
            healthy_volunteers=values.healthy_volunteers(fields.get("healthy_volunteers")),
            conditions=values.names(fields.get("conditions")),
            enrollment=values.count(fields.get("enrollment")),
            phase=values.phase([fields.get("phase")]),
        ),
    )


def _text(fields: Fields, id: str, label: str, column: str, where: str) -> CleanText:
    return tildes.aact(id, label, text(fields, column, where, NAME))


READER = FieldsReader(NAME, recognises, read, COLUMNS)
