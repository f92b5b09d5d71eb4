"""Small downloads for the tests of users' vocabularies, of our own writing, shaped like Athena, UMLS and RxNorm."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

CONCEPT_HEADER = (
    "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\t"
    "valid_start_date\tvalid_end_date\tinvalid_reason"
)
# id, name, domain, vocabulary, class, standard, code, invalid reason
CONCEPTS: list[tuple[int, str, str, str, str, str, str, str]] = [
    (201820, "Diabetes mellitus", "Condition", "SNOMED", "Disorder", "S", "73211009", ""),
    (201826, "Type 2 diabetes mellitus", "Condition", "SNOMED", "Disorder", "S", "44054006", ""),
    (201254, "Type 1 diabetes mellitus", "Condition", "SNOMED", "Disorder", "S", "46635009", ""),
    (443732, "Disorder due to type 2 diabetes mellitus", "Condition", "SNOMED", "Disorder", "S", "422014003", ""),
    (320128, "Essential hypertension", "Condition", "SNOMED", "Disorder", "S", "59621000", ""),
    (316866, "Hypertensive disorder", "Condition", "SNOMED", "Disorder", "S", "38341003", ""),
    (257628, "Systemic lupus erythematosus", "Condition", "SNOMED", "Disorder", "S", "55464009", ""),
    (4171852, "Sjögren's syndrome", "Condition", "SNOMED", "Disorder", "S", "83901003", ""),
    (439777, "Anemia", "Condition", "SNOMED", "Disorder", "S", "271737000", ""),
    (140352, "Acute lymphoid leukemia", "Condition", "SNOMED", "Disorder", "S", "91857003", ""),
    (4299535, "Patient currently pregnant", "Observation", "SNOMED", "Clinical Finding", "S", "77386006", ""),
    (4275495, 'Tobacco "heavy" user', "Observation", "SNOMED", "Clinical Finding", "S", "110483000", ""),
    (4019347, "Biopsy of kidney", "Procedure", "SNOMED", "Procedure", "S", "7246002", ""),
    (4030450, "Cardiac pacemaker", "Device", "SNOMED", "Physical Object", "S", "14106009", ""),
    (4000001, "Diabetes insipidus of old", "Condition", "SNOMED", "Disorder", "", "999000001", "U"),
    (4000002, "Withdrawn disorder", "Condition", "SNOMED", "Disorder", "", "999000002", "D"),
    (30968, "Diabetes insipidus", "Condition", "SNOMED", "Disorder", "S", "15771004", ""),
    (45576876, "Type 2 diabetes mellitus without complications", "Condition", "ICD10CM", "5-char billing code", "",
     "E11.9", ""),
    (35208414, "Essential (primary) hypertension", "Condition", "ICD10CM", "3-char billing code", "", "I10", ""),
    (45533022, "Other \"unspecified\" anemia's", "Condition", "ICD10CM", "4-char billing code", "", "D64.9", ""),
    (45612589, "Diabetes Mellitus, Type 2", "Condition", "MeSH", "Main Heading", "", "D003924", ""),
    (45614510, "Lupus Erythematosus, Systemic", "Condition", "MeSH", "Main Heading", "", "D008180", ""),
    (1551099, "prednisone", "Drug", "RxNorm", "Ingredient", "S", "8640", ""),
    (1503297, "metformin", "Drug", "RxNorm", "Ingredient", "S", "6809", ""),
    (1551105, "prednisone 20 MG Oral Tablet", "Drug", "RxNorm", "Clinical Drug", "S", "312615", ""),
    (19127213, "Deltasone", "Drug", "RxNorm", "Brand Name", "", "202479", ""),
    (36000001, "30 prednisone 20 MG Box", "Drug", "RxNorm Extension", "Clinical Drug Box", "S", "OMOP1", ""),
    (21602728, "GLUCOCORTICOIDS", "Drug", "ATC", "ATC 4th", "C", "H02AB", ""),
    (44900001, "prednisone 20 mg tablet, 30 in a bottle", "Drug", "NDC", "11-digit NDC", "", "00054001725", ""),
    (3016723, "Creatinine [Mass/volume] in Serum or Plasma", "Measurement", "LOINC", "Lab Test", "S", "2160-0", ""),
    (3004410, "Hemoglobin A1c/Hemoglobin.total in Blood", "Measurement", "LOINC", "Lab Test", "S", "4548-4", ""),
    (3004249, "Systolic blood pressure", "Measurement", "LOINC", "Clinical Observation", "S", "8480-6", ""),
    (4184637, "Hemoglobin A1c measurement", "Measurement", "SNOMED", "Procedure", "S", "43396009", ""),
    (8840, "milligram per deciliter", "Unit", "UCUM", "Unit", "S", "mg/dL", ""),
    (8532, "FEMALE", "Gender", "Gender", "Gender", "S", "F", ""),
    (44819096, "ICD10CM", "Metadata", "Vocabulary", "Vocabulary", "S", "OMOP generated", ""),
    (9202, "Outpatient Visit", "Visit", "Visit", "Visit", "S", "OP", ""),
    (4330001, "Paris", "Geography", "OSM", "7th level", "S", "71525", ""),
    (2000000001, "Our own score", "Observation", "LOCAL", "Score", "S", "own:1", ""),
    (4048098, "Hérnia inguinal – 腹股沟疝", "Condition", "SNOMED", "Disorder", "S", "396232000", ""),
]  # fmt: skip
SYNONYMS: list[tuple[int, str, int]] = [
    (201826, "T2DM", 4180186),
    (201826, "Diabetes mellitus type II", 4180186),
    (201826, "Diabetes mellitus tipo 2", 4182511),
    (140352, "ALL", 4180186),
    (140352, "Acute lymphoblastic leukemia", 4180186),
    (257628, "SLE", 4180186),
    (257628, "Lupus, systemic \"SLE\"", 4180186),
    (4171852, "Sicca syndrome", 4180186),
    (4330001, "City of light", 4180186),
]  # fmt: skip
# first, second, relationship, invalid reason
RELATIONSHIPS: list[tuple[int, int, str, str]] = [
    (45576876, 201826, "Maps to", ""),
    (201826, 45576876, "Mapped from", ""),
    (201826, 201826, "Maps to", ""),
    (35208414, 320128, "Maps to", ""),
    (45533022, 439777, "Maps to", ""),
    (45612589, 201826, "Maps to", ""),
    (45614510, 257628, "Maps to", ""),
    (45614510, 316866, "Maps to", "D"),
    (4000001, 30968, "Maps to", ""),
    (19127213, 1551099, "Maps to", ""),
    (44900001, 1551105, "Maps to", ""),
    (201826, 201820, "Is a", ""),
    (201254, 201820, "Is a", ""),
    (443732, 201826, "Is a", ""),
    (320128, 316866, "Is a", ""),
]  # fmt: skip
ANCESTORS: list[tuple[int, int]] = [
    (201820, 201820), (201820, 201826), (201820, 201254), (201820, 443732), (201826, 443732), (316866, 320128),
    (1551099, 1551105), (1551099, 36000001), (21602728, 1551099),
]  # fmt: skip


def concept_line(row: Sequence[object]) -> str:
    """A line of CONCEPT.csv."""
    *cells, invalid = map(str, row)
    return "\t".join((*cells, "19700101", "20991231", invalid))


def write_athena(folder: Path, *, ancestors: bool = True, concepts: Iterable[Sequence[object]] = CONCEPTS) -> Path:
    """An unpacked download."""
    folder.mkdir(parents=True, exist_ok=True)
    synonyms = [
        "concept_id\tconcept_synonym_name\tlanguage_concept_id",
        *("\t".join(map(str, row)) for row in SYNONYMS),
    ]
    relationships = ["concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\tinvalid_reason"]
    relationships += [f"{a}\t{b}\t{kind}\t19700101\t20991231\t{why}" for a, b, kind, why in RELATIONSHIPS]
    pairs = ["ancestor_concept_id\tdescendant_concept_id\tmin_levels_of_separation\tmax_levels_of_separation"]
    pairs += [f"{above}\t{below}\t1\t1" for above, below in ANCESTORS]
    versions = ["vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\tvocabulary_concept_id"]
    versions += ["None\tOMOP\tOMOP generated\tv5.0 27-AUG-25\t44819096", "SNOMED\tSNOMED CT\thttp://x\t2025-02-01\t1"]
    files = {
        "CONCEPT": [CONCEPT_HEADER, *map(concept_line, concepts)],
        "CONCEPT_SYNONYM": synonyms,
        "CONCEPT_RELATIONSHIP": relationships,
        "VOCABULARY": versions,
    }
    if ancestors:
        files["CONCEPT_ANCESTOR"] = pairs
    for name, lines in files.items():
        (folder / f"{name}.csv").write_bytes("".join(f"{line}\n" for line in lines).encode())
    return folder


def atom(
    cui: str, name: str, *, sab: str = "SNOMEDCT_US", code: str = "1", tty: str = "PT", status: str = "P",
    form: str = "PF", pref: str = "Y", lat: str = "ENG", suppress: str = "N",
) -> str:  # fmt: skip
    """A line of MRCONSO.RRF or RXNCONSO.RRF."""
    cells = (cui, lat, status, "L1", form, "S1", pref, "A1", "", "", "", sab, tty, code, name, "0", suppress, "")
    return "|".join(cells) + "|"


def write_umls(folder: Path) -> Path:
    """A subset of UMLS."""
    folder.mkdir(parents=True, exist_ok=True)
    atoms = [
        atom("C0011860", "Diabetes Mellitus, Non-Insulin-Dependent", sab="MSH", code="D003924", form="VC"),
        atom("C0011860", "Type 2 diabetes mellitus", sab="SNOMEDCT_US", code="44054006"),
        atom("C0011860", "NIDDM", sab="MSH", code="D003924", status="S", pref="N"),
        atom("C0011860", "Diabetes mellitus de type 2", sab="MSHFRE", code="D003924", lat="FRE"),
        atom("C0011860", "Old name of diabetes", code="9", suppress="O"),
        atom("C0011860", "Type 2 diabetes mellitus without complications", sab="ICD10CM", code="E11.9", status="S"),
        atom("C0032952", "prednisone", sab="RXNORM", code="8640"),
        atom("C0032952", "Prednisone", sab="MTH", code="NOCODE"),
        atom("C0003873", "Arthritis, Rheumatoid", sab="MSH", code="D001172"),
        atom("C0030705", "Patients", sab="MSH", code="D010361"),
        atom("C0030551", "Parents", sab="MSH", code="D010290"),
        atom("C0037993", "Spleen", sab="MSH", code="D013154"),
    ]
    types = [
        ("C0011860", "T047"), ("C0032952", "T109"), ("C0032952", "T121"), ("C0003873", "T047"), ("C0030705", "T101"),
        ("C0030551", "T099"), ("C0037993", "T023"),
    ]  # fmt: skip
    (folder / "MRCONSO.RRF").write_text("".join(f"{line}\n" for line in atoms), encoding="utf-8")
    (folder / "MRSTY.RRF").write_text("".join(f"{cui}|{tui}|A1.1|Name|AT1|256|\n" for cui, tui in types))
    return folder


def write_rxnorm(folder: Path) -> Path:
    """A release of RxNorm with a brand."""
    (folder / "rrf").mkdir(parents=True, exist_ok=True)
    atoms = [
        atom("8640", "PREDNISONE TABLET, MONOGRAPH", sab="MTHSPL", code="VB0R961HZT", tty="SU", suppress="N"),
        atom("8640", "prednisone", sab="RXNORM", code="8640", tty="IN"),
        atom("8640", "Prednisone", sab="DRUGBANK", code="DB00635", tty="IN"),
        atom("202479", "Deltasone", sab="RXNORM", code="202479", tty="BN"),
    ]
    relations = [
        "8640||CUI|RB|202479||CUI|tradename_of|1||RXNORM|RXNORM||||4096|",
        "202479||CUI|RN|8640||CUI|has_tradename|2||RXNORM|RXNORM||||4096|",
    ]
    (folder / "rrf" / "RXNCONSO.RRF").write_text("".join(f"{line}\n" for line in atoms))
    (folder / "rrf" / "RXNREL.RRF").write_text("".join(f"{line}\n" for line in relations))
    return folder


def pack(path: Path) -> None:
    """Put a gzip stream in the place of a file."""
    path.write_bytes(gzip.compress(path.read_bytes()))
