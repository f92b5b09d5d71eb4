"""UMLS (MRCONSO.RRF, MRSTY.RRF) and RxNorm (RXNCONSO.RRF, RXNREL.RRF): files whose cells end with ``|``.

A CUI (RxCUI) is a concept; the names of all its atoms, English and not suppressed, are its names, and their codes its
further codes. Semantic types say what it is.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from critparse.concepts.vocabularies import knowledge
from critparse.concepts.vocabularies.forms import is_acronym, stored_form
from critparse.concepts.vocabularies.lines import Lines, check_plain
from critparse.concepts.vocabularies.steps import Damage, Filters, Row, Step, by_line, file_in
from critparse.errors import VocabularySourceError

_UMLS_LICENCE = "UMLS Metathesaurus License; sources have further terms. For your own use: do not pass this file on."
_RXNORM_LICENCE = "RxNorm: its own names are free; those of its sources fall under the UMLS Metathesaurus License."
_CONSO_CELLS, _STY_CELLS, _REL_CELLS = 18, 6, 16
_CUI = re.compile(r"C(\d{7})")
_RXCUI = re.compile(r"\d{1,9}")
_RX_TTY = {"IN": 0, "PIN": 1, "MIN": 1, "BN": 1, "PSN": 2}  # names of RxNorm to show, best first
_FOLDERS = ("", "META", "rrf")  # where releases have the files
_log = logging.getLogger(__name__)


def rrf_source(folder: Path, filters: Filters) -> Umls | RxNorm:
    """The source that a folder holds. Raises VocabularySourceError when it holds neither."""
    for name in _FOLDERS:
        place = folder / name
        if name and not place.is_dir():
            continue
        if path := file_in(place, "MRCONSO.RRF", required=False):
            return Umls(path, filters)
        if path := file_in(place, "RXNCONSO.RRF", required=False):
            return RxNorm(path, filters)
    raise VocabularySourceError(where=folder, reason="there is neither MRCONSO.RRF nor RXNCONSO.RRF in it")


class Umls:
    """A subset of the UMLS Metathesaurus as MetamorphoSys writes it."""

    kind = "umls"
    licence = _UMLS_LICENCE

    def __init__(self, path: Path, filters: Filters) -> None:
        check_plain(path)
        self.where = path.parent
        self.path = path
        self.filters = filters
        self.types = file_in(self.where, "MRSTY.RRF", required=False)
        if self.types is None:
            _log.warning(
                "%s: there is no MRSTY.RRF; what a concept is (a disease, a drug …) will not be known", self.where
            )
        else:
            check_plain(self.types)

    def steps(self, database: sqlite3.Connection) -> Iterable[Step]:
        if self.types is not None:
            yield Step("types", self.types, by_line(_checked_type), _write_nothing)
        yield Step("atoms", self.path, self._rows, _write_atoms)

    def about(self, database: sqlite3.Connection) -> Mapping[str, Any]:
        return {"hierarchy": "none", "versions": {}, "missing": []}

    def _rows(self, lines: Lines) -> Iterator[Row | Damage | None]:
        kinds = self._kinds()
        systems = knowledge.short_names(knowledge.UMLS)

        def read(line: str) -> Row | None:
            cells = _cells(line, _CONSO_CELLS)
            if not _usable(cells, self.filters):
                return None
            found = _CUI.fullmatch(cells[0])
            if found is None:
                raise ValueError(f"{cells[0][:40]!r} is no CUI")
            id_ = int(found[1])
            kind = kinds(id_)
            if kind is None:
                return None
            rank = 3 - (cells[2] == "P") - (cells[4] == "PF") - (cells[6] == "Y")
            system = systems.get(cells[11], "")
            return id_, "UMLS", cells[0], cells[14], kind, rank, system, cells[13]

        return by_line(read)(lines)

    def _kinds(self) -> Callable[[int], str | None]:
        """From a CUI's number to what it is: "" when that is not known, None when it is to be left out."""
        if self.types is None:
            return lambda id_: ""
        known = knowledge.domains(knowledge.UMLS)
        names = ["", *known.values()]
        wanted = {name.lower() for name in self.filters.domains}
        numbers = {
            tui: number
            for number, (tui, name) in enumerate(known.items(), 1)
            if not wanted or name.lower() in wanted or tui.lower() in wanted
        }
        table = bytearray(10_000_000)  # a byte for each number that a CUI can have
        with Lines(self.types) as lines:
            for row in by_line(_semantic_type)(lines):
                if isinstance(row, tuple) and not table[row[0]]:
                    table[row[0]] = numbers.get(row[1], 0)
        if self.filters.everything and not wanted:
            return lambda id_: names[table[id_]]
        return lambda id_: names[table[id_]] or None


class RxNorm:
    """A release of RxNorm; with RXNREL.RRF, brand names map to their ingredients."""

    kind = "rxnorm"
    licence = _RXNORM_LICENCE

    def __init__(self, path: Path, filters: Filters) -> None:
        check_plain(path)
        self.where = path.parent
        self.path = path
        self.filters = filters
        self.relations = file_in(self.where, "RXNREL.RRF", required=False)
        if self.relations is not None:
            check_plain(self.relations)

    def steps(self, database: sqlite3.Connection) -> Iterable[Step]:
        yield Step("atoms", self.path, self._rows, _write_atoms)
        if self.relations is not None:
            yield Step("brands", self.relations, by_line(_brand), _write_brands)

    def about(self, database: sqlite3.Connection) -> Mapping[str, Any]:
        return {"hierarchy": "none", "versions": {}, "missing": []}

    def _rows(self, lines: Lines) -> Iterator[Row | Damage | None]:
        systems = knowledge.short_names(knowledge.UMLS)

        def read(line: str) -> Row | None:
            cells = _cells(line, _CONSO_CELLS)
            if not _usable(cells, self.filters):
                return None
            if not _RXCUI.fullmatch(cells[0]):
                raise ValueError(f"{cells[0][:40]!r} is no RxCUI")
            rank = _RX_TTY.get(cells[12], 3) if cells[11] == "RXNORM" else 4
            system = systems.get(cells[11], "")
            return int(cells[0]), "RXNORM", cells[0], cells[14], "Drug", rank, system, cells[13]

        return by_line(read)(lines)


def _cells(line: str, count: int) -> list[str]:
    """The cells of a line; each ends with a bar."""
    cells = line.split("|")
    if len(cells) != count + 1 or cells[-1]:
        raise ValueError(f"it has not {count} cells that end with |")
    return cells


def _usable(cells: Sequence[str], filters: Filters) -> bool:
    """Whether an atom is English, not suppressed, and of a vocabulary that is wanted."""
    return cells[1] == "ENG" and cells[16] in ("N", "") and filters.wants(cells[11])


def _semantic_type(line: str) -> Row:
    cells = _cells(line, _STY_CELLS)
    found = _CUI.fullmatch(cells[0])
    if found is None:
        raise ValueError(f"{cells[0][:40]!r} is no CUI")
    return int(found[1]), cells[1]


def _checked_type(line: str) -> None:
    """Raises ValueError for a damaged line. The types are read again with the atoms, into memory."""
    _semantic_type(line)


def _brand(line: str) -> Row | None:
    """The pair (brand, ingredient). In RRF files, the relation is that of the second concept to the first."""
    cells = _cells(line, _REL_CELLS)
    ingredient, brand = cells[0], cells[4]
    if cells[7] != "tradename_of" or not (_RXCUI.fullmatch(brand) and _RXCUI.fullmatch(ingredient)):
        return None
    return int(brand), int(ingredient)


# --- writing


def _write_nothing(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """For files that are only checked."""


def _write_atoms(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Rows of (id, system, code, name, domain, rank, system of the atom, code of the atom)."""
    best: dict[int, Row] = {}
    forms: dict[tuple[int, str], bool] = {}
    codes: dict[Row, None] = {}
    for row in rows:
        id_, own, _, name, _, rank, system, code = row
        if id_ not in best or rank < best[id_][5]:
            best[id_] = row
        if form := stored_form(name):
            forms[id_, form] = is_acronym(name)
        if system and system != own and code and code != "NOCODE":
            codes[id_, system, code] = None
    database.executemany(
        "INSERT INTO concept VALUES (?, ?, ?, ?, ?, 'S', 1, ?) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, rank = excluded.rank WHERE excluded.rank < rank",
        (row[:6] for row in best.values()),
    )
    database.executemany(
        "INSERT INTO name (concept, form, acronym) VALUES (?, ?, ?)", ((*key, short) for key, short in forms.items())
    )
    database.executemany("INSERT OR IGNORE INTO also VALUES (?, ?, ?)", codes)


def _write_brands(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Pairs of which both are there: only brand names and ingredients are, as both are concepts by name."""
    database.executemany(
        "INSERT OR IGNORE INTO mapping SELECT a.id, b.id FROM concept a, concept b WHERE a.id = ? AND b.id = ?", rows
    )
