"""Codings, concepts and the words of FHIR's strings."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from critparse.exports.terminal import lines, visible
from critparse.lexicon.resources import data_rows
from critparse.schema import Concept, Subject

Json = dict[str, Any]
"""A FHIR element or resource."""

UCUM = "http://unitsofmeasure.org"
GENDER = "http://hl7.org/fhir/administrative-gender"
QUALIFIER = "urn:critparse:qualifier"
"""The system of the kinds of qualifiers: severity, stage, course …"""
_UNNAMED = "unnamed"  # FHIR's strings are never empty


class Term(NamedTuple):
    """A row of ``fhir_terms.tsv``."""

    system: str
    code: str
    display: str


@functools.cache
def terms(kind: str) -> Mapping[str, Term]:
    """The terms of one class of ``fhir_terms.tsv`` by key."""
    rows = data_rows("fhir_terms.tsv", ("class", "key", "system", "code", "display"))
    return MappingProxyType(
        {row["key"]: Term(row["system"], row["code"], row["display"]) for row in rows if row["class"] == kind}
    )


def line(text: str) -> str:
    """A FHIR string of one line: no control characters, never empty."""
    return visible(text) or _UNNAMED


def markdown(text: str) -> str:
    """A FHIR string that keeps its lines: other control characters are made visible; never empty."""
    return lines(text).strip() or _UNNAMED


def words(text: str) -> Json:
    """A CodeableConcept without code."""
    return {"text": line(text)}


def concept_of(term: Term) -> Json:
    """A CodeableConcept of a term."""
    if not term.system:
        return words(term.display)
    return {"coding": [{"system": term.system, "code": term.code, "display": term.display}], "text": term.display}


def subject_concept(subject: Subject) -> Json:
    """The subject's words with all its codes; a class around it (``broader``) is not it, and left out."""
    codings = [_coding(concept) for concept in subject.concepts if concept.method != "broader"]
    return {"coding": codings, **words(subject.text)} if codings else words(subject.text)


def code_system(short: str) -> str:
    """The URI of a code system by critparse's short name."""
    known = terms("system").get(short)
    return known.system if known else f"urn:critparse:system:{line(short).lower()}"


def type_concept(kind: str, modes: Iterable[str] = ()) -> Json:
    """The type of a fact: a leaf's kind, or what its ``modes`` ("response:contraindication") make of it."""
    kept = [terms("mode")[mode] for mode in modes]
    if not kept:
        return concept_of(terms("type")[kind])
    codings = [{"system": mode.system, "code": mode.code, "display": mode.display} for mode in kept]
    text = " ".join([*(mode.display for mode in kept), terms("type")[kind].display])
    return {"coding": codings, "text": text}


def gender(value: str) -> Json:
    """``female`` or ``male`` as FHIR codes it; other words as words."""
    if value not in ("female", "male"):
        return words(value)
    return {"coding": [{"system": GENDER, "code": value, "display": value.capitalize()}], "text": value}


def _coding(concept: Concept) -> Json:
    return {"system": code_system(concept.system), "code": line(concept.code), "display": line(concept.display)}
