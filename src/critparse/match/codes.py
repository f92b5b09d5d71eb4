"""When a fact of a record is what a statement is about."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from critparse.concepts import link
from critparse.concepts.classes import is_open, members
from critparse.concepts.codes import codes_of
from critparse.match.patient import Domain, Fact
from critparse.schema import Concept

Agreement = Literal["same", "narrower"]
_ICD, _OMOP = "ICD10CM", "OMOP"
_SURE = ("exact", "normalized")
_LABELS: dict[Domain, str | None] = {
    "condition": "Condition",
    "drug": "Drug",
    "procedure": "Procedure",
    "device": "Device",
    "observation": "Measurement",
    "allergy": "Drug",
}
_STRENGTH = re.compile(r"\s[\d.]++\s?(?:mg|ug|mcg|g|ml|unt|meq|%|hr)\b.*", re.IGNORECASE)
_CLASSIFIER = re.compile(r"\s?\((?:disorder|finding|procedure|substance|product|situation|physical object)\)$")
_LONGEST = 200


class Wanted(NamedTuple):
    """The codes of a subject, and those of the members where it is a class; ``open``: with more than can be listed.

    ``broader``: codes of what is wider than the subject; a fact that is no more than that may be it.
    """

    same: frozenset[str]
    narrower: frozenset[str] = frozenset()
    broader: frozenset[str] = frozenset()
    open: bool = False


def wanted(concepts: Iterable[Concept]) -> Wanted:
    """What a fact has to be coded as. A code that is only broader than the subject says nothing of it."""
    concepts = tuple(concepts)
    found = [concept for concept in concepts if concept.method != "broader"]
    ids = {c.code if ":" in c.code else coded(c.system, c.code) for c in found}  # as the lexicon has them
    below = {member.id for id_ in ids for member in members(id_)}
    same = frozenset(coded(concept.system, concept.code) for concept in found)
    broader = frozenset(coded(concept.system, concept.code) for concept in concepts if concept.method == "broader")
    return Wanted(same, frozenset(_all_codes(below)), broader - same, any(is_open(id_) for id_ in ids))


def agreement(wanted: Wanted, fact: Fact) -> Agreement | None:
    """Whether the fact is the subject itself, or narrower: below it or its members, a subcategory of ICD-10-CM."""
    if wanted.same & fact.codes:
        return "same"
    if wanted.narrower & fact.codes or (wanted.same | wanted.narrower) & fact.above:
        return "narrower"
    return "narrower" if any(_is_subcategory(code, wanted.same) for code in fact.codes) else None


def comparable(wanted: Wanted, fact: Fact) -> bool:
    """Whether the two are coded in one system, so that their difference means something.

    Of facts with OMOP's ids only those count: among them it is known what lies below what.
    """
    if wanted.broader & fact.codes:
        return False
    systems = _systems(fact.codes)
    if _OMOP in systems:
        return _OMOP in _systems(wanted.same)
    return bool(_systems(wanted.same | wanted.narrower) & systems)


def coded(system: str, code: str) -> str:
    """A code with its system in front, once: ``DOID:9352``, ``MESH:D003924``."""
    return f"{system}:{code.removeprefix(system + ':')}"


@functools.lru_cache(maxsize=16384)
def named(text: str, domain: Domain) -> frozenset[str]:
    """The codes of a name that critparse knows as a whole; strength and form of a drug are left off."""
    name = _CLASSIFIER.sub("", text[:_LONGEST].strip())
    if domain in ("drug", "allergy"):
        name = _STRENGTH.sub("", name)
    found = link(name, label=_LABELS[domain]).concepts
    if not found or found[0].method not in _SURE:
        return frozenset()
    return frozenset(coded(concept.system, concept.code) for concept in found if concept.method != "broader")


def _all_codes(ids: Iterable[str]) -> Iterable[str]:
    for id_ in ids:
        yield id_
        yield from (coded(concept.system, concept.code) for concept in codes_of(id_) if concept.method != "broader")


def _is_subcategory(code: str, of: frozenset[str]) -> bool:
    """Whether an ICD-10-CM code lies below one of the others: E11.9 below E11."""
    if not code.startswith(f"{_ICD}:"):
        return False
    plain = code.replace(".", "")
    return any(other.startswith(f"{_ICD}:") and plain.startswith(other.replace(".", "")) for other in of)


def _systems(codes: frozenset[str]) -> set[str]:
    return {code.partition(":")[0] for code in codes}
