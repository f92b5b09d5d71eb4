"""What is read of each table of a CDM: one shape of row for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from critparse.match.omop.database import Database
from critparse.match.patient import Domain


class Table(NamedTuple):
    """A table of records: whose columns begin with ``prefix``, where they do not say otherwise."""

    name: str
    domain: Domain
    prefix: str
    start: str
    end: str = ""
    key: str = ""

    @property
    def id(self) -> str:
        """The column with the record's own id."""
        return self.key or f"{self.name}_id"


TABLES = (
    Table("condition_occurrence", "condition", "condition", "condition_start_date", "condition_end_date"),
    Table("drug_exposure", "drug", "drug", "drug_exposure_start_date", "drug_exposure_end_date"),
    Table("procedure_occurrence", "procedure", "procedure", "procedure_date", "procedure_end_date"),
    Table("device_exposure", "device", "device", "device_exposure_start_date", "device_exposure_end_date"),
    Table("measurement", "observation", "measurement", "measurement_date"),
    Table("observation", "observation", "observation", "observation_date"),
)
REQUIRED = ("person", *(table.name for table in TABLES))
_VISITS = "visit_occurrence"


class Record(NamedTuple):
    """A row of any of the tables; what its table does not have is ``None``.

    ``visit_end``: the last day of the visit that a condition was recorded in; ``supply``: for how many days a drug was
    given out; ``status``, ``operator``, ``value_concept``, ``unit``, ``qualifier`` are ids of concepts.
    """

    person: Any
    id: int
    concept: int
    source_concept: int
    source_value: str
    start: date | None
    end: date | None
    visit_end: date | None
    supply: int | None
    status: int
    number: float | None
    operator: int
    value_concept: int
    value_text: str
    unit: int
    unit_text: str
    low: float | None
    high: float | None
    qualifier: int

    @property
    def concepts(self) -> tuple[int, ...]:
        """The ids of all concepts that the row names; 0 stands for none."""
        ids = (self.concept, self.source_concept, self.status, self.value_concept, self.unit)
        return tuple(id_ for id_ in ids if id_)


def query(database: Database, table: Table) -> str:
    """SQL for the records of the persons from one id to another, in order of persons, times and ids.

    Raises MalformedInput when a column is missing without which nothing can be read.
    """
    columns = database.columns(table.name)
    needed = ("person_id", table.id, f"{table.prefix}_concept_id", table.start)
    if missing := [column for column in needed if column not in columns]:
        raise database.malformed(f"the table {table.name} has no column {', '.join(missing)}")
    visits = table.domain == "condition" and "visit_occurrence_id" in columns & database.columns(_VISITS)
    fields = {name: _cast(name, column, columns) for name, column in _sources(table).items()}
    fields["person"] = "r.person_id"
    fields["visit_end"] = "TRY_CAST(v.visit_end_date AS DATE)" if visits else "NULL"
    join = f"LEFT JOIN {database.name(_VISITS)} v ON v.visit_occurrence_id = r.visit_occurrence_id" if visits else ""
    selected = ", ".join(f"{fields.get(name, 'NULL')} AS {name}_" for name in Record._fields)
    return f"""SELECT {selected} FROM {database.name(table.name)} r {join}
        WHERE r.person_id BETWEEN ? AND ? ORDER BY person_, start_, id_"""  # noqa: S608  (names of our own)


def _sources(table: Table) -> Mapping[str, str]:
    """The columns that a row's fields come from."""
    text = "value_as_string" if table.name == "observation" else "value_source_value"
    return MappingProxyType(
        {
            "id": table.id,
            "concept": f"{table.prefix}_concept_id",
            "source_concept": f"{table.prefix}_source_concept_id",
            "source_value": f"{table.prefix}_source_value",
            "start": table.start,
            "end": table.end,
            "supply": "days_supply",
            "status": "condition_status_concept_id",
            "number": "value_as_number",
            "operator": "operator_concept_id",
            "value_concept": "value_as_concept_id",
            "value_text": text,
            "unit": "unit_concept_id",
            "unit_text": "unit_source_value",
            "low": "range_low",
            "high": "range_high",
            "qualifier": "qualifier_concept_id",
        }
    )


_TYPES = {"start": "DATE", "end": "DATE", "number": "DOUBLE", "low": "DOUBLE", "high": "DOUBLE"}
_TEXTS = ("source_value", "value_text", "unit_text")


def _cast(field: str, column: str, columns: frozenset[str]) -> str:
    """A column as its field's type; what cannot be read as that is as if it were not there."""
    if column not in columns:
        return {**dict.fromkeys(_TEXTS, "''"), **dict.fromkeys(_TYPES, "NULL"), "supply": "NULL"}.get(field, "0")
    if field in _TEXTS:
        return f"coalesce(CAST(r.{column} AS VARCHAR), '')"
    if field in _TYPES:
        value = f"TRY_CAST(r.{column} AS {_TYPES[field]})"
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    whole = f"TRY_CAST(r.{column} AS BIGINT)"
    return whole if field == "supply" else f"coalesce({whole}, 0)"
