"""MONDO as a source of names, and of the diseases that neither MeSH nor DOID has."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lexicon_build.agreement import wordings
from lexicon_build.concepts import RELATED, SECOND_ONTOLOGY, VARIANT, Concept
from lexicon_build.diseases import Equals
from lexicon_build.wheels import Term

ANIMAL = "MONDO:0005583"
# Genetic subtypes by number ("disease 47"), and risks rather than diseases: no trial names them so.
_SUBTYPE = re.compile(r"\b(?:\d+[a-z]?|type [ivx\d]+[a-z]?)$|^(?!.*\b(?:type|stage|grade)\b).*\d$", re.IGNORECASE)
_RISK = re.compile(
    r"\b(?:susceptib\w+|protection against|association with|modifier of|progression of|risk)\b", re.IGNORECASE
)
_QUALIFYING = """
active acute chronic recurrent refractory relapsed severe mild persistent transient isolated advanced metastatic
primary secondary idiopathic sporadic familial hereditary inherited genetic congenital acquired autosomal dominant
recessive adult childhood pediatric juvenile infantile neonatal elderly syndrome syndromic state condition symptom
human benign malignant spontaneous induced rare partial complete classic classical typical unilateral bilateral
"""
_QUALIFIERS = frozenset(_QUALIFYING.split())
# Names put together by rule: "T2DM - type 2 diabetes mellitus", "epilepsy caused by mutation in X", "54 epilepsy".
_MADE = re.compile(r"^[A-Z0-9-]+ - |^\d+ [a-z]|\bcaused\b|\bdisease or disorder\b|\bformerly\b| associated with ")


def add_names(diseases: Iterable[Equals]) -> None:
    """The names of MONDO for concepts that it knows: its main name as good as another ontology's, the rest for linking.

    What MONDO calls a synonym may be merely related; the packed table does not tell.
    """
    for equals in diseases:
        if equals.mondo is not None:
            numbered = _SUBTYPE.search(equals.mondo.name)
            equals.concept.add(filter(is_name, [equals.mondo.name]), RELATED if numbered else SECOND_ONTOLOGY)
            equals.concept.add(filter(is_name, equals.mondo.synonyms), RELATED)


def own_diseases(mondo: list[Term], diseases: Iterable[Equals], concepts: Iterable[Concept]) -> list[Equals]:
    """Diseases of people that only MONDO has and another vocabulary knows, numbered subtypes left out."""
    taken = {equals.mondo.id for equals in diseases if equals.mondo}
    known = {
        core for concept in concepts for core in cores(n for n, trust in concept.names.items() if trust <= VARIANT)
    }
    animal = descendants(mondo, ANIMAL)
    found = []
    for term in mondo:
        if term.id in taken or term.id in animal or term.codes["OMIA"] or not is_name(term.name):
            continue
        coded = term.codes["UMLS"] or term.codes["SNOMEDCT"]
        if coded and not _SUBTYPE.search(term.name) and not cores([term.name]) & known:
            concept = Concept(term.id, term.name, "Condition")
            concept.add([term.name], SECOND_ONTOLOGY)
            concept.add(filter(is_name, term.synonyms), RELATED)
            found.append(Equals(concept, None, term))
    return found


def cores(names: Iterable[str]) -> set[frozenset[str]]:
    """The words of names without those that say how or in whom: "active tuberculosis" is no other disease."""
    return {found - _QUALIFIERS for found in wordings(names)} - {frozenset()}


def is_name(name: str) -> bool:
    """Whether it is the name of a disease that people use, not that of a risk and not put together by rule."""
    return not (_RISK.search(name) or _MADE.search(name))


def descendants(terms: Iterable[Term], root: str) -> set[str]:
    """The ids of a term and everything below it."""
    children: dict[str, list[str]] = {}
    for term in terms:
        for parent in term.parents:
            children.setdefault(parent, []).append(term.id)
    found, todo = set(), [root]
    while todo:
        id_ = todo.pop()
        if id_ not in found:
            found.add(id_)
            todo.extend(children.get(id_, ()))
    return found
