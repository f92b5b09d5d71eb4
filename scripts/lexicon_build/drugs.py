"""Codes of drugs: ChEBI by name or by two tables that agree, DrugBank held against its own list of names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from lexicon_build import wheels
from lexicon_build.concepts import SUPPLEMENTARY, Concept, folded, forms


def check_drugbank(folder: Path, concepts: list[Concept]) -> None:
    """Hold DrugBank ids against DrugBank's own list of names.

    A concept of the same name gets that id; an id of which another concept bears the name is taken away ("Vitamin A"
    from carotene).
    """
    official = {row[0]: row[2] for row in wheels.read_rows(folder, "drugbank_mappings.tsv") if row[1] == "NAME"}
    ids = {name.lower(): id_ for id_, name in official.items()}
    main: dict[str, Concept] = {}
    for concept in concepts:
        for form in folded([concept.name]):
            main.setdefault(form, concept)
    for concept in concepts:
        concept.drugbank = ids.get(concept.name.lower(), concept.drugbank) if concept.drugbank else ""
        name = official.get(concept.drugbank)
        if name and concept.id.startswith("MESH:") and not forms(name) & folded([concept.name]):
            owner = next((main[form] for form in sorted(forms(name)) if form in main), concept)
            if owner is not concept:
                concept.drugbank = ""


def chebi_codes(folder: Path, concepts: Iterable[Concept]) -> dict[str, str]:
    """ChEBI ids by concept id."""
    names = {term.id: term.name for term in wheels.read_ontology(folder, "chebi.json")}
    by_name: dict[str, set[str]] = defaultdict(set)
    for id_, name in names.items():
        by_name[name.lower()].add(id_)
    pointed = pointers(folder)
    found = {}
    for concept in concepts:
        called = by_name.get(concept.name.lower(), set())
        counts = Counter(pointed.get(concept.id, ())) + Counter(pointed.get(f"DRUGBANK:{concept.drugbank}", ()))
        twice = {id_ for id_, count in counts.items() if count > 1}
        own = folded(name for name, trust in concept.names.items() if trust <= SUPPLEMENTARY)
        known = {id_ for id_ in counts if id_ in names and forms(names[id_]) & own}
        for candidates in (called, twice & known, twice, known):
            if len(candidates) == 1:
                found[concept.id] = min(candidates)
                break
            if candidates:
                break
    owners = Counter(found.values())
    return {id_: code for id_, code in found.items() if owners[code] == 1}


def pointers(folder: Path) -> dict[str, list[str]]:
    """The ChEBI ids that three tables give, by MESH and DRUGBANK id; each as often as it is given."""
    found: dict[str, list[str]] = defaultdict(list)
    for system, id_, _, target, code, *_ in wheels.read_rows(folder, "mesh_mappings.tsv"):
        if target == "CHEBI":
            found[f"{system}:{id_}"].append(code)
    for id_, namespace, code, _ in wheels.read_rows(folder, "drugbank_mappings.tsv"):
        if namespace == "CHEBI":
            found[f"DRUGBANK:{id_}"].append(f"CHEBI:{code}")
    return found
