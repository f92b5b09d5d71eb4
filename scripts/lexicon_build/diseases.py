"""Which terms of DOID and of MONDO mean the same as a concept: exact matches only, one to one."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from lexicon_build.agreement import Agreement, agreement
from lexicon_build.concepts import ONTOLOGY, Concept, folded, forms
from lexicon_build.wheels import Term

Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class Equals:
    """What is known to mean the same as one disease concept, by ontology."""

    concept: Concept
    doid: Term | None = None
    mondo: Term | None = None

    def names(self) -> set[str]:
        """The folded main names of the concept and its terms."""
        return folded([*self.concept.main, *(term.name for term in (self.doid, self.mondo) if term)])

    def agreement(self) -> int:
        """How well the terms agree with the concept, both together."""
        return sum(agreement(term, self.concept) for term in (self.doid, self.mondo) if term)


def join(mesh: Mapping[str, Concept], own: dict[str, Concept], doid: list[Term], mondo: list[Term]) -> list[Equals]:
    """The concepts of MeSH diseases (``mesh``, by descriptor) and of DOID (``own``, by id) with their equals.

    A concept of DOID that a MeSH concept equals gives it its names and leaves ``own``.
    """
    by_id = {term.id: term for term in doid}
    mondo_of = same_as_doid(mondo, by_id)
    doid_of = {term.id: by_id[id_] for id_, term in mondo_of.items()}
    from_doid = same_as_mesh(doid, mesh, {id_: term.codes["MESH"] for id_, term in mondo_of.items()})
    from_mondo = same_as_mesh(mondo, mesh, {id_: term.codes["MESH"] for id_, term in doid_of.items()})
    found = []
    for key, concept in mesh.items():
        readings = []
        if key in from_doid:
            readings.append(Equals(concept, from_doid[key], mondo_of.get(from_doid[key].id)))
        if key in from_mondo:
            readings.append(Equals(concept, doid_of.get(from_mondo[key].id), from_mondo[key]))
        if readings:
            found.append(max(readings, key=Equals.agreement))
    found = distinct(found)
    for equals in found:
        if equals.doid is not None and equals.doid.id in own:
            equals.concept.add(own.pop(equals.doid.id).names, ONTOLOGY)
    taken = {equals.mondo.id for equals in found if equals.mondo}
    for id_, concept in own.items():
        term = mondo_of.get(id_)
        found.append(Equals(concept, by_id[id_], term if term and term.id not in taken else None))
    return found


def distinct(found: list[Equals]) -> list[Equals]:
    """Every term once, with the concept whose names agree best; the others lose it."""
    for system in ("doid", "mondo"):
        best: dict[str, Equals] = {}
        for equals in sorted(found, key=Equals.agreement, reverse=True):
            term = getattr(equals, system)
            if term is not None and best.setdefault(term.id, equals) is not equals:
                setattr(equals, system, None)
    return found


def add_diseases(terms: list[Term], mesh: Mapping[str, Concept]) -> dict[str, Concept]:
    """The Disease Ontology: names go to the MeSH concept it points to, else to a concept of their own (by id).

    The names have to agree as well: pointers alone lead from a benign tumour to all neoplasms of its site.
    """
    own: dict[str, Concept] = {}
    for term in terms:
        targets = [mesh[target] for target in sorted(term.codes["MESH"] & mesh.keys()) if mesh[target].packed]
        concept = max(targets, key=functools.partial(agreement, term), default=None)
        if concept is None or not agreement(term, concept):
            concept = own[term.id] = Concept(term.id, term.name, "Condition")
        concept.add(term.names, ONTOLOGY)
    return own


def same_as_mesh(
    terms: list[Term], concepts: Mapping[str, Concept], seconds: Mapping[str, set[str]]
) -> dict[str, Term]:
    """By concept key the term that means the same.

    A pointer to MeSH that nobody else has counts if the main name of one is a name of the other, and a mere synonym
    suffices when the other ontology points there too (``seconds``: its pointers by term id). A shared pointer needs the
    main names to agree, and without a pointer they have to be the same.
    """
    pointed = Counter(target for term in terms for target in term.codes["MESH"])
    by_name: dict[str, set[str]] = defaultdict(set)
    for key, concept in concepts.items():
        for form in folded(concept.main):
            by_name[form].add(key)
    found = []
    for order, term in enumerate(terms):
        namesakes = set().union(*(by_name.get(form, ()) for form in forms(term.name)))
        for key in sorted(namesakes | (term.codes["MESH"] & concepts.keys())):
            points, level = key in term.codes["MESH"], agreement(term, concepts[key])
            if not points:
                needed = Agreement.SAME_NAME
            elif pointed[key] > 1:
                needed = Agreement.SAME_WORDS
            else:
                needed = Agreement.A_SYNONYM if key in seconds.get(term.id, ()) else Agreement.ONE_MAIN
            if level >= needed:
                found.append((-level, not points, order, key, term))
    return one_to_one((key, term) for *_, key, term in sorted(found, key=lambda each: each[:4]))


def same_as_doid(mondo: Iterable[Term], doid: Mapping[str, Term]) -> dict[str, Term]:
    """By DOID id the term of MONDO that means the same: its pointer, if the names agree."""
    found = []
    for order, term in enumerate(mondo):
        for target in sorted(term.codes["DOID"] & doid.keys()):
            other = doid[target]
            if folded(term.names) & folded(other.names):
                found.append((not forms(term.name) & forms(other.name), order, target, term))
    return one_to_one((target, term) for *_, target, term in sorted(found, key=lambda each: each[:3]))


def one_to_one(pairs: Iterable[tuple[Key, Term]]) -> dict[Key, Term]:
    """The pairs in their order, each side taken once."""
    found: dict[Key, Term] = {}
    taken = set()
    for key, term in pairs:
        if key not in found and term.id not in taken:
            found[key] = term
            taken.add(term.id)
    return found
