"""An OMOP CDM in DuckDB with synthetic persons, and cohort definitions run on it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from duckcdm.circe import build_cohort_query
from duckcdm.sqlrender import render, translate

INDEX = date(2020, 7, 1)
"""The day of everybody's visit."""

_TABLES = {
    "person": "person_id BIGINT, gender_concept_id INT, year_of_birth INT",
    "observation_period": "observation_period_id BIGINT, person_id BIGINT, observation_period_start_date DATE,"
    " observation_period_end_date DATE",
    "visit_occurrence": "visit_occurrence_id BIGINT, person_id BIGINT, visit_concept_id INT, visit_start_date DATE,"
    " visit_end_date DATE",
    "condition_occurrence": "condition_occurrence_id BIGINT, person_id BIGINT, condition_concept_id INT,"
    " condition_start_date DATE, condition_end_date DATE, visit_occurrence_id BIGINT",
    "drug_exposure": "drug_exposure_id BIGINT, person_id BIGINT, drug_concept_id INT, drug_exposure_start_date DATE,"
    " drug_exposure_end_date DATE, days_supply INT, quantity DOUBLE, refills INT, visit_occurrence_id BIGINT",
    "drug_era": "drug_era_id BIGINT, person_id BIGINT, drug_concept_id INT, drug_era_start_date DATE,"
    " drug_era_end_date DATE, drug_exposure_count INT, gap_days INT",
    "procedure_occurrence": "procedure_occurrence_id BIGINT, person_id BIGINT, procedure_concept_id INT,"
    " procedure_date DATE, quantity INT, visit_occurrence_id BIGINT",
    "device_exposure": "device_exposure_id BIGINT, person_id BIGINT, device_concept_id INT,"
    " device_exposure_start_date DATE, device_exposure_end_date DATE, quantity INT, visit_occurrence_id BIGINT",
    "measurement": "measurement_id BIGINT, person_id BIGINT, measurement_concept_id INT, measurement_date DATE,"
    " value_as_number DOUBLE, value_as_concept_id INT, unit_concept_id INT, range_low DOUBLE, range_high DOUBLE,"
    " visit_occurrence_id BIGINT",
    "observation": "observation_id BIGINT, person_id BIGINT, observation_concept_id INT, observation_date DATE,"
    " value_as_number DOUBLE, value_as_string VARCHAR, value_as_concept_id INT, unit_concept_id INT,"
    " visit_occurrence_id BIGINT",
    "concept": "concept_id INT, concept_name VARCHAR, invalid_reason VARCHAR",
    "concept_ancestor": "ancestor_concept_id INT, descendant_concept_id INT",
    "cohort": "cohort_definition_id BIGINT, subject_id BIGINT, cohort_start_date DATE, cohort_end_date DATE",
}
NO_MATCHING_CONCEPT = 0


@dataclass
class Event:
    """A record: its concept, how many days before the visit it begins, how long it lasts, and its result."""

    concept: int
    ago: int
    days: int = 0
    value: float | None = None
    unit: int | None = None
    low: float | None = None
    high: float | None = None
    answer: int | None = None


@dataclass
class Person:
    """A synthetic person; the visits are days before :data:`INDEX`."""

    id: int
    female: bool
    age: int
    visits: Sequence[int] = (0,)
    conditions: list[Event] = field(default_factory=list)
    drugs: list[Event] = field(default_factory=list)
    procedures: list[Event] = field(default_factory=list)
    devices: list[Event] = field(default_factory=list)
    measurements: list[Event] = field(default_factory=list)
    observations: list[Event] = field(default_factory=list)


def random_events(
    dice: random.Random, concepts: Sequence[int], most: int, lengths: Sequence[int] = (0,)
) -> list[Event]:
    """Up to ``most`` records of the concepts, on days next to the usual limits of windows; -9: after the visit."""
    days = (-9, 0, 1, 13, 14, 15, 27, 28, 29, 30, 31, 90, 91, 92, 182, 183, 184, 365, 366, 1000)
    return [Event(dice.choice(concepts), dice.choice(days), dice.choice(lengths)) for _ in range(dice.randint(0, most))]


class Cdm:
    """The database. ``below``: pairs of a concept and one below it."""

    def __init__(self, persons: Iterable[Person], below: Iterable[tuple[int, int]] = ()) -> None:
        self._db = duckdb.connect()
        for name, columns in _TABLES.items():
            self._db.execute(f"CREATE TABLE {name} ({columns})")
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._next = 0
        self._concepts = {NO_MATCHING_CONCEPT}
        for person in persons:
            self._add(person)
        below = list(below)
        self._concepts |= {concept for pair in below for concept in pair}
        self._insert("concept", [(concept, str(concept), None) for concept in sorted(self._concepts)])
        self._insert("concept_ancestor", [*below, *((concept, concept) for concept in sorted(self._concepts))])
        self._write()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def save(self, path: Path) -> Path:
        """The database as a file."""
        self._db.execute(f"ATTACH '{path}' AS saved")
        self._db.execute("COPY FROM DATABASE memory TO saved")
        self._db.execute("DETACH saved")
        return path

    def persons(self, definition: str) -> set[int]:
        """Who is in the cohort of a definition."""
        sql = build_cohort_query(definition, cdm_schema="main", target_table="main.cohort", result_schema="main",
                                 cohort_id=1, generate_stats=False)  # fmt: skip
        self._db.execute(translate(render(sql), "duckdb"))
        rows = self._db.execute("SELECT subject_id FROM cohort WHERE cohort_definition_id = 1").fetchall()
        return {row[0] for row in rows}

    def starts(self) -> dict[int, date]:
        """When the persons of the last cohort entered it."""
        return dict(self._db.execute("SELECT subject_id, cohort_start_date FROM cohort").fetchall())

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._rows.setdefault(table, []).extend(rows)

    def _write(self) -> None:
        """All rows at once: DuckDB is slow row by row."""
        for table, rows in self._rows.items():
            one = f"({', '.join('?' * len(_TABLES[table].split(',')))})"
            values = [value for row in rows for value in row]
            if rows:
                self._db.execute(f"INSERT INTO {table} VALUES {', '.join([one] * len(rows))}", values)

    def _id(self) -> int:
        self._next += 1
        return self._next

    def _add(self, person: Person) -> None:
        who = person.id
        self._insert("person", [(who, 8532 if person.female else 8507, INDEX.year - person.age)])
        self._insert("observation_period", [(self._id(), who, date(2010, 1, 1), date(2022, 1, 1))])
        self._insert("visit_occurrence", [(self._id(), who, 9202, _day(ago), _day(ago)) for ago in person.visits])
        self._insert("condition_occurrence", [(self._id(), who, e.concept, *_days(e), None) for e in person.conditions])
        for e in person.drugs:
            self._insert("drug_exposure", [(self._id(), who, e.concept, *_days(e), e.days, 1, 0, None)])
            self._insert("drug_era", [(self._id(), who, e.concept, *_days(e), 1, 0)])
        self._insert(
            "procedure_occurrence", [(self._id(), who, e.concept, _day(e.ago), 1, None) for e in person.procedures]
        )
        self._insert("device_exposure", [(self._id(), who, e.concept, *_days(e), 1, None) for e in person.devices])
        self._insert(
            "measurement",
            [(self._id(), who, e.concept, _day(e.ago), e.value, e.answer, e.unit, e.low, e.high, None)
             for e in person.measurements],
        )  # fmt: skip
        self._insert(
            "observation",
            [(self._id(), who, e.concept, _day(e.ago), e.value, None, e.answer, e.unit, None)
             for e in person.observations],
        )  # fmt: skip
        for events in (person.conditions, person.drugs, person.procedures, person.devices, person.measurements,
                       person.observations):  # fmt: skip
            self._concepts |= {e.concept for e in events}


def _day(ago: int) -> date:
    return INDEX - timedelta(days=ago)


def _days(event: Event) -> tuple[date, date]:
    return _day(event.ago), _day(event.ago - event.days)
