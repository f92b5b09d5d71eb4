"""Users' vocabularies: what is found by name, by code and by similar letters, and what it adds to a mention."""

from __future__ import annotations

import logging
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from vocabulary_files import CONCEPTS, write_athena, write_rxnorm, write_umls

from critparse.concepts.vocabularies import Vocabulary, VocabularyHit, as_concepts, link, resolve
from critparse.concepts.vocabularies import vocabulary as reading
from critparse.concepts.vocabularies.athena import Athena
from critparse.concepts.vocabularies.build import build
from critparse.concepts.vocabularies.folder import FOLDER
from critparse.concepts.vocabularies.forms import has_capitals, is_acronym, query_forms, similarity, trigrams
from critparse.concepts.vocabularies.knowledge import agreement
from critparse.concepts.vocabularies.rrf import rrf_source
from critparse.concepts.vocabularies.steps import Filters
from critparse.concepts.vocabularies.table import Table
from critparse.errors import UnknownVocabulary, VocabularyError
from critparse.schema import Concept

TYPE_2, TYPE_1, DIABETES = 201826, 201254, 201820
ALL = Filters()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the vocabularies omop, umls and rx."""
    place = tmp_path_factory.mktemp("vocabularies")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER, str(place))
        build("omop", Athena(write_athena(place / "athena"), ALL))
        build("umls", rrf_source(write_umls(place / "umls"), ALL))
        build("rx", rrf_source(write_rxnorm(place / "rx"), ALL))
    return place


@pytest.fixture
def omop(folder: Path) -> Vocabulary:
    """The OMOP vocabulary."""
    return Vocabulary.open(folder / "omop.sqlite")


@pytest.fixture
def umls(folder: Path) -> Vocabulary:
    """The UMLS vocabulary."""
    return Vocabulary.open(folder / "umls.sqlite")


def ids(hits: list[VocabularyHit]) -> list[tuple[int, str]]:
    """Concept and method of each hit."""
    return [(hit.concept.id, hit.method) for hit in hits]


def concept(system: str, code: str, score: float = 1.0) -> Concept:
    """A code as critparse's own linker gives it."""
    return Concept(system=system, code=code, display="x", score=score, method="exact")


class TestNames:
    """Exact look-up."""

    def test_a_standard_concept_has_its_omop_id_first(self, omop: Vocabulary) -> None:
        """The id that OMOP tables use, then the vocabulary's own code."""
        (hit,) = omop.lookup("Type 2 diabetes mellitus", "Condition")
        assert hit.concept.codes == (("OMOP", "201826"), ("SNOMEDCT", "44054006"))
        assert (hit.score, hit.method, hit.concept.standard) == (1.0, "vocabulary", True)
        assert hit.concepts()[0].model_dump() == {
            "system": "OMOP",
            "code": "201826",
            "display": "Type 2 diabetes mellitus",
            "score": 1.0,
            "method": "vocabulary",
        }

    def test_what_is_not_standard_is_followed(self, omop: Vocabulary) -> None:
        """Both are given, the standard one first; only that has a concept id to use."""
        hits = omop.lookup("type 2 diabetes mellitus without complications")
        assert ids(hits) == [(TYPE_2, "mapped"), (45576876, "vocabulary")]
        assert [(c.system, c.code, c.method) for c in as_concepts(hits)] == [
            ("OMOP", "201826", "mapped"),
            ("SNOMEDCT", "44054006", "mapped"),
            ("ICD10CM", "E11.9", "vocabulary"),
        ]

    def test_an_invalid_concept_only_leads_on(self, omop: Vocabulary) -> None:
        """One that was replaced gives its replacement; one that was withdrawn gives nothing."""
        assert ids(omop.lookup("diabetes insipidus of old")) == [(30968, "mapped")]
        assert omop.lookup("withdrawn disorder") == []
        assert omop.by_code("SNOMEDCT", "999000002") == []

    def test_an_invalid_mapping_is_not_followed(self, omop: Vocabulary) -> None:
        """A relationship with an invalid reason does not count."""
        assert [hit.concept.id for hit in omop.by_code("MESH", "D008180")] == [257628]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("  TYPE 2  diabetes–mellitus ", TYPE_2),
            ("T2DM", TYPE_2),
            ("diabetes mellitus type II", TYPE_2),
            ("Sjogren's syndrome", 4171852),
            ("sjögren’s syndrome", 4171852),
            ('tobacco "heavy" user', 4275495),
            ("hérnia inguinal - 腹股沟疝", 4048098),
            ("female", 8532),
        ],
    )
    def test_spelling_of_no_account(self, omop: Vocabulary, text: str, found: int) -> None:
        """Case, hyphens, apostrophes, accents, blanks; stray quotation marks are part of a name."""
        assert [hit.concept.id for hit in omop.lookup(text)] == [found]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("anaemias", 439777),
            ("acute lymphoblastic leukaemia", 140352),
            ("cardiac pacemakers", 4030450),
            ("hypertensive disorders", 316866),
            ("systemic SLE lupus", None),
        ],
    )
    def test_other_forms_score_less(self, omop: Vocabulary, text: str, found: int | None) -> None:
        """Number and British spelling; other words are other names."""
        assert [(hit.concept.id, hit.score) for hit in omop.lookup(text)] == ([(found, 0.95)] if found else [])

    def test_inverted_entries_are_found(self, umls: Vocabulary) -> None:
        """An index entry by the words as people write them."""
        (hit,) = umls.lookup("rheumatoid arthritis", "Condition")
        assert hit.concept.codes == (("UMLS", "C0003873"), ("MESH", "D001172"))

    def test_acronyms_need_capitals(self, omop: Vocabulary) -> None:
        """ALL is a leukaemia, all is a word."""
        assert [hit.concept.id for hit in omop.lookup("ALL")] == [140352]
        assert omop.lookup("all") == omop.lookup("All") == []

    def test_labels_have_to_agree(self, omop: Vocabulary) -> None:
        """A condition is no drug; a pregnancy, an observation in OMOP, is a condition with a lower score."""
        assert omop.lookup("prednisone", "Condition") == []
        assert [hit.concept.id for hit in omop.lookup("prednisone", "Drug")] == [1551099]
        (hit,) = omop.lookup("patient currently pregnant", "Condition")
        assert (hit.score, hit.concept.domain) == (0.9, "Observation")
        assert omop.lookup("milligram per deciliter", "Measurement") == []
        assert omop.lookup("milligram per deciliter")[0].concept.codes[1] == ("UCUM", "mg/dL")

    @pytest.mark.parametrize("text", ["", "   ", "x" * 300, "\0", "%", "' OR 1=1", "\ud800"])
    def test_odd_texts_find_nothing(self, omop: Vocabulary, text: str) -> None:
        """Whatever is asked, the answer is a list."""
        assert omop.lookup(text) == [] and omop.candidates(text) == [] and omop.by_code("OMOP", text) == []


class TestCodes:
    """Look-up by code, and the hierarchy."""

    @pytest.mark.parametrize(
        ("system", "code", "found"),
        [
            ("MESH", "D003924", TYPE_2),
            ("SNOMEDCT", "44054006", TYPE_2),
            ("ICD10CM", "E11.9", TYPE_2),
            ("LOINC", "2160-0", 3016723),
            ("OMOP", "201826", TYPE_2),
            ("RXNORM", "8640", 1551099),
            ("RXNORM", "202479", 1551099),
            ("ATC", "H02AB", 21602728),
            ("LOCAL", "own:1", 2000000001),
        ],
    )
    def test_codes_give_the_standard_concept(self, omop: Vocabulary, system: str, code: str, found: int) -> None:
        """A standard code gives its own concept, others those they map to, a class itself."""
        assert [hit.concept.id for hit in omop.by_code(system, code)] == [found]

    def test_a_prefix_may_stand_before_a_code(self, omop: Vocabulary) -> None:
        """``MESH:D003924`` is D003924."""
        assert omop.by_code("MESH", "MESH:D003924") == omop.by_code("MESH", "D003924") != []

    def test_unknown_codes_give_nothing(self, omop: Vocabulary) -> None:
        """Neither another system's code nor a number too large for any table."""
        assert omop.by_code("MESH", "44054006") == omop.by_code("OMOP", "9" * 30) == []

    def test_umls_joins_codes(self, umls: Vocabulary) -> None:
        """From a MeSH code to the CUI, and to what other systems call it."""
        (hit,) = umls.by_code("MESH", "D003924")
        assert hit.concept.name == "Type 2 diabetes mellitus"
        assert hit.concept.codes == (
            ("UMLS", "C0011860"), ("ICD10CM", "E11.9"), ("MESH", "D003924"), ("SNOMEDCT", "44054006"),
        )  # fmt: skip
        assert umls.by_code("UMLS", "C0011860") == [hit]

    def test_umls_keeps_what_criteria_name(self, umls: Vocabulary) -> None:
        """Other languages, suppressed atoms, and semantic types of no use are not there."""
        for name in ("Diabetes mellitus de type 2", "Old name of diabetes", "Spleen"):
            assert umls.lookup(name) == []
        assert umls.lookup("parents", "Person") != []
        assert umls.lookup("prednisone", "Drug")[0].concept.domain == "Organic Chemical"
        assert umls.lookup("prednisone", "Condition") == []

    def test_brands_lead_to_ingredients(self, folder: Path) -> None:
        """RxNorm's tradename_of, in the direction that RRF files mean."""
        rx = Vocabulary.open(folder / "rx.sqlite")
        assert ids(rx.lookup("Deltasone", "Drug")) == [(202479, "vocabulary"), (8640, "mapped")]
        assert ids(rx.lookup("prednisone")) == [(8640, "vocabulary")]
        assert rx.by_code("DRUGBANK", "DB00635")[0].concept.name == "prednisone"

    def test_descendants(self, omop: Vocabulary) -> None:
        """All below, at any depth, without the concept itself and without what was left out."""
        assert omop.descendants(DIABETES) == (TYPE_1, TYPE_2, 443732)
        assert omop.descendants(1551099) == (1551105,)
        assert omop.descendants(443732) == omop.descendants(1) == ()

    def test_descendants_without_ancestor_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """``Is a`` is followed instead."""
        monkeypatch.setenv(FOLDER, str(tmp_path))
        build("small", Athena(write_athena(tmp_path / "a", ancestors=False), ALL))
        small = Vocabulary.open("small")
        assert small.meta["hierarchy"] == "parents"
        assert small.descendants(DIABETES) == (TYPE_1, TYPE_2, 443732)


class TestCandidates:
    """Similar names."""

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("type 2 diabetis melitus", TYPE_2),
            ("prednsone", 1551099),
            ("essential (primary) hypertention", 320128),
            ("creatinine in serum", 3016723),
        ],
    )
    def test_misspelled_names_are_near(self, omop: Vocabulary, text: str, found: int) -> None:
        """The concept meant comes first, with a score below 1; what is not standard is replaced."""
        best = omop.candidates(text)[0]
        assert best.concept.id == found and 0.3 < best.score < 1 and best.concept.standard

    def test_order_limit_and_label(self, omop: Vocabulary) -> None:
        """Best first, no more than asked for, of suitable kinds only."""
        hits = omop.candidates("diabetes mellitus", limit=3)
        assert len(hits) == 3 and hits[0].concept.id == DIABETES
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert len({hit.concept.id for hit in hits}) == 3
        assert {hit.concept.domain for hit in omop.candidates("prednisone tablet", label="Drug")} == {"Drug"}
        assert omop.candidates("prednisone tablet", label="Device") == []

    def test_without_index_there_are_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An SQLite without trigrams builds all the rest, and says so."""
        monkeypatch.setenv(FOLDER, str(tmp_path))
        monkeypatch.setattr("critparse.concepts.vocabularies.build.has_trigrams", lambda: False)
        build("plain", Athena(write_athena(tmp_path / "a"), ALL))
        plain = Vocabulary.open("plain")
        assert plain.lookup("prednisone") and plain.candidates("prednsone") == []
        assert "trigram" in caplog.text


class TestLinking:
    """What a vocabulary adds to a mention."""

    def test_codes_go_before_names(self, omop: Vocabulary) -> None:
        """The code that critparse has found decides, with its score."""
        linked = link(omop, "NIDDM", "Condition", [concept("MESH", "D003924", 0.8)])
        assert [(c.system, c.code, c.score, c.method) for c in linked] == [
            ("OMOP", "201826", 0.8, "mapped"),
            ("SNOMEDCT", "44054006", 0.8, "mapped"),
        ]

    def test_codes_are_not_said_twice(self, omop: Vocabulary) -> None:
        """What critparse has found itself is left out of the answer."""
        found = [concept("MESH", "D003924"), concept("SNOMEDCT", "44054006", 0.7)]
        assert [(c.system, c.score) for c in link(omop, "T2DM", "Condition", found)] == [("OMOP", 1.0)]

    def test_names_where_codes_are_unknown(self, omop: Vocabulary) -> None:
        """Without a code that the vocabulary has, the words count."""
        linked = link(omop, "T2DM", "Condition", [concept("MONDO", "0005148")])
        assert [(c.system, c.method) for c in linked] == [("OMOP", "vocabulary"), ("SNOMEDCT", "vocabulary")]
        assert link(omop, "no such thing", "Condition", []) == ()

    def test_the_label_chooses_among_codes(self, omop: Vocabulary) -> None:
        """A code with meanings of several kinds gives those that suit; if none does, all."""
        both = [concept("LOINC", "4548-4"), concept("MESH", "D003924")]
        assert [c.code for c in link(omop, "x", "Drug", both) if c.system == "OMOP"] == ["3004410", "201826"]
        assert [c.code for c in link(omop, "x", "Procedure", both) if c.system == "OMOP"] == ["3004410"]


class TestFile:
    """Opening, sharing and refusing."""

    def test_pickled_by_path(self, omop: Vocabulary) -> None:
        """A copy in another process opens the file itself."""
        assert pickle.loads(pickle.dumps(omop)).lookup("T2DM") == omop.lookup("T2DM")
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.apply(omop.lookup, ("T2DM",)) == omop.lookup("T2DM")

    def test_threads_have_their_own_connection(self, omop: Vocabulary) -> None:
        """The same object answers in several threads at once."""
        answers: list[list[int]] = []
        names = [row[1] for row in CONCEPTS[:10]]
        ask: Callable[[], None] = lambda: answers.append([len(omop.lookup(name)) for name in names])  # noqa: E731
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [[1] * 10] * 4

    def test_answers_are_remembered(self, omop: Vocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
        """The second time, the file is not asked."""
        first = omop.lookup("T2DM", "Condition")
        monkeypatch.setattr(reading, "_connected", None)
        omop.close()
        assert omop.lookup("T2DM", "Condition") == first
        first.clear()  # the caller's own list
        assert omop.lookup("T2DM", "Condition") != []

    def test_names_are_resolved(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name, a path; a wrong name is told the nearest, or what there is."""
        monkeypatch.setenv(FOLDER, str(folder))
        assert resolve("omop").lookup("T2DM") and resolve(str(folder / "omop.sqlite")).name == "omop"
        with pytest.raises(UnknownVocabulary, match="did you mean 'omop'") as near:
            resolve("omp")
        assert pickle.loads(pickle.dumps(near.value)).code == "CP501"
        with pytest.raises(UnknownVocabulary, match="there is: omop, rx, umls"):
            resolve("snomed")
        monkeypatch.setenv(FOLDER, str(folder / "nothing"))
        with pytest.raises(UnknownVocabulary, match="vocab build"):
            resolve("omop")

    @pytest.mark.parametrize("name", ["../up", "a b", "", "-x", "a" * 70])
    def test_bad_names_are_refused(self, name: str) -> None:
        """A name is never a path."""
        with pytest.raises(VocabularyError):
            Vocabulary.open(name)

    def test_other_files_are_refused(self, tmp_path: Path) -> None:
        """Text, a damaged database, another database, none."""
        import sqlite3

        (tmp_path / "text.sqlite").write_text("no database" * 100)
        with sqlite3.connect(tmp_path / "other.sqlite") as other:
            other.execute("CREATE TABLE t (x)")
        other.close()
        for name, said in (("text", "damaged"), ("other", "no vocabulary"), ("none", "no such file")):
            with pytest.raises(VocabularyError, match=said):
                Vocabulary.open(tmp_path / f"{name}.sqlite")

    def test_use_logs_nothing(self, omop: Vocabulary, caplog: pytest.LogCaptureFixture) -> None:
        """Questions without answer are no event."""
        with caplog.at_level(logging.DEBUG):
            omop.lookup("nothing like it")
            omop.candidates("nothing like it")
        assert caplog.records == []


def test_tables_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns in any order; a code of another system need not have a row; semicolons, quotes and tabs are read."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    rows = (
        "Name;CODE;Synonyms;Domain;Standard_Code\r\n"
        '"Creatinine; serum";K1;Crea|S-Crea;Measurement;LOINC:2160-0\r\n'
        "Our arthritis;A1;OA;condition;A2\r\n\r\n"
        "Arthritis;A2;;Condition;\r\n"
    )
    path = tmp_path / "lab.csv"
    path.write_bytes(b"\xef\xbb\xbf" + rows.encode())
    build("lab", Table(path, ALL, "lab"))
    lab = Vocabulary.open("lab")
    hits = lab.lookup("creatinine; serum", "Measurement")
    assert [(hit.method, hit.concept.codes) for hit in hits] == [
        ("mapped", (("LOINC", "2160-0"),)),
        ("vocabulary", (("LAB", "K1"),)),
    ]
    assert [(hit.concept.name, hit.method) for hit in lab.lookup("OA")] == [
        ("Arthritis", "mapped"),
        ("Our arthritis", "vocabulary"),
    ]
    assert lab.lookup("s-crea", "Drug") == [] != lab.lookup("s-crea")
    (tmp_path / "lab.tsv").write_text('code\tname\tsystem\nX1\t5" needle\tOWN\n')
    build("tabs", Table(tmp_path / "lab.tsv", ALL, "tabs"))
    assert Vocabulary.open("tabs").lookup('5" needle', "Device")[0].concept.codes == (("OWN", "X1"),)


def test_forms() -> None:
    """The parts that matching is made of."""
    assert query_forms("Type 2 Diabetes")[0] == "type 2 diabetes"
    assert "diabetes, type 2" in query_forms("Type 2 Diabetes")
    assert is_acronym("SLE") and is_acronym("A1C") and not is_acronym("GLUCOCORTICOIDS") and not is_acronym("Sle")
    assert has_capitals("mRNA") and has_capitals("C") and not has_capitals("Hiv") and not has_capitals("c")
    assert trigrams("ab") == {"^ab", "ab$"}
    assert similarity(trigrams("abc"), trigrams("abc")) == 1 and similarity(trigrams("abc"), trigrams("xyz")) == 0
    assert [agreement("Drug", label) for label in ("Drug", "Condition", None)] == [1.0, 0.0, 1.0]
    assert agreement("", "Drug") == agreement("A kind of one's own", "Drug") == 1.0
