"""Classes of drugs and the drugs in them: "CYP3A4 inhibitors", "biologics", "corticosteroids"."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from critparse.errors import ResourceError
from critparse.lexicon import Lexicon, LexiconConcept, default_lexicon
from critparse.lexicon.resources import data_rows
from critparse.lexicon.tables import drug_classes

FILE = "class_members.tsv"
COLUMNS = ("id", "extent", "members")


def is_class(concept_id: str) -> bool:
    """Whether the concept is a class of drugs that has members or an open list of them."""
    return concept_id in _classes().drugs


def is_open(concept_id: str) -> bool:
    """Whether the concept is a class with more members than can be listed, as herbal medicines."""
    return concept_id in _classes().open


def members(concept_id: str) -> tuple[LexiconConcept, ...]:
    """The drugs of a class, those of its narrower classes included, by name; () for what is no class.

    Raises ResourceError when the table of members is damaged.
    """
    return _classes().drugs.get(concept_id, ())


def classes_of(concept_id: str) -> tuple[LexiconConcept, ...]:
    """The classes that a drug or a class belongs to, the smallest first; () for what belongs to none.

    Raises ResourceError when the table of members is damaged.
    """
    return _classes().owners.get(concept_id, ())


@dataclass(frozen=True, slots=True)
class _Classes:
    drugs: Mapping[str, tuple[LexiconConcept, ...]]
    owners: Mapping[str, tuple[LexiconConcept, ...]]
    open: frozenset[str]


@functools.cache
def _classes() -> _Classes:
    return _build(data_rows(FILE, COLUMNS), default_lexicon())


def _build(rows: list[dict[str, str]], lexicon: Lexicon) -> _Classes:
    """The classes of the table; ResourceError for a row that is not in order."""
    direct: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row["id"] not in drug_classes() or row["id"] in direct:
            raise _damaged(row["id"], "it is no drug class, or stands twice")
        if row["extent"] not in ("", "open") or not (row["extent"] or row["members"]):
            raise _damaged(row["id"], "it has no members, or an extent other than open")
        direct[row["id"]] = tuple(_ids(row, lexicon))
    below = {id_: _below(id_, direct, ()) for id_ in direct}
    drugs = {id_: _by_name(lexicon.concept(one) for one in ids - direct.keys()) for id_, ids in below.items()}
    smallest_first = sorted(direct, key=lambda id_: (len(below[id_]), lexicon.concept(id_).name.lower(), id_))
    owners: dict[str, tuple[LexiconConcept, ...]] = {}
    for owner in smallest_first:
        for one in below[owner]:
            owners[one] = (*owners.get(one, ()), lexicon.concept(owner))
    return _Classes(drugs, owners, frozenset(row["id"] for row in rows if row["extent"]))


def _ids(row: dict[str, str], lexicon: Lexicon) -> Iterator[str]:
    """The concept ids of a row's members, classes and drugs."""
    seen = {row["id"]}
    for name in filter(None, row["members"].split("|")):
        id_ = name.removeprefix("@") if name.startswith("@") else _drug(name, lexicon)
        if id_ is None or id_ in seen or name.startswith("@") != (id_ in drug_classes()):
            raise _damaged(row["id"], f"{name!r} is no drug or class, or stands twice")
        seen.add(id_)
        yield id_


def _drug(name: str, lexicon: Lexicon) -> str | None:
    """The one drug of that name, if the name as a whole is one."""
    mentions = lexicon.match(name)
    whole = len(mentions) == 1 and (mentions[0].start, mentions[0].end) == (0, len(name))
    return mentions[0].concept_id if whole and mentions[0].label == "Drug" else None


def _below(id_: str, direct: Mapping[str, tuple[str, ...]], path: tuple[str, ...]) -> frozenset[str]:
    """All that a class holds, directly or by way of narrower classes."""
    if id_ in path:
        raise _damaged(id_, "it is a member of itself")
    ids = set(direct.get(id_, ()))
    for narrower in [one for one in ids if one in drug_classes()]:
        if narrower not in direct:
            raise _damaged(id_, f"its narrower class {narrower} has no members")
        ids |= _below(narrower, direct, (*path, id_))
    return frozenset(ids)


def _by_name(concepts: Iterator[LexiconConcept]) -> tuple[LexiconConcept, ...]:
    return tuple(sorted(concepts, key=lambda concept: (concept.name.lower(), concept.id)))


def _damaged(id_: str, reason: str) -> ResourceError:
    return ResourceError(file=FILE, reason=f"class {id_}: {reason}")
