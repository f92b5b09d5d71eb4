"""Linking mentions to concepts: what names the same thing, what does not, and how sure the linker is."""

from __future__ import annotations

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

import critparse
from critparse.concepts import Linker, abbreviations, default_linker, forms, link
from critparse.concepts.dictionary import default_dictionary
from critparse.concepts.linker import ACCEPTED, MAX_CANDIDATES
from critparse.concepts.ngrams import NgramIndex
from critparse.concepts.spelling import compare
from critparse.schema import Linked


def code(linked: Linked) -> str | None:
    """The best code, as SYSTEM:code."""
    return f"{linked.concepts[0].system}:{linked.concepts[0].code}" if linked.concepts else None


class TestNames:
    """Forms of one name lead to one concept."""

    @pytest.mark.parametrize(
        ("mention", "label", "expected", "method"),
        [
            ("rheumatoid arthritis", "Condition", "MESH:D001172", "exact"),
            ("Arthritis, Rheumatoid", "Condition", "MESH:D001172", "exact"),
            ("RHEUMATOID ARTHRITIS", "Condition", "MESH:D001172", "exact"),
            ("peptic ulcers", "Condition", "MESH:D010437", "normalized"),
            ("failure of the heart", "Condition", "MESH:D006333", "normalized"),
            ("prednisone", "Drug", "MESH:D011241", "exact"),
            ("Serum potassium", "Measurement", "LOINC:2823-3", "exact"),
            ("FSH levels", "Measurement", "LOINC:15067-2", "normalized"),
            ("total knee arthroplasty", "Procedure", "MESH:D019645", "exact"),
            ("cochlear implants", "Device", "MESH:D003054", "normalized"),
            ("type 1 diabetes", "Condition", "MESH:D003922", "exact"),
            ("type II diabetes", "Condition", "MESH:D003924", "exact"),
        ],
    )
    def test_a_name_is_found_in_its_forms(self, mention: str, label: str, expected: str, method: str) -> None:
        """Case, comma-inverted names, plurals, word order, numerals."""
        found = link(mention, label=label)
        assert code(found) == expected
        assert (found.concepts[0].method == method) or method == "normalized"
        assert found.concepts[0].score >= 0.9 and found.candidates == ()

    @pytest.mark.parametrize(
        ("mention", "plain", "label"),
        [
            ("oesophageal cancer", "esophageal cancer", "Condition"),
            ("anaemia", "anemia", "Condition"),
            ("β-blockers", "beta blockers", "Drug"),
            ("anti-hypertensives", "antihypertensives", "Drug"),
            ("Sjögren's syndrome", "Sjogren's syndrome", "Condition"),
            ("kidney impairment", "renal impairment", "Condition"),
            ("cancer of the breast", "breast cancer", "Condition"),
            ("Lipitor®", "Lipitor", "Drug"),
        ],
    )
    def test_spelling_and_word_order_do_not_matter(self, mention: str, plain: str, label: str) -> None:
        """British, Greek, hyphens, accents, words of one meaning, trade marks."""
        assert code(link(mention, label=label)) == code(link(plain, label=label)) is not None

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("type 1 diabetes", "type 2 diabetes"),
            ("hepatitis B", "hepatitis C"),
            ("hypokalemia", "hyperkalemia"),
            ("prednisone", "prednisolone"),
            ("factor VIII deficiency", "factor IX deficiency"),
            ("hypothyroidism", "hyperthyroidism"),
        ],
    )
    def test_names_that_look_alike_stay_apart(self, one: str, other: str) -> None:
        """Numbers, letters and prefixes tell them apart."""
        assert code(link(one)) is not None and code(link(other)) is not None
        assert code(link(one)) != code(link(other))


class TestQualifiers:
    """Negation and qualifiers never change the code."""

    @pytest.mark.parametrize(
        ("mention", "bare", "label"),
        [
            ("no history of severe uncontrolled hypertension", "hypertension", "Condition"),
            ("histologically confirmed metastatic breast cancer", "breast cancer", "Condition"),
            ("known allergy", "allergy", "Condition"),
            ("oral prednisone therapy", "prednisone", "Drug"),
            ("warfarin sodium", "warfarin", "Drug"),
            ("prior cholecystectomy", "cholecystectomy", "Procedure"),
            ("implanted pacemaker", "pacemaker", "Device"),
        ],
    )
    def test_they_are_taken_off(self, mention: str, bare: str, label: str) -> None:
        """The concept is that of the name alone, and says so."""
        found = link(mention, label=label)
        assert code(found) == code(link(bare, label=label)) is not None

    def test_a_word_that_says_something_else_is_not_taken_off(self) -> None:
        """Supine hypertension is no hypertension with a qualifier: only a candidate."""
        found = link("supine hypertension", label="Condition")
        assert found.concepts == ()
        assert "D006973" in [candidate.code for candidate in found.candidates]

    def test_the_whole_name_goes_first(self) -> None:
        """Acute kidney injury is itself, not an injury that is acute."""
        assert code(link("acute kidney injury", label="Condition")) == "MESH:D058186"

    @given(st.lists(st.sampled_from(["severe", "active", "known", "prior", "no", "uncontrolled"]), max_size=4))
    def test_any_row_of_them(self, words: list[str]) -> None:
        """However many, in whatever order."""
        assert code(link(" ".join([*words, "asthma"]), label="Condition")) == "MESH:D001249"


class TestAbbreviations:
    """Short forms: by the document, by label, by context."""

    def test_the_label_decides(self) -> None:
        """PD is a disease or a dialysis."""
        assert code(link("PD", label="Condition")) == "MESH:D010300"
        assert code(link("PD", label="Procedure")) == "MESH:D010530"

    def test_the_words_around_decide(self) -> None:
        """AD stands for two diseases."""
        assert code(link("AD", label="Condition", context="AD with an EASI of 16 or more")) == "MESH:D003876"
        assert code(link("AD", label="Condition", context="AD with an MMSE of 20 to 26")) == "MESH:D000544"

    def test_without_a_hint_there_is_no_guess(self) -> None:
        """RP has no usual meaning here; what it may mean is a candidate."""
        found = link("RP", label="Condition")
        assert found.concepts == () and found.candidates[0].code == "D012174"

    def test_a_document_defines_its_own(self) -> None:
        """The document's meaning goes before the usual one."""
        trial = critparse.parse(
            "Inclusion Criteria:\n- Aortic stenosis (AS)\nExclusion Criteria:\n- Severe AS with angina\n", model=False
        )
        found = {e.text: e for c in trial.walk() for e in c.entities if e.concepts}
        assert found["AS"].concepts[0].code == "D001024"

    def test_every_meaning_is_a_name_of_the_dictionary(self) -> None:
        """A row whose long form nothing knows would be dead."""
        rows = [(s, m) for s, known in abbreviations.meanings().items() for m in known]
        assert len(rows) > 400
        dead = [(short, m.expansion) for short, m in rows if not link(m.expansion, label=m.label).concepts]
        assert dead == []

    def test_written_out_inside_a_name(self) -> None:
        """A short form within a longer mention."""
        assert code(link("type II DM", label="Condition")) == "MESH:D003924"

    def test_in_brackets_behind_the_name(self) -> None:
        """The name counts."""
        found = link("absolute neutrophil count (ANC)", label="Measurement")
        assert code(found) == "LOINC:751-8"


class TestSpelling:
    """Slips of the pen, and what is none."""

    @pytest.mark.parametrize(
        ("mention", "right", "label"),
        [
            ("rheumatiod arthritis", "rheumatoid arthritis", "Condition"),
            ("pembrolizumb", "pembrolizumab", "Drug"),
            ("hypertention", "hypertension", "Condition"),
            ("chronic obstructive pulmonary desease", "chronic obstructive pulmonary disease", "Condition"),
            ("cyclophospamide", "cyclophosphamide", "Drug"),
        ],
    )
    def test_a_slip_is_forgiven(self, mention: str, right: str, label: str) -> None:
        """And worth less than the right spelling."""
        found = link(mention, label=label)
        assert code(found) == code(link(right, label=label))
        assert found.concepts[0].method == "spelling" and ACCEPTED <= found.concepts[0].score < 1

    @pytest.mark.parametrize(
        ("mention", "name"),
        [
            ("type 1 diabetes", "type 2 diabetes"),
            ("hypocalcemia", "hypercalcemia"),
            ("stage iii melanoma", "stage iv melanoma"),
            ("hepatitis b", "hepatitis e"),
            ("lung cancer", "lung cancer screening"),
        ],
    )
    def test_other_things_are_no_slips(self, mention: str, name: str) -> None:
        """Numbers, opposites, single letters, words left over."""
        assert compare(forms.words_of(mention), forms.words_of(name), known=()) is None

    def test_a_known_word_is_no_slip_of_another(self) -> None:
        """ "Ileum" is right as it stands, however near "ilium" is."""
        assert compare(("ileum", "pain"), ("ilium", "pain"), known={"ileum"}) is None
        slip = compare(("iliuum", "pain"), ("ilium", "pain"), known={"ileum"})
        assert slip is not None and slip.edits == 1


class TestNoConcept:
    """What must not be linked, and what the curator gets instead."""

    @pytest.mark.parametrize(
        ("mention", "label"),
        [
            ("clinically significant disease", "Condition"),
            ("other medical conditions", "Condition"),
            ("study procedures", "Procedure"),
            ("any drug", "Drug"),
            ("XKJ-4471", "Drug"),
            ("test", "Measurement"),
            ("", None),
            ("-", None),
            ("12", "Measurement"),
            ("ALT or AST", "Measurement"),
        ],
    )
    def test_it_has_no_code(self, mention: str, label: str | None) -> None:
        """Vague words, invented names, nothing, two things at once."""
        assert link(mention, label=label).concepts == ()

    def test_candidates_are_few_sorted_and_distinct(self) -> None:
        """At most five, best first, each concept once, none as sure as a code."""
        found = link("bronchial breathing asthma", label="Condition")
        scores = [candidate.score for candidate in found.candidates]
        assert found.concepts == () and 0 < len(scores) <= MAX_CANDIDATES
        assert scores == sorted(scores, reverse=True) and scores[0] < ACCEPTED + 0.01
        assert len({(c.system, c.code) for c in found.candidates}) == len(scores)

    def test_a_thing_of_another_kind_is_not_meant(self) -> None:
        """A drug is not linked to a disease."""
        assert link("asthma", label="Drug").concepts == ()

    @given(st.text(max_size=300))
    def test_no_text_upsets_it(self, text: str) -> None:
        """Whatever it is, there is an answer with scores in range."""
        found = link(text)
        assert all(0 <= concept.score <= 1 for concept in itertools.chain(found.concepts, found.candidates))

    def test_hostile_length(self) -> None:
        """A mention of a million characters names nothing and costs nothing."""
        assert link("asthma " * 150_000).concepts == ()


class TestIndex:
    """The trigram index against what it computes, done plainly."""

    def test_the_same_trigrams_come_first(self) -> None:
        """Word order does not matter to trigrams; an unrelated name is not found."""
        index = NgramIndex(["breast cancer", "cancer, breast", "gout", "lung cancer"])
        names = [name for name, _ in index.search("cancer breast")]
        assert names[:2] == ["breast cancer", "cancer, breast"] and "gout" not in names
        assert index.search("cancer breast")[0][1] == pytest.approx(1.0)

    @given(
        st.lists(st.text(string.ascii_lowercase + " ", min_size=1, max_size=12), min_size=1, max_size=8, unique=True)
    )
    def test_a_name_is_nearest_to_itself(self, names: list[str]) -> None:
        """Whatever the names are, as far as they have trigrams at all."""
        index = NgramIndex(names)
        for name in names:
            found = index.search(name, limit=len(names), least=0.0)
            if found:
                assert found[0][1] == max(cosine for _, cosine in found)
                assert any(other == name and cosine == pytest.approx(found[0][1]) for other, cosine in found)

    def test_nothing_to_search_for(self) -> None:
        """No trigrams, no answer."""
        assert NgramIndex(["gout"]).search("") == []


class TestLinker:
    """The linker as a whole."""

    def test_the_same_question_has_the_same_answer(self) -> None:
        """In a fresh linker, too, and whatever was asked before."""
        mentions = ["severe asthma", "pembrolizumb", "supine hypertension", "T2DM"]
        fresh = Linker(default_dictionary())
        assert [fresh.link(m) for m in reversed(mentions)] == [default_linker().link(m) for m in reversed(mentions)]

    def test_a_document_carries_codes_and_candidates(self) -> None:
        """Entities and subjects of rules are linked alike."""
        criterion = critparse.parse_criterion("Severe hepatic impairment", kind="exclusion", model=False)
        (entity,) = [e for e in criterion.entities if e.label == "Condition"]
        assert entity.concepts[0].code == "D048550"
        assert criterion.rule.subject.concepts[0].code == "D048550"
