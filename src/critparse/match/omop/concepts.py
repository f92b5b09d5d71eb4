"""What the file's own vocabulary says of concepts: names, codes, what lies above them; and ids for a trial's codes.

The tables ``concept``, ``concept_ancestor`` and ``concept_relationship`` may each be missing: then a concept is its id
alone, nothing lies below anything else, and codes of other vocabularies lead to no ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from critparse.concepts.vocabularies.knowledge import short_names
from critparse.lexicon.omop import ucum_codes
from critparse.match.codes import coded
from critparse.match.omop.database import Database

OMOP = "OMOP"
_UCUM = "UCUM"
_KEPT = 50_000  # concepts held in memory


class Known(NamedTuple):
    """A concept: ``codes`` are its id and its code (``OMOP:201826``, ``SNOMEDCT:44054006``), ``above`` those above."""

    name: str = ""
    codes: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()
    unit: str | None = None


class Target(NamedTuple):
    """A standard concept that a code leads to."""

    id: int
    name: str
    direct: bool


class Concepts:
    """The vocabulary of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, Known] = {}
        self.named = {"concept_id", "concept_name", "vocabulary_id", "concept_code"} <= database.columns("concept")
        self.nested = {"ancestor_concept_id", "descendant_concept_id"} <= database.columns("concept_ancestor")
        links = database.columns("concept_relationship")
        self._linked = {"concept_id_1", "concept_id_2", "relationship_id"} <= links

    def of(self, id_: int) -> Known:
        """What is known of a concept that was loaded; of id 0, "no matching concept", nothing."""
        return self._known.get(id_, Known()) if id_ else Known()

    def load(self, ids: Iterable[int]) -> None:
        """Look up those that are not known yet."""
        new = sorted(set(ids) - self._known.keys() - {0})
        if not new:
            return
        if len(self._known) + len(new) > _KEPT:
            self._known.clear()
        names = self._names(new)
        above = self._above(new)
        for id_ in new:
            name, vocabulary, code = names.get(id_, ("", "", ""))
            unit = code if vocabulary == _UCUM else ucum_codes().get(id_)
            self._known[id_] = Known(name, _codes(id_, vocabulary, code), above.get(id_, frozenset()), unit)

    def wider(self, ids: Sequence[int]) -> frozenset[int]:
        """The ids of all concepts above any of these."""
        if not self.nested or not ids:
            return frozenset()
        sql = f"""SELECT DISTINCT ancestor_concept_id FROM {self._ancestors}
            WHERE descendant_concept_id IN ({_list(ids)})"""  # noqa: S608  (names of our own)
        return frozenset(int(row[0]) for row in self._database.rows(sql)) - set(ids)

    def standard(self, system: str, code: str) -> tuple[Target, ...]:
        """The standard concepts of a code: itself, or the only one that it "Maps to".

        A code that maps to several is more than each of them: it leads nowhere.
        """
        vocabulary = {ours: theirs for theirs, ours in short_names("athena").items()}.get(system)
        if not self.named or vocabulary is None:
            return ()
        known = self._database.columns("concept")
        standard = "standard_concept = 'S'" if "standard_concept" in known else "true"
        sql = f"""SELECT concept_id, concept_name, {standard} FROM {self._database.name("concept")}
            WHERE vocabulary_id = ? AND concept_code = ?"""  # noqa: S608  (names of our own)
        own = self._database.rows(sql, (vocabulary, code))
        if direct := [Target(int(id_), name, direct=True) for id_, name, is_standard in own if is_standard]:
            return tuple(direct)
        mapped = [target for id_, *_ in own for target in self._mapped(int(id_))]
        return tuple(mapped) if len(mapped) == 1 else ()

    def _mapped(self, id_: int) -> list[Target]:
        if not self._linked:
            return []
        valid = "coalesce(r.invalid_reason, '') = ''" if self._has_reasons else "true"
        sql = f"""SELECT DISTINCT c.concept_id, c.concept_name
            FROM {self._database.name("concept_relationship")} r
            JOIN {self._database.name("concept")} c ON c.concept_id = r.concept_id_2
            WHERE r.concept_id_1 = ? AND r.relationship_id = 'Maps to' AND {valid}"""  # noqa: S608
        return [Target(int(target), name, direct=False) for target, name in self._database.rows(sql, (id_,))]

    @property
    def _has_reasons(self) -> bool:
        return "invalid_reason" in self._database.columns("concept_relationship")

    @property
    def _ancestors(self) -> str:
        return self._database.name("concept_ancestor")

    def _names(self, ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
        if not self.named:
            return {}
        sql = f"""SELECT concept_id, coalesce(concept_name, ''), coalesce(vocabulary_id, ''), coalesce(concept_code, '')
            FROM {self._database.name("concept")} WHERE concept_id IN ({_list(ids)})"""  # noqa: S608
        return {int(id_): (name, vocabulary, str(code)) for id_, name, vocabulary, code in self._database.rows(sql)}

    def _above(self, ids: Sequence[int]) -> dict[int, frozenset[str]]:
        if not self.nested:
            return {}
        columns, join = "'', ''", ""
        if self.named:
            columns = "coalesce(c.vocabulary_id, ''), coalesce(CAST(c.concept_code AS VARCHAR), '')"
            join = f"LEFT JOIN {self._database.name('concept')} c ON c.concept_id = a.ancestor_concept_id"
        sql = f"""SELECT a.descendant_concept_id, a.ancestor_concept_id, {columns} FROM {self._ancestors} a {join}
            WHERE a.descendant_concept_id IN ({_list(ids)})
            AND a.ancestor_concept_id <> a.descendant_concept_id"""  # noqa: S608
        found: dict[int, set[str]] = {}
        for below, above, vocabulary, code in self._database.rows(sql):
            found.setdefault(int(below), set()).update(_codes(int(above), vocabulary, code))
        return {id_: frozenset(codes) for id_, codes in found.items()}


def _codes(id_: int, vocabulary: str, code: str) -> frozenset[str]:
    own = coded(OMOP, str(id_))
    system = short_names("athena").get(vocabulary)
    return frozenset({own, coded(system, code)}) if system and code else frozenset({own})


def _list(ids: Iterable[int]) -> str:
    return ", ".join(str(int(id_)) for id_ in ids)
