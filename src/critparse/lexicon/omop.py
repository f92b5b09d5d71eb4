"""Concepts of OMOP that critparse knows by id: units, and how people and results are recorded."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from critparse.lexicon.resources import data_rows

_UNITS, _VALUES = "omop_units.tsv", "omop_values.tsv"
ValueClass = Literal["gender", "result", "word", "answer", "operator"]


class OmopTerm(NamedTuple):
    """A concept by its id."""

    id: int
    name: str
    vocabulary: str


@functools.cache
def units() -> Mapping[str, tuple[OmopTerm, ...]]:
    """By UCUM code: the unit's concept, then those of units that stand for the same numbers."""
    rows = data_rows(_UNITS, ("ucum", "ids", "name"))
    ids = {row["ucum"]: [int(id_) for id_ in row["ids"].split("|")] for row in rows}
    names: dict[int, str] = {}
    for row in rows:
        names.setdefault(ids[row["ucum"]][0], row["name"])
    return MappingProxyType(
        {
            row["ucum"]: tuple(OmopTerm(id_, names.get(id_, row["name"]), "UCUM") for id_ in ids[row["ucum"]])
            for row in rows
        }
    )


@functools.cache
def ucum_codes() -> Mapping[int, str]:
    """The UCUM code of a unit by the id of its concept; of one without a row of its own, that of the same numbers."""
    found: dict[int, str] = {}
    for place in (slice(1), slice(1, None)):
        for ucum, terms in units().items():
            for term in terms[place]:
                found.setdefault(term.id, ucum)
    return MappingProxyType(found)


@functools.cache
def values(of: ValueClass) -> Mapping[str, tuple[OmopTerm, ...]]:
    """The concepts of one class of ``omop_values.tsv`` by key. Raises ResourceError when the file is damaged."""
    found: dict[str, tuple[OmopTerm, ...]] = {}
    for row in data_rows(_VALUES, ("class", "key", "id", "name", "vocabulary")):
        if row["class"] == of:
            found[row["key"]] = (*found.get(row["key"], ()), OmopTerm(int(row["id"]), row["name"], row["vocabulary"]))
    return MappingProxyType(found)


@functools.cache
def keys(of: ValueClass) -> Mapping[int, str]:
    """What the concepts of a class mean, by id."""
    return MappingProxyType({term.id: key for key, terms in values(of).items() for term in terms})
