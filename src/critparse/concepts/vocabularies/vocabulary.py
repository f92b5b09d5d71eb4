"""A vocabulary that was built: names and codes looked up in its file, which is never changed."""

from __future__ import annotations

import functools
import logging
import math
import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import quote

from critparse.concepts.vocabularies import knowledge
from critparse.concepts.vocabularies.folder import path_of
from critparse.concepts.vocabularies.forms import has_capitals, query_forms, similarity, stored_form, trigrams
from critparse.concepts.vocabularies.model import MAPPED, NAMED, Method, VocabularyConcept, VocabularyHit
from critparse.concepts.vocabularies.store import APPLICATION_ID, VERSION, read_meta, translated
from critparse.errors import VocabularyError

_OTHER_FORM = 0.95  # another form of the words given (number, spelling, order) is the name
_MEMORY = 50_000  # answers kept, of each kind
_WITH_FURTHER_CODES = ("umls", "rxnorm")
_MAX_HITS = 20
_MAX_CODES = 12  # of a concept; of what people call one thing, UMLS may know dozens
_SHORTLIST = 200
_SIMILAR = 0.3  # less is no similarity
_POSTINGS = 30_000  # rows of the trigram index read for one text
_MAX_TRIGRAMS = 24
_COLUMNS = "c.id, c.system, c.code, c.name, c.domain, c.standard, c.valid"
_log = logging.getLogger(__name__)


class _Row(NamedTuple):
    """A row of ``concept``."""

    id: int
    system: str
    code: str
    name: str
    domain: str
    standard: str
    valid: int


class _Found(NamedTuple):
    """A concept that has a name or code looked for, how sure that is, and the name."""

    row: _Row
    score: float
    matched: str


class Vocabulary:
    """A user's own vocabulary, for reading.

    Opened at the first question, once in each thread and process; pickled by its path. Answers are remembered.
    Labels are those of entities; concepts of a kind that does not suit the label are not given.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._look_up = functools.lru_cache(_MEMORY)(self._lookup)
        self._look_up_code = functools.lru_cache(_MEMORY)(self._by_code)

    def __reduce__(self) -> tuple[type[Self], tuple[Path]]:
        return type(self), (self.path,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    @classmethod
    def open(cls, name_or_path: str | Path) -> Self:
        """The vocabulary of that name, or in that file.

        Raises:
            VocabularyError: there is none, or the file is not one that this critparse has built.
        """
        path = name_or_path if isinstance(name_or_path, Path) else path_of(name_or_path)
        vocabulary = cls(path)
        _ = vocabulary.meta
        return vocabulary

    @property
    def name(self) -> str:
        return self.path.stem

    @functools.cached_property
    def meta(self) -> dict[str, Any]:
        """What it is and was made from: kind, built, licence, counts … (see ``critparse vocab show``)."""
        with translated(self.name):
            return read_meta(self._database)

    def steps(self) -> list[dict[str, Any]]:
        """What was read to build it: step, file, lines, how many were kept and how many were damaged, an example."""
        with translated(self.name):
            rows = self._database.execute(
                "SELECT step, file, line, kept, damaged, example FROM source WHERE file != '' ORDER BY rowid"
            )
            names = ("step", "file", "lines", "kept", "damaged", "example")
            return [dict(zip(names, row, strict=True)) for row in rows]

    def close(self) -> None:
        """Close this thread's connection; it is opened again when it is needed."""
        database = self._local.__dict__.pop("database", None)
        if database is not None:
            database[1].close()

    # --- questions

    def lookup(self, text: str, label: str | None = None) -> list[VocabularyHit]:
        """The concepts of which ``text`` is a name, standard ones first, at most 20.

        A concept that is not standard comes with those it maps to; one that is no longer valid, as those alone.
        Names in other forms (plurals, British spelling, "diabetes, type 2") count where none has the form given.
        """
        return list(self._look_up(text, label))

    def by_code(self, system: str, code: str) -> list[VocabularyHit]:
        """The standard concepts of a code, by its own or by mapping; a class stands for itself.

        Systems go by their short names, OMOP for concept ids: ("MESH", "D003924"), ("LOINC", "2160-0").
        """
        return list(self._look_up_code(system, code))

    def candidates(self, text: str, limit: int = 10, label: str | None = None) -> list[VocabularyHit]:
        """Concepts with names of similar letters, best first, those that are not standard replaced by what they map to.

        The score is the cosine of the sets of trigrams. Never good enough to link by: "type 1" is near "type 2".
        Empty, with a line in the log, where SQLite could not index trigrams.
        """
        if not self.meta.get("candidates"):
            _log.warning("%s was built without trigram index: no candidates", self.name)
            return []
        form = stored_form(text)
        if form is None:
            return []
        wanted = trigrams(form)
        with translated(self.name):
            found = [
                _Found(row, round(similarity(wanted, trigrams(name)), 4), name)
                for row, name in self._similar(wanted)
                if knowledge.agreement(row.domain, label) > 0
            ]
            found = [hit for hit in found if hit.score >= _SIMILAR]
            found.sort(key=lambda hit: (-hit.score, hit.row.standard != "S", hit.row.id))
            hits = [hit for hit in self._followed(found[: 5 * limit], label) if _is_target(hit.concept)]
        hits.sort(key=lambda hit: -hit.score)
        return hits[:limit]

    def descendants(self, concept_id: int) -> tuple[int, ...]:
        """The ids of all concepts below one, without itself; empty when the vocabulary has no hierarchy."""
        hierarchy = self.meta.get("hierarchy")
        direct = "SELECT descendant FROM ancestor WHERE ancestor = ? ORDER BY 1"
        recursive = (
            "WITH RECURSIVE below (id) AS (SELECT descendant FROM ancestor WHERE ancestor = ?1 UNION "
            "SELECT a.descendant FROM ancestor a JOIN below b ON a.ancestor = b.id) "
            "SELECT id FROM below WHERE id != ?1 ORDER BY 1"
        )
        with translated(self.name):
            rows = self._database.execute(recursive if hierarchy == "parents" else direct, (concept_id,))
            return tuple(id_ for (id_,) in rows)

    # --- answers

    def _lookup(self, text: str, label: str | None) -> tuple[VocabularyHit, ...]:
        first, *others = query_forms(text) or ("",)
        if not first:
            return ()
        with translated(self.name):
            capitals = has_capitals(text)
            return self._named([first], 1.0, label, capitals) or self._named(others, _OTHER_FORM, label, capitals)

    def _named(
        self, forms: Sequence[str], score: float, label: str | None, capitals: bool
    ) -> tuple[VocabularyHit, ...]:
        marks = ", ".join("?" * len(forms))
        rows = self._database.execute(
            f"SELECT n.form, n.acronym, {_COLUMNS} FROM name n JOIN concept c ON c.id = n.concept "  # noqa: S608
            f"WHERE n.form IN ({marks}) ORDER BY c.id, n.id LIMIT 500",
            tuple(forms),
        )
        found = []
        for form, acronym, *columns in rows:
            row = _Row(*columns)
            suits = knowledge.agreement(row.domain, label)
            if suits and (capitals or not acronym):
                found.append(_Found(row, round(score * suits, 4), form))
        # its own name before a synonym; order of ids, which is that of age, decides between equals
        found.sort(key=lambda hit: (-hit.score, stored_form(hit.row.name) != hit.matched, hit.row.id))
        hits = sorted(self._followed(found, label), key=lambda hit: (not hit.concept.standard, -hit.score))
        return tuple(hits[:_MAX_HITS])

    def _by_code(self, system: str, code: str) -> tuple[VocabularyHit, ...]:
        with translated(self.name):
            found = [_Found(row, 1.0, row.name) for row in self._coded(system, code)]
            return tuple(hit for hit in self._followed(found, None) if _is_target(hit.concept))

    def _coded(self, system: str, code: str) -> list[_Row]:
        if system == "OMOP":
            if self.meta.get("kind") != "athena" or not code.isdecimal() or len(code) > 18:
                return []
            rows = self._database.execute(f"SELECT {_COLUMNS} FROM concept c WHERE id = ?", (int(code),))  # noqa: S608
        else:
            prefix = f"{system}:"  # some write it before the code, some do not
            bare = code.removeprefix(prefix)
            rows = self._database.execute(
                f"SELECT {_COLUMNS} FROM concept c WHERE code IN (?1, ?2) AND system = ?3 UNION "  # noqa: S608
                f"SELECT {_COLUMNS} FROM also a JOIN concept c ON c.id = a.concept "
                "WHERE a.code IN (?1, ?2) AND a.system = ?3 ORDER BY 1 LIMIT 100",
                (bare, prefix + bare, system),
            )
        return [_Row(*row) for row in rows]

    def _followed(self, found: Iterable[_Found], label: str | None) -> list[VocabularyHit]:
        """The valid concepts found and those they map to, each once, in their order."""
        named: dict[int, VocabularyHit] = {}
        mapped: dict[int, VocabularyHit] = {}
        for hit in found:
            if hit.row.id in named:
                continue
            if hit.row.valid:
                named[hit.row.id] = self._hit(hit, NAMED)
            for target in self._targets(hit.row.id):
                if target.id not in mapped and knowledge.agreement(target.domain, label):
                    mapped[target.id] = self._hit(_Found(target, hit.score, hit.matched), MAPPED)
        return [*named.values(), *(hit for id_, hit in mapped.items() if id_ not in named)]

    def _targets(self, concept: int) -> list[_Row]:
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM mapping m JOIN concept c ON c.id = m.target "  # noqa: S608
            "WHERE m.source = ? AND c.valid AND c.standard = 'S' ORDER BY c.id",
            (concept,),
        )
        return [_Row(*row) for row in rows]

    def _hit(self, found: _Found, method: Method) -> VocabularyHit:
        row = found.row
        codes = [(row.system, row.code)]
        if self.meta.get("kind") == "athena" and row.standard:  # classes too: sets of concepts are made with them
            codes.insert(0, ("OMOP", str(row.id)))
        if self.meta.get("kind") in _WITH_FURTHER_CODES:
            query = "SELECT system, code FROM also WHERE concept = ? ORDER BY system, code LIMIT ?"
            codes += self._database.execute(query, (row.id, _MAX_CODES))
        concept = VocabularyConcept(row.id, row.name, tuple(codes), row.domain, row.standard == "S")
        return VocabularyHit(concept, found.score, method, found.matched)

    def _similar(self, wanted: frozenset[str]) -> list[tuple[_Row, str]]:
        """The rows that share the most telling of these trigrams, with the name that does."""
        total = max(self.meta["names"], 1)
        marks = ", ".join("?" * len(wanted))
        counts = self._database.execute(
            f"SELECT count, term FROM trigram_count WHERE term IN ({marks}) ORDER BY count, term",  # noqa: S608
            tuple(sorted(wanted)),
        ).fetchall()
        lists: list[list[tuple[int]]] = []
        weights: list[float] = []
        read = 0
        for count, term in counts[:_MAX_TRIGRAMS]:
            read += count
            if lists and read > _POSTINGS:
                break
            quoted = '"' + term.replace('"', '""') + '"'
            query = f"SELECT rowid FROM trigram WHERE trigram MATCH ? LIMIT {_POSTINGS}"  # noqa: S608
            lists.append(self._database.execute(query, (quoted,)).fetchall())
            weights.append(math.log(1 + total / count))
        if not lists:
            return []
        best = _heaviest(lists, weights)
        marks = ", ".join("?" * len(best))
        rows = self._database.execute(
            f"SELECT {_COLUMNS}, n.form FROM name n JOIN concept c ON c.id = n.concept WHERE n.id IN ({marks})",  # noqa: S608
            best,
        )
        return [(_Row(*columns), form) for *columns, form in rows]

    # --- the file

    @property
    def _database(self) -> sqlite3.Connection:
        """This thread's connection; one that a parent process has made is not used."""
        known = self._local.__dict__.get("database")
        if known is None or known[0] != os.getpid():
            known = self._local.__dict__["database"] = (os.getpid(), _connected(self.path))
        connection: sqlite3.Connection = known[1]
        return connection


def _is_target(concept: VocabularyConcept) -> bool:
    """Whether a concept is one to use: standard, or a class of OMOP, which sets of concepts are made with."""
    return concept.standard or concept.codes[0][0] == "OMOP"


def _heaviest(lists: Sequence[Sequence[tuple[int]]], weights: Sequence[float]) -> list[int]:
    """The ids with the greatest sum of the weights of the lists they are in."""
    import numpy as np

    ids = np.fromiter((id_ for rows in lists for (id_,) in rows), np.int64)
    unique, inverse = np.unique(ids, return_inverse=True)
    sums = np.bincount(inverse, np.repeat(weights, [len(rows) for rows in lists]))
    order = np.argsort(-sums, kind="stable")[:_SHORTLIST]
    return [int(id_) for id_ in unique[order]]


def _connected(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise VocabularyError(where=path, reason="no such file")
    # immutable: the file is only ever replaced as a whole, so nothing needs to be locked
    uri = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    database = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        application = database.execute("PRAGMA application_id").fetchone()[0]
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION_ID:
            raise VocabularyError(where=path, reason="it is no vocabulary that critparse has built")
        if version != VERSION:
            raise VocabularyError(where=path, reason="another version of critparse has built it; build it again")
        database.execute("PRAGMA query_only = 1")
    except BaseException:
        database.close()
        raise
    return database
