"""Codes of the same meaning in other systems, by concept.

Diseases: DOID and MONDO say which SNOMED CT and UMLS codes mean the same, but not all they say is exact, and many
SNOMED CT codes of DOID are retired. Held against EFO and HPO, which are only witnesses and give no code, MONDO is right
in 98 of 100 codes, DOID alone in 46 (SNOMED CT) and 93 (UMLS). Hence :func:`agreed`: the code of MONDO that nobody
contradicts. crossref_reviewed.tsv has what a reader decided otherwise.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from critparse.lexicon.folding import fold_name
from lexicon_build import wheels
from lexicon_build.concepts import Concept, forms
from lexicon_build.diseases import Equals
from lexicon_build.drugs import chebi_codes
from lexicon_build.icd import icd_codes
from lexicon_build.wheels import Term

# Concepts that UMLS made for the signs of HPO ("abnormality of the liver") are no diseases.
_SIGNS = re.compile(r"C402\d{4}")
SYSTEMS = ("MESH", "DRUGBANK", "DOID", "MONDO", "ICD10CM", "SNOMEDCT", "UMLS", "CHEBI")

Codes = dict[str, dict[str, str]]
"""Per concept id, per system the code."""


def gather(folder: Path, concepts: list[Concept], diseases: list[Equals], mondo: list[Term]) -> Codes:
    """All codes of all concepts."""
    witnesses = Witnesses([*wheels.read_ontology(folder, "efo.json"), *wheels.read_ontology(folder, "hp.json")])
    codes = disease_codes(diseases, mondo, witnesses)
    drugs = [concept for concept in concepts if concept.label == "Drug"]
    fresh = new_in_mesh(folder, concepts)
    every_disease = {concept.id: Equals(concept) for concept in concepts if concept.label == "Condition"}
    every_disease |= {equals.concept.id: equals for equals in diseases}
    for system, found in (
        ("MESH", fresh),
        ("DRUGBANK", {concept.id: concept.drugbank for concept in drugs if concept.drugbank}),
        ("ICD10CM", icd_codes(list(every_disease.values()), wheels.read_icd(folder))),
        ("CHEBI", chebi_codes(folder, drugs)),
    ):
        for id_, code in found.items():
            codes.setdefault(id_, {})[system] = code
    overrule(codes, read_reviewed(diseases))
    return codes


def overrule(codes: Codes, reviewed: Codes) -> None:
    """Let reviewed codes take the place of those found by rule, and take them away from other concepts."""
    decided = {(system, code) for found in reviewed.values() for system, code in found.items() if code}
    for found in codes.values():
        for pair in decided & found.items():
            del found[pair[0]]
    for id_, found in reviewed.items():
        codes.setdefault(id_, {}).update(found)


class Witnesses:
    """What ontologies that only bear witness say of a disease of a given name."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._by_name: dict[str, list[Term]] = defaultdict(list)
        for term in terms:
            for form in forms(term.name):
                self._by_name[form].append(term)

    def codes(self, equals: Equals, system: str) -> set[str]:
        """All codes that terms of its names have."""
        found = (term.codes[system] for form in equals.names() for term in self._by_name.get(form, ()))
        return set().union(*found)


def agreed(mondo: set[str], doid: set[str], witness: set[str], shared: set[str]) -> str | None:
    """The only code of MONDO if DOID or the witnesses have it too, or if nobody contradicts it and no other disease of
    MONDO has it (``shared``).
    """
    if len(mondo) != 1 or (witness and not mondo & witness):
        return None
    return min(mondo) if mondo & (doid | witness) or not mondo & shared else None


def new_in_mesh(folder: Path, concepts: Iterable[Concept]) -> dict[str, str]:
    """Descriptors of MeSH 2026 that came after our table of MeSH, by the id of the concept of that name."""
    known = {id_ for id_, *_ in wheels.read_mesh(folder, "mesh_id_label_mappings.tsv")}
    labels = wheels.read_mesh_labels(folder)
    fresh = {form: id_ for id_, label in labels.items() if id_ not in known for form in forms(label)}
    own = {concept.id: fold_name(concept.name) for concept in concepts if not concept.id.startswith("MESH:D")}
    return {id_: fresh[name] for id_, name in own.items() if name in fresh}


def lines(codes: Codes) -> Iterable[str]:
    """The rows of crossrefs.tsv.gz."""
    for id_, found in codes.items():
        written = [f"{system}:{found[system].removeprefix(system + ':')}" for system in SYSTEMS if found.get(system)]
        others = [code for code in written if code != id_]
        if others:
            yield f"{id_}\t{'|'.join(others)}"


def disease_codes(diseases: Iterable[Equals], mondo: Iterable[Term], witnesses: Witnesses) -> Codes:
    """DOID, MONDO, SNOMED CT and UMLS codes of diseases; a code that two concepts would have is nobody's."""
    mondo = list(mondo)
    codes: Codes = {}
    for system in ("SNOMEDCT", "UMLS"):
        counted = Counter(code for term in mondo for code in term.codes[system])
        shared = {code for code, count in counted.items() if count > 1}
        given: dict[str, str] = {}
        for equals in diseases:
            m, d = (term.codes[system] if term else set() for term in (equals.mondo, equals.doid))
            code = agreed(m, d, witnesses.codes(equals, system), shared)
            # In UMLS either may be wrong where they differ; the SNOMED CT codes of DOID are mostly retired ones.
            if code and (system == "SNOMEDCT" or not d or code in d) and not _SIGNS.match(code):
                given[equals.concept.id] = code
        owners = Counter(given.values())
        for id_, code in given.items():
            if owners[code] == 1:
                codes.setdefault(id_, {})[system] = code
    for equals in diseases:
        for system, term in (("DOID", equals.doid), ("MONDO", equals.mondo)):
            if term is not None:
                codes.setdefault(equals.concept.id, {})[system] = term.id
    return codes


def read_reviewed(diseases: Iterable[Equals]) -> Codes:
    """Codes that a reader decided about, "" for none.

    Raises ValueError for a code that neither DOID nor MONDO publishes for the disease.
    """
    published = {e.concept.id: [term for term in (e.doid, e.mondo) if term] for e in diseases}
    text = Path(__file__).with_name("crossref_reviewed.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    codes: Codes = {}
    for id_, system, code, _reason in rows[1:]:
        if code and not any(code in term.codes[system] for term in published[id_]):
            raise ValueError(f"nobody publishes {system} {code} for {id_}")
        codes.setdefault(id_, {})[system] = code
    return codes
