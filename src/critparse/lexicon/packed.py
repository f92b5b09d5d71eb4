"""The packed public vocabularies: read in bulk, a concept unfolded only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from critparse.errors import ResourceError
from critparse.lexicon.resources import data_lines, data_text

_CONCEPTS, _NAMES, _CROSSREFS = "concepts.tsv.gz", "names.tsv.gz", "crossrefs.tsv.gz"
_WITH_PREFIX = ("DOID", "MONDO", "CHEBI")  # systems whose codes are written with the system's name

Codes = tuple[tuple[str, str], ...]
"""(system, code) pairs, best first."""


def codes_of(*curies: str) -> Codes:
    """The codes that ids are; critparse's own ids are none: ``DOID:9352`` is ``("DOID", "DOID:9352")``."""
    parts = ((curie, *curie.split(":", 1)) for curie in curies)
    return tuple(
        (system, curie if system in _WITH_PREFIX else code) for curie, system, code in parts if system != "TERM"
    )


class PackedConcept(NamedTuple):
    """A row of the concept table; ``trees`` are MeSH tree numbers."""

    id: str
    name: str
    label: str
    codes: Codes
    trees: tuple[str, ...]


class PackedConcepts:
    """The concept table by id. Raises ResourceError when the file is missing or damaged."""

    def __init__(self) -> None:
        self._rows = _rows(_CONCEPTS, cells=5)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __contains__(self, concept_id: str) -> bool:
        return concept_id in self._rows

    def __getitem__(self, concept_id: str) -> PackedConcept:
        name, label, trees, drugbank = self._rows[concept_id].split("\t")[1:]
        other = [f"DRUGBANK:{drugbank}"] if drugbank and not concept_id.startswith("DRUGBANK:") else []
        codes = codes_of(concept_id, *other)
        return PackedConcept(concept_id, name, label, codes, tuple(trees.split("|")) if trees else ())


class PackedCrossrefs:
    """Codes of the same meaning in other systems, by concept id. Raises ResourceError as the concept table does."""

    def __init__(self) -> None:
        self._rows = _rows(_CROSSREFS, cells=2)

    def __getitem__(self, concept_id: str) -> Codes:
        row = self._rows.get(concept_id)
        return codes_of(*row.split("\t")[1].split("|")) if row else ()


def _rows(file: str, cells: int) -> dict[str, str]:
    """The lines of a table by their first cell."""
    lines = data_text(file).rstrip("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if line.count("\t") != cells - 1:
            raise ResourceError(file=file, reason=f"line {number} has not {cells} cells")
    return {line[: line.index("\t")]: line for line in lines}


@dataclass(frozen=True, slots=True)
class Names:
    """Concept ids ("|" between them, best first) by name as :func:`critparse.lexicon.folding.fold_name` gives it.

    ``folded`` names and ``exact`` ones, which keep their case, are searched for in texts. The ``linked`` ones are right
    only for a mention that is just this: long names, acronyms of rare diseases, words that mostly mean something else.
    """

    folded: dict[str, str]
    exact: dict[str, str]
    linked_folded: dict[str, str]
    linked_exact: dict[str, str]


def packed_names(concepts: PackedConcepts) -> Names:
    """The names of the packed concepts; those of the stop list count only for linking.

    Raises ResourceError when the file is missing or damaged.
    """
    names = Names({}, {}, {}, {})
    tables = {"": names.folded, "c": names.exact, "l": names.linked_folded, "C": names.linked_exact}
    cells = data_text(_NAMES).removesuffix("\n").replace("\t", "\n").split("\n")
    shared = {ids: ids for ids in cells[1::3]}  # one string for all the names of a concept
    try:
        for name, ids, flag in zip(cells[::3], cells[1::3], cells[2::3], strict=True):
            tables[flag][name] = shared[ids]
    except (ValueError, KeyError) as error:
        raise ResourceError(file=_NAMES, reason="a row has not three cells, or an unknown flag") from error
    unknown = next((ids for ids in shared if ids.partition("|")[0] not in concepts), None)
    if unknown is not None:
        raise ResourceError(file=_NAMES, reason=f"no concept has the id {unknown!r}")
    _stop(names)
    return names


def _stop(names: Names) -> None:
    for _, line in data_lines("stopwords_lexicon.txt"):
        name = line.strip()
        for searched, linked in ((names.folded, names.linked_folded), (names.exact, names.linked_exact)):
            if name in searched:
                linked[name] = searched.pop(name)
