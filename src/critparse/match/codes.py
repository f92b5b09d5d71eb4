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
_ICD_CODE, _OMOP = "ICD10CM:", "OMOP"
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

    ``broader``: codes of what is wider than the subject; a fact that is no more than that may be it. ``categories``:
    its codes of ICD-10-CM without dots, below which others lie.
    """

    same: frozenset[str]
    narrower: frozenset[str] = frozenset()
    broader: frozenset[str] = frozenset()
    open: bool = False
    categories: tuple[str, ...] = ()


def wanted(concepts: Iterable[Concept]) -> Wanted:
    """What a fact has to be coded as. A code that is only broader than the subject says nothing of it."""
    concepts = tuple(concepts)
    found = [concept for concept in concepts if concept.method != "broader"]
    ids = {c.code if ":" in c.code else coded(c.system, c.code) for c in found}  # as the lexicon has them
    same = frozenset(coded(concept.system, concept.code) for concept in found)
    broader = frozenset(coded(concept.system, concept.code) for concept in concepts if concept.method == "broader")
    narrower = frozenset().union(*map(_member_codes, ids))
    categories = tuple(sorted(code.replace(".", "") for code in same if code.startswith(_ICD_CODE)))
    return Wanted(same, narrower, broader - same, any(map(is_open, ids)), categories)


def agreement(wanted: Wanted, fact: Fact) -> Agreement | None:
    """Whether the fact is the subject itself, or narrower: below it or its members, a subcategory of ICD-10-CM."""
    if wanted.same & fact.codes:
        return "same"
    if wanted.narrower & fact.codes or (wanted.same | wanted.narrower) & fact.above:
        return "narrower"
    return "narrower" if wanted.categories and _is_subcategory(wanted.categories, fact.codes) else None


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


@functools.lru_cache(maxsize=4096)
def _member_codes(id_: str) -> frozenset[str]:
    """All codes of the members of a class; none for what is no class."""
    found = {member.id for member in members(id_)}
    others = (concept for member in found for concept in codes_of(member) if concept.method != "broader")
    return frozenset(found.union(coded(concept.system, concept.code) for concept in others))


def _is_subcategory(categories: tuple[str, ...], codes: Iterable[str]) -> bool:
    """Whether a code of ICD-10-CM lies below one of the categories: E11.9 below E11."""
    return any(code.startswith(_ICD_CODE) and code.replace(".", "").startswith(categories) for code in codes)


def _systems(codes: frozenset[str]) -> set[str]:
    return {code.partition(":")[0] for code in codes}
