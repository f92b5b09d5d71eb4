"""The persons of a CDM, in batches, and a trial with the concept ids of the file's own vocabulary."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from critparse.errors import InputError
from critparse.lexicon.omop import keys
from critparse.match.omop.concepts import Concepts
from critparse.match.omop.database import Database, Row
from critparse.match.omop.facts import fact_of
from critparse.match.omop.subjects import with_ids
from critparse.match.omop.tables import REQUIRED, TABLES, Record, Table, query
from critparse.match.patient import Days, Domain, Fact, Patient
from critparse.schema import ParsedTrial

BATCH = 500
"""Persons read at a time."""
_MAGIC = b"DUCK"
_ENDINGS = (".duckdb", ".ddb")
_ALLERGIES = "OMOP has allergies under concepts of their own, not the allergen's"
_NO_HIERARCHY = "the file has no concept_ancestor, so that a narrower concept cannot be told from another one"
_DOMAINS: tuple[Domain, ...] = ("condition", "drug", "procedure", "device", "observation", "allergy")


def is_duckdb(path: Path) -> bool:
    """Whether the file is a DuckDB database, or is called one."""
    if path.suffix.lower() in _ENDINGS:
        return True
    try:
        with path.open("rb") as file:
            return file.read(12)[8:] == _MAGIC
    except OSError:
        return False  # whoever reads it says why it cannot be read


class Cdm:
    """A :class:`~critparse.match.patient.Record` of a DuckDB file with the tables of OMOP's CDM (5.2 to 5.4).

    It is opened for reading alone and held open until :meth:`close`. Tables may be in any schema.

    Raises:
        MissingExtra: duckdb is not installed.
        InputError: there is no such file, it is no DuckDB file, or tables or columns of the CDM are missing.
    """

    def __init__(self, path: Path, *, batch: int = BATCH) -> None:
        self._database = Database(path)
        if missing := [table for table in REQUIRED if not self._database.has(table)]:
            raise self._database.malformed(f"it has no table {', '.join(missing)}")
        self._batch = batch
        self._concepts = Concepts(self._database)
        self._queries = [(table, query(self._database, table)) for table in TABLES]
        self._people = _people(self._database)
        if not self._database.rows(f"SELECT 1 FROM {self._database.name('person')} LIMIT 1"):  # noqa: S608
            raise InputError(where=path, reason="there is no person in it")
        self.problems = tuple(_strays(self._database))

    @property
    def never_complete(self) -> Mapping[Domain, str]:
        """Allergies; without a hierarchy of concepts nothing can be taken to be complete."""
        found: dict[Domain, str] = {} if self._concepts.nested else dict.fromkeys(_DOMAINS, _NO_HIERARCHY)
        return {**found, "allergy": _ALLERGIES}

    @property
    def patients(self) -> Iterator[Patient]:
        """The persons by their ids, with their facts by time; a batch at a time is in memory."""
        for people in self._database.batches(self._people, self._batch):
            yield from self._with_facts(people)

    def coded(self, trial: ParsedTrial) -> ParsedTrial:
        """The trial with the standard concepts of its subjects' codes, and what lies above them as ``broader``."""
        return with_ids(trial, self._concepts)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _with_facts(self, people: Sequence[Row]) -> Iterator[Patient]:
        ends = (people[0][0], people[-1][0])
        records: dict[Any, list[tuple[Table, Record]]] = {}
        for table, sql in self._queries:
            for row in self._database.rows(sql, ends):
                record = Record._make(row)
                records.setdefault(record.person, []).append((table, record))
        self._concepts.load(id_ for own in records.values() for _, record in own for id_ in record.concepts)
        for person in people:
            facts = tuple(self._fact(table, record) for table, record in records.get(person[0], ()))
            yield _patient(person)._replace(facts=facts)

    def _fact(self, table: Table, record: Record) -> Fact:
        return fact_of(record, table, self._concepts)


def _people(database: Database) -> str:
    columns = database.columns("person")
    needed = ("person_id", "gender_concept_id")
    if missing := [column for column in needed if column not in columns]:
        raise database.malformed(f"the table person has no column {', '.join(missing)}")
    parts = ("year_of_birth", "month_of_birth", "day_of_birth")
    born = [f"TRY_CAST({part} AS INTEGER)" if part in columns else "NULL" for part in parts]
    exact = "TRY_CAST(birth_datetime AS DATE)" if "birth_datetime" in columns else "NULL"
    return f"""SELECT person_id, coalesce(TRY_CAST(gender_concept_id AS BIGINT), 0), {", ".join(born)}, {exact}
        FROM {database.name("person")} ORDER BY person_id"""  # noqa: S608  (names of our own)


def _patient(row: Row) -> Patient:
    id_, gender, year, month, day, exact = row
    sex = keys("gender").get(gender)
    return Patient(
        str(id_),
        _birth(year, month, day) if year is not None else None if exact is None else Days(exact, exact),
        sex if sex in ("female", "male") else None,  # type: ignore[arg-type]
        table="person",
    )


def _birth(year: int, month: int | None, day: int | None) -> Days | None:
    """The date of birth as exactly as the columns give it; None for one that is no date."""
    try:
        first = date(year, month or 1, (day if month else None) or 1)
        months = month or 12
        last = first if month and day else date(year, months, calendar.monthrange(year, months)[1])
    except ValueError:
        return None
    return Days(first, last)


def _strays(database: Database) -> Iterator[str]:
    """Tables with records of nobody."""
    for table in TABLES:
        sql = f"""SELECT count(*) FROM {database.name(table.name)} r
            ANTI JOIN {database.name("person")} p ON p.person_id = r.person_id"""  # noqa: S608
        ((count,),) = database.rows(sql)
        if count:
            yield f"{database.path}: {count} records in {table.name} belong to no person that is there"
