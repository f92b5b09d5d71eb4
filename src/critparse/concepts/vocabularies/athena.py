"""OMOP vocabularies as Athena gives them: tab-separated files without quoting.

Kept are the concepts that criteria may name (:class:`Filters`), valid or not (an invalid one is only followed to what
it maps to), English synonyms, ``Maps to``, and the hierarchy: CONCEPT_ANCESTOR, or ``Is a`` where that file is missing.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from critparse.concepts.vocabularies import knowledge
from critparse.concepts.vocabularies.forms import is_acronym, stored_form
from critparse.concepts.vocabularies.idset import MAX_ID, IdSet
from critparse.concepts.vocabularies.lines import Lines, decoded, header_of
from critparse.concepts.vocabularies.steps import Damage, Filters, Row, Step, by_line, damage, file_in
from critparse.errors import VocabularySourceError

_CONCEPT = (
    "concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_class_id", "standard_concept", "concept_code",
    "invalid_reason",
)  # fmt: skip
_SYNONYM = ("concept_id", "concept_synonym_name", "language_concept_id")
_RELATIONSHIP = ("concept_id_1", "concept_id_2", "relationship_id", "invalid_reason")
_ANCESTOR = ("ancestor_concept_id", "descendant_concept_id")
_VERSION = ("vocabulary_id", "vocabulary_version")
_ENGLISH = "4180186"
_MAPS_TO, _IS_A = "Maps to", "Is a"
_LICENCE = (
    "OMOP Standardized Vocabularies; each vocabulary has the licence you accepted for it at athena.ohdsi.org. "
    "For your own use: do not pass this file on."
)
Cells = Callable[[str], tuple[str, ...]]


class Athena:
    """The folder of an unpacked Athena download, as a source.

    Raises:
        VocabularySourceError: a file or a column is missing, or a file is no text.
    """

    kind = "athena"
    licence = _LICENCE

    def __init__(self, folder: Path, filters: Filters) -> None:
        self.where = folder
        self.filters = filters
        self._concepts = self._required("CONCEPT", _CONCEPT)
        self._synonyms = self._required("CONCEPT_SYNONYM", _SYNONYM)
        self._links = self._required("CONCEPT_RELATIONSHIP", _RELATIONSHIP)
        self._ancestors = self._optional("CONCEPT_ANCESTOR", _ANCESTOR)
        self._versions = self._optional("VOCABULARY", _VERSION)

    def _required(self, name: str, columns: Sequence[str]) -> _File:
        path = file_in(self.where, f"{name}.csv")
        assert path is not None
        return _File(path, columns)

    def _optional(self, name: str, columns: Sequence[str]) -> _File | None:
        path = file_in(self.where, f"{name}.csv", required=False)
        return _File(path, columns) if path else None

    def steps(self, database: sqlite3.Connection) -> Iterable[Step]:
        kept = functools.cache(lambda: IdSet(id_ for (id_,) in database.execute("SELECT id FROM concept")))
        yield self._concepts.step("concepts", self._concept, _write_concepts)
        yield self._synonyms.step("synonyms", lambda cells: _synonym(cells, kept()), _write_names)
        yield self._links.step(
            "mappings", lambda cells: self._relationship(cells, kept()), _write_relationships, self._relationships()
        )
        if self._ancestors and self.filters.hierarchy:
            yield self._ancestors.step("ancestors", lambda cells: _ancestor(cells, kept()), _write_ancestors)

    def about(self, database: sqlite3.Connection) -> Mapping[str, Any]:
        hierarchy = "ancestors" if self._ancestors else "parents"
        ours = {theirs.lower(): system for theirs, system in knowledge.short_names("athena").items()}
        systems = {system.lower() for (system,) in database.execute("SELECT DISTINCT system FROM concept")}
        domains = {domain.lower() for (domain,) in database.execute("SELECT DISTINCT domain FROM concept")}
        vocabularies = {name for name in self.filters.vocabularies if ours.get(name, name).lower() not in systems}
        return {
            "hierarchy": hierarchy if self.filters.hierarchy else "none",
            "versions": self._version_table(),
            "missing": sorted(vocabularies | (self.filters.domains - domains)),
        }

    def _version_table(self) -> dict[str, str]:
        """The version of each vocabulary of the download, and that of the whole, which stands under ``None``."""
        if self._versions is None:
            return {}
        with Lines(self._versions.path, self._versions.start, 1) as lines:
            rows = [row for row in by_line(self._versions.cells)(lines) if isinstance(row, tuple)]
        return {vocabulary: version for vocabulary, version in rows if version}

    # --- rows

    def _concept(self, cells: tuple[str, ...]) -> Row | None:
        id_, name, domain, vocabulary, class_, standard, code, invalid = cells
        if not self._wanted(domain, vocabulary, class_):
            return None
        system = knowledge.short_names("athena").get(vocabulary, vocabulary)
        return _id(id_), system, code, name, domain, standard, not invalid

    def _wanted(self, domain: str, vocabulary: str, class_: str) -> bool:
        if not self.filters.wants(vocabulary):
            return False
        if self.filters.domains and domain.lower() not in self.filters.domains:
            return False
        if self.filters.everything:
            return True
        return (
            (bool(self.filters.domains) or domain in knowledge.domains(knowledge.OMOP))
            and (bool(self.filters.vocabularies) or vocabulary not in knowledge.left_out("vocabulary_id"))
            and class_ not in knowledge.left_out("concept_class_id")
        )

    def _relationships(self) -> tuple[str, ...]:
        parents = self.filters.hierarchy and self._ancestors is None
        return (_MAPS_TO, _IS_A) if parents else (_MAPS_TO,)

    def _relationship(self, cells: tuple[str, ...], kept: IdSet) -> Row | None:
        first, second, relationship, invalid = cells
        if invalid or relationship not in self._relationships():
            return None
        source, target = _id(first), _id(second)
        if source == target or source not in kept or target not in kept:
            return None
        return relationship, source, target


class _File:
    """One file: where its columns are."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        header, self.start = header_of(path, "\t")
        missing = [column for column in columns if column not in header]
        if missing:
            reason = f"line 1 names no column {', '.join(missing)} (it has: {', '.join(header)[:300]})"
            raise VocabularySourceError(where=path, reason=reason)
        self.path = path
        self._width = len(header)
        self._pick = itemgetter(*(header.index(column) for column in columns))

    def cells(self, line: str) -> tuple[str, ...]:
        """The cells of the columns. Raises ValueError for a line of another width."""
        cells = line.split("\t")
        if len(cells) != self._width:
            raise ValueError(f"it has {len(cells)} cells, the header {self._width}")
        picked: tuple[str, ...] = self._pick(cells)
        return picked

    def step(
        self,
        name: str,
        read: Callable[[tuple[str, ...]], Row | None],
        write: Callable[[sqlite3.Connection, Sequence[Row]], None],
        only: tuple[str, ...] = (),
    ) -> Step:
        """The step that reads this file; with ``only``, lines without one of these cells are passed over unread."""
        marks = [f"\t{cell}\t".encode() for cell in only]

        def rows(lines: Lines) -> Iterator[Row | Damage | None]:
            for line in lines:
                if marks and line is not None and not any(mark in line for mark in marks):
                    yield None
                    continue
                try:
                    yield read(self.cells(decoded(line)))
                except ValueError as error:
                    yield damage(line, error)

        return Step(name, self.path, rows, write, start=self.start, line=1)


def _id(text: str) -> int:
    try:
        id_ = int(text)
    except ValueError:
        id_ = -1
    if not 0 <= id_ <= MAX_ID:
        raise ValueError(f"{text[:40]!r} is no concept id")
    return id_


def _synonym(cells: tuple[str, ...], kept: IdSet) -> Row | None:
    id_, name, language = cells
    if language != _ENGLISH:
        return None
    concept = _id(id_)
    return (concept, name) if concept in kept else None


def _ancestor(cells: tuple[str, ...], kept: IdSet) -> Row | None:
    ancestor, descendant = _id(cells[0]), _id(cells[1])
    return (ancestor, descendant) if ancestor != descendant and ancestor in kept and descendant in kept else None


# --- writing


def _write_concepts(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    database.executemany("INSERT OR IGNORE INTO concept VALUES (?, ?, ?, ?, ?, ?, ?, 0)", rows)
    _write_names(database, [(row[0], row[3]) for row in rows])


def _write_names(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Rows of (concept, name); of the same form of a concept in a batch, one is written."""
    forms = {(concept, form): is_acronym(name) for concept, name in rows if (form := stored_form(name))}
    database.executemany(
        "INSERT INTO name (concept, form, acronym) VALUES (?, ?, ?)",
        ((*key, acronym) for key, acronym in forms.items()),
    )


def _write_relationships(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    mappings = [row[1:] for row in rows if row[0] == _MAPS_TO]
    parents = [(parent, child) for relationship, child, parent in rows if relationship == _IS_A]
    database.executemany("INSERT OR IGNORE INTO mapping VALUES (?, ?)", mappings)
    _write_ancestors(database, parents)


def _write_ancestors(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    database.executemany("INSERT INTO ancestor VALUES (?, ?)", rows)
