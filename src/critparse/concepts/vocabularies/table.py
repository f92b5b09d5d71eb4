"""A vocabulary of one's own as a table: CSV, with commas or semicolons, or tab-separated.

Columns, in any order and case: ``code``, ``name``; and if there are any ``system`` (default: the vocabulary's name in
capitals), ``synonyms`` (separated by ``|``), ``label`` or ``domain``, ``standard_code`` (``CODE`` of the same system
or ``SYSTEM:CODE``; the concept maps to it). Any damage ends the build, with its line.
"""

from __future__ import annotations

import csv
import functools
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from critparse.concepts.vocabularies import knowledge
from critparse.concepts.vocabularies.forms import is_acronym, stored_form
from critparse.concepts.vocabularies.lines import Lines, decoded, header_of
from critparse.concepts.vocabularies.steps import Damage, Filters, Row, Step
from critparse.errors import VocabularySourceError

_COLUMNS = ("code", "name", "system", "synonyms", "label", "standard_code")
_INDEX = "CREATE UNIQUE INDEX IF NOT EXISTS concept_of_table ON concept (system, code)"


class Table:
    """One file, as a source. ``name`` is that of the vocabulary.

    Raises:
        VocabularySourceError: the file is missing, no text, or lacks a column.
    """

    kind = "csv"
    licence = "As that of the table it was made from."

    def __init__(self, path: Path, filters: Filters, name: str) -> None:
        self.where = path
        self.filters = filters
        self.system = name.upper()
        self.delimiter, header, self.start = _header(path)
        header = ["label" if cell == "domain" and "label" not in header else cell for cell in header]
        missing = [column for column in _COLUMNS[:2] if column not in header]
        if missing:
            reason = f"line 1 names no column {' and '.join(missing)} (it has: {', '.join(header)[:300]})"
            raise VocabularySourceError(where=path, reason=reason)
        self.header = header

    def steps(self, database: sqlite3.Connection) -> Iterable[Step]:
        yield Step("rows", self.where, self._rows, self._write, start=self.start, line=1, strict=True)

    def about(self, database: sqlite3.Connection) -> Mapping[str, Any]:
        return {"hierarchy": "none", "versions": {}, "missing": []}

    def _rows(self, lines: Lines) -> Iterator[Row | Damage | None]:
        table = csv.reader(map(decoded, lines), delimiter=self.delimiter, strict=True, quoting=self._quoting())
        while True:
            try:
                cells = next(table)
                yield self._row(cells) if any(cell.strip() for cell in cells) else None
            except StopIteration:
                return
            except (ValueError, csv.Error) as error:
                yield Damage(str(error))
                return  # a quotation mark astray puts everything behind it in doubt

    def _quoting(self) -> Any:
        """Tab-separated files as a rule do not quote, and hold stray quotation marks."""
        return csv.QUOTE_NONE if self.delimiter == "\t" else csv.QUOTE_MINIMAL

    def _row(self, cells: list[str]) -> Row | None:
        if len(cells) > len(self.header) and any(cells[len(self.header) :]):
            raise ValueError(f"it has {len(cells)} cells, the header {len(self.header)}")
        row = dict(zip(self.header, (" ".join(cell.split()) for cell in cells), strict=False))
        code, name, system, synonyms, label, standard = (row.get(column, "") for column in _COLUMNS)
        if not code or not name:
            raise ValueError(f"it has no {'name' if code else 'code'}")
        domain = _domain(label)
        system = system or self.system
        if not self.filters.wants(system) or (self.filters.domains and domain.lower() not in self.filters.domains):
            return None
        names = (name, *(part for synonym in synonyms.split("|") if (part := synonym.strip())))
        return system, code, names, domain, _standard(standard, system)

    def _write(self, database: sqlite3.Connection, rows: Sequence[Row]) -> None:
        database.execute(_INDEX)
        for system, code, names, domain, standard in rows:
            concept = _put(database, (system, code, names[0], domain, "" if standard else "S", 0))
            forms = {form: is_acronym(name) for name in names if (form := stored_form(name))}
            database.executemany(
                "INSERT INTO name (concept, form, acronym) VALUES (?, ?, ?)",
                [(concept, form, acronym) for form, acronym in forms.items()],
            )
            if standard and standard != (system, code):
                # it may have a row of its own, before or behind; if it has none, it goes by this one's name
                target = _put(database, (*standard, names[0], domain, "S", 1))
                database.execute("INSERT OR IGNORE INTO mapping VALUES (?, ?)", (concept, target))


def _put(database: sqlite3.Connection, values: Row) -> int:
    """The id of a concept (system, code, name, domain, standard, rank), which is put in unless it is there."""
    database.execute(
        "INSERT INTO concept (system, code, name, domain, standard, valid, rank) VALUES (?, ?, ?, ?, ?, 1, ?) "
        "ON CONFLICT (system, code) DO UPDATE SET name = excluded.name, domain = excluded.domain, "
        "standard = excluded.standard, rank = excluded.rank WHERE excluded.rank < rank",
        values,
    )
    query = "SELECT id FROM concept WHERE system = ? AND code = ?"
    id_: int = database.execute(query, values[:2]).fetchone()[0]
    return id_


def _header(path: Path) -> tuple[str, list[str], int]:
    """The delimiter, the cells of the first line, the offset behind it."""
    cells, offset = header_of(path, "\n")
    line = cells[0]
    delimiter = max("\t,;", key=line.count)
    try:
        header = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise VocabularySourceError(where=path, reason=f"line 1: {error}") from None
    return delimiter, [cell.strip() for cell in header], offset


@functools.cache
def _domains() -> dict[str, str]:
    """What may stand in the column ``label``: labels and OMOP domains in lower case -> the domain."""
    found = {name.lower(): name for name in knowledge.domains(knowledge.OMOP).values()}
    return found | {"person": "Person", "": ""}


def _domain(label: str) -> str:
    domain = _domains().get(label.lower())
    if domain is None:
        known = "Condition, Drug, Measurement, Procedure, Device, Observation, Visit, Person"
        raise ValueError(f"{label[:40]!r} is no label ({known}, or a domain of OMOP)")
    return domain


def _standard(text: str, system: str) -> tuple[str, str] | None:
    """The concept a row maps to, as (system, code). A code with a colon names its system."""
    if not text:
        return None
    before, colon, code = text.partition(":")
    return (before.upper(), code) if colon and before and code else (system, text)
