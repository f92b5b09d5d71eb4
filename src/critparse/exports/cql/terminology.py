"""The code systems, codes and concepts that a library declares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from critparse.concepts import members_of
from critparse.exports.cql.words import Names, identifier, string
from critparse.exports.fhir.terms import code_system
from critparse.schema import Concept, Subject

_LOCAL = "CRITPARSE"  # critparse's own ids, which no record has
_ROW = 5
_ICD = "ICD10CM"


class Terminology:
    """Declares what is asked for, once; equal sets of codes are one concept."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._systems: dict[str, str] = {}
        self._codes: dict[tuple[str, str], str] = {}
        self._concepts: dict[tuple[tuple[str, str], ...], str] = {}
        self._declared: list[tuple[str, str]] = []

    def of(self, subject: Subject) -> str | None:
        """The name of the concept that has the subject's codes; None when records have no such codes."""
        return self._concept(_exact(subject.concepts))

    def members(self, subject: Subject) -> str | None:
        """The name of the concept of all drugs of a class of drugs; None for what is no class."""
        found = [member for concept in _exact(subject.concepts) for member in members_of(concept)]
        return self._concept(found, " (members)", _exact(subject.concepts)[0].display) if found else None

    def declarations(self) -> Iterable[str]:
        """The declarations, by kind: code systems, codes, concepts."""
        for kind in ("codesystem", "code", "concept"):
            if rows := [row for one, row in self._declared if one == kind]:
                yield "\n".join(rows)

    def _concept(self, concepts: Sequence[Concept], suffix: str = "", display: str = "") -> str | None:
        coded = {(c.system, c.code): c for c in concepts if c.system != _LOCAL}
        key = tuple(sorted(coded))
        if not key:
            return None
        if key not in self._concepts:
            shown = display or next(iter(coded.values())).display
            name = self._names.new(shown, suffix)
            codes = [identifier(self._code(concept)) for concept in coded.values()]
            self._concepts[key] = name
            self._declare("concept", f"concept {identifier(name)}: {{ {_wrapped(codes)} }} display {string(shown)}")
        return self._concepts[key]

    def _code(self, concept: Concept) -> str:
        key = (concept.system, concept.code)
        if key not in self._codes:
            bare = concept.code.removeprefix(f"{concept.system}:")
            name = self._codes[key] = self._names.new(f"{concept.system} {bare}")
            system = identifier(self._system(concept.system))
            display = f" display {string(concept.display)}" if concept.display.strip() else ""
            self._declare("code", f"code {identifier(name)}: {string(concept.code)} from {system}{display}")
        return self._codes[key]

    def _system(self, short: str) -> str:
        if short not in self._systems:
            name = self._systems[short] = self._names.new(short)
            self._declare("codesystem", f"codesystem {identifier(name)}: {string(code_system(short))}")
        return self._systems[short]

    def _declare(self, kind: str, row: str) -> None:
        self._declared.append((kind, row))


def categories(subject: Subject) -> list[str]:
    """The codes of ICD-10-CM, whose subcategories are meant too."""
    return list(dict.fromkeys(concept.code for concept in _exact(subject.concepts) if concept.system == _ICD))


def _wrapped(codes: Sequence[str]) -> str:
    """A few codes on one line, more in lines of a few."""
    rows = [", ".join(codes[at : at + _ROW]) for at in range(0, len(codes), _ROW)]
    return rows[0] if len(rows) == 1 else "\n  " + ",\n  ".join(rows) + "\n"


def _exact(concepts: Sequence[Concept]) -> list[Concept]:
    return [concept for concept in concepts if concept.method != "broader"]
