"""The lexicon: its tables, its matcher and what it knows by name."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Callable
from typing import Any

import pytest
import ucumvert
from hypothesis import given
from hypothesis import strategies as st
from support import cpu_seconds

from critparse.errors import ResourceError
from critparse.lexicon import Analyte, Lexicon, analytes, default_lexicon, scores, subjects
from critparse.lexicon import lexicon as building
from critparse.lexicon.folding import fold, fold_name
from critparse.lexicon.resources import data_lines, parse_rows
from critparse.lexicon.tables import drug_classes, parse_alias, trial_terms
from critparse.lexicon.variants import inflect, reorder, respell, variants

TABLES: dict[str, Callable[[], dict[str, Any]]] = {
    "analytes": analytes,
    "scores": scores,
    "subjects": subjects,
    "trial_terms": trial_terms,
    "drug_classes": drug_classes,
}


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    """The lexicon that comes with critparse."""
    return default_lexicon()


@pytest.fixture(scope="module")
def ucum_parser() -> Any:
    """A parser of UCUM codes; its grammar is made from the specification."""
    return ucumvert.get_ucum_parser()


@pytest.fixture(scope="module")
def ucum() -> Any:
    """Units by their UCUM codes, with what they are worth."""
    return ucumvert.PintUcumRegistry()


def surfaces(lexicon: Lexicon, text: str) -> list[str]:
    """The mentions as they stand in the text."""
    return [text[mention.start : mention.end] for mention in lexicon.match(text)]


def found(lexicon: Lexicon, text: str) -> list[tuple[str, str]]:
    """(surface, concept id) of the mentions."""
    return [(text[mention.start : mention.end], mention.concept_id) for mention in lexicon.match(text)]


class TestMatching:
    def test_offsets_count_characters(self, lexicon: Lexicon) -> None:
        """A plain sentence: start, end, label and name of each mention."""
        text = "Has gout, takes metformin and has a pacemaker."
        assert [(m.start, m.end, m.label) for m in lexicon.match(text)] == [
            (4, 8, "Condition"),
            (16, 25, "Drug"),
            (36, 45, "Device"),
        ]

    @pytest.mark.parametrize(
        ("text", "surface"),
        [
            ("İİ İstanbul: asthma since 2010", "asthma"),
            ("\U0001d6fc\U0001d6fd asthma", "asthma"),
            ("TNF-α and asthma", "asthma"),
            ("β-blockers at a fixed dose", "β-blockers"),
            ("B12  vitamin\u00a0and type\u00a02\u00a0diabetes", "type\u00a02\u00a0diabetes"),
            ("rheumatoid\n   arthritis", "rheumatoid\n   arthritis"),
            ("non\u2011small cell lung cancer", "non\u2011small cell lung cancer"),
            ("Crohn’s disease", "Crohn’s disease"),
            ("SpO₂ of 92 %", "SpO₂"),
            ("a lone \ud800 surrogate, then psoriasis", "psoriasis"),
        ],
    )
    def test_offsets_hold_after_folding(self, lexicon: Lexicon, text: str, surface: str) -> None:
        """Letters that grow or shrink in lower case, odd blanks, hyphens and quotes leave offsets exact."""
        assert surface in surfaces(lexicon, text)

    @pytest.mark.parametrize(
        "text", ["goutweed", "asthmatically", "preasthma", "metformin2x", "xmetformin", "strokelike", "asthmass"]
    )
    def test_names_end_at_word_borders(self, lexicon: Lexicon, text: str) -> None:
        """No name is found inside a longer word."""
        assert surfaces(lexicon, text) == []

    @pytest.mark.parametrize(
        ("text", "surface"),
        [
            ("Several migraines a month", "migraines"),
            ("Two or more strokes", "strokes"),
            ("Two cardiac biopsies", "biopsies"),
            ("Bone metastases", "Bone metastases"),
            ("Statins", "Statins"),
        ],
    )
    def test_plurals_are_found_whole(self, lexicon: Lexicon, text: str, surface: str) -> None:
        """A plural s belongs to the mention; irregular plurals are known."""
        assert surface in surfaces(lexicon, text)

    @pytest.mark.parametrize(
        "text",
        [
            "She had it all",
            "a combined device",
            "IMP within 30 days",
            "who may act fast",
            "the thyroid is normal",
            "this can aim at",
            "HAD",
        ],
    )
    def test_stop_words_are_no_mentions(self, lexicon: Lexicon, text: str) -> None:
        """Ordinary words that are also names of something rare are left alone."""
        assert surfaces(lexicon, text) == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("type 2 diabetes mellitus", ["type 2 diabetes mellitus"]),
            ("acute myeloid leukemia", ["acute myeloid leukemia"]),
            ("serum creatinine clearance", ["serum creatinine clearance"]),
            ("tumor necrosis factor inhibitor", ["tumor necrosis factor inhibitor"]),
            ("EGFR tyrosine kinase inhibitors", ["EGFR tyrosine kinase inhibitors"]),
        ],
    )
    def test_the_longest_name_wins(self, lexicon: Lexicon, text: str, expected: list[str]) -> None:
        """A name inside a longer one is no mention of its own."""
        assert surfaces(lexicon, text)[-1:] == expected

    @pytest.mark.parametrize(
        "text",
        [
            "lives in a nursing home",
            "the National Cancer Institute",
            "tumor necrosis factor",
            "of similar chemical or biologic composition",
            "the Food and Drug Administration",
        ],
    )
    def test_masks_hide_the_names_inside_them(self, lexicon: Lexicon, text: str) -> None:
        """A name that means something else in a fixed phrase is no mention there."""
        assert surfaces(lexicon, text) == []

    def test_a_mask_hides_no_neighbour(self, lexicon: Lexicon) -> None:
        """Outside the phrase the same word is a mention."""
        text = "Cancer, by the rules of the National Cancer Institute"
        assert found(lexicon, text) == [("Cancer", "MESH:D009369")]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("eGFR below 60", ("eGFR", "ANALYTE:egfr")),
            ("RA for a year", ("RA", "MESH:D001172")),
            ("TB in the family", ("TB", "MESH:D014376")),
            ("AUDIT above 8", ("AUDIT", "SCORE:audit")),
        ],
    )
    def test_acronyms_keep_their_case(self, lexicon: Lexicon, text: str, expected: tuple[str, str]) -> None:
        """Acronyms count in the case in which they are listed and in no other."""
        assert expected in found(lexicon, text)
        assert expected[1] not in [id_ for _, id_ in found(lexicon, text.replace(expected[0], expected[0].swapcase()))]

    def test_a_blank_line_parts_names(self, lexicon: Lexicon) -> None:
        """Names run over one line end, never over a blank line."""
        assert surfaces(lexicon, "rheumatoid\narthritis") == ["rheumatoid\narthritis"]
        assert surfaces(lexicon, "rheumatoid\n\narthritis") == ["arthritis"]

    @given(st.lists(st.sampled_from(["İ", "asthma", "ß", " ", "\n", "-", "gout", "s", "’", "μ", "HbA1c", "K"])))
    def test_mentions_lie_in_the_text_in_order(self, pieces: list[str]) -> None:
        """Whatever the text: spans lie inside it, ascend, do not overlap and begin and end on something visible."""
        text = "".join(pieces)
        mentions = default_lexicon().match(text)
        for mention in mentions:
            assert 0 <= mention.start < mention.end <= len(text)
            surface = text[mention.start : mention.end]
            assert surface == surface.strip()
        for left, right in itertools.pairwise(mentions):
            assert left.end <= right.start

    def test_the_same_text_gives_the_same_mentions(self, lexicon: Lexicon) -> None:
        """Two lexicons built apart agree, mention by mention."""
        text = "HbA1c, stroke, HER2, lupus nephritis, prednisone or a stent; ECOG 0-1; no TB"
        assert lexicon.match(text) == building.default_lexicon.__wrapped__().match(text)

    @pytest.mark.parametrize(
        "unit",
        ["a", "asthma", "a b ", "heart failure with ", "- ", "\n ", "acute acute ", "İ", "( ", "type 2 ", "s", "’s "],
    )
    def test_time_is_linear_in_hostile_text(self, lexicon: Lexicon, unit: str) -> None:
        """A megabyte of one repeated piece takes a few times as long as a quarter of it, and few seconds."""

        def seconds(size: int) -> float:
            text = (unit * (size // len(unit) + 1))[:size]
            return cpu_seconds(lambda: lexicon.match(text), runs=2)

        quarter, whole = seconds(250_000), seconds(1_000_000)
        assert whole < 8 * quarter + 0.5
        assert whole < 20

    def test_many_short_words_are_read_fast(self, lexicon: Lexicon) -> None:
        """A hundred thousand words of two letters, all different in their surroundings."""
        words = itertools.cycle("".join(pair) for pair in itertools.product(string.ascii_letters, repeat=2))
        text = " ".join(itertools.islice(words, 100_000))
        assert cpu_seconds(lambda: lexicon.match(text)) < 10


class TestConcepts:
    @pytest.mark.parametrize(
        ("name", "mesh"),
        [
            ("systemic lupus erythematosus", "D008180"),
            ("hypertension", "D006973"),
            ("asthma", "D001249"),
            ("type 1 diabetes", "D003922"),
            ("type 2 diabetes", "D003924"),
            ("rheumatoid arthritis", "D001172"),
            ("psoriasis", "D011565"),
            ("multiple sclerosis", "D009103"),
            ("epilepsy", "D004827"),
            ("stroke", "D020521"),
            ("myocardial infarction", "D009203"),
            ("heart failure", "D006333"),
            ("atrial fibrillation", "D001281"),
            ("chronic kidney disease", "D051436"),
            ("breast cancer", "D001943"),
            ("schizophrenia", "D012559"),
            ("Parkinson's disease", "D010300"),
            ("Alzheimer's disease", "D000544"),
            ("Crohn's disease", "D003424"),
            ("ulcerative colitis", "D003093"),
            ("HIV infection", "D015658"),
            ("tuberculosis", "D014376"),
            ("osteoarthritis", "D010003"),
            ("dementia", "D003704"),
            ("COVID-19", "D000086382"),
            ("prednisone", "D011241"),
            ("methotrexate", "D008727"),
            ("metformin", "D008687"),
            ("aspirin", "D001241"),
            ("warfarin", "D014859"),
            ("rituximab", "D000069283"),
            ("beta-blockers", "D000319"),
            ("NSAIDs", "D000894"),
            ("fluoroquinolones", "D024841"),
            ("hysterectomy", "D007044"),
            ("pacemaker", "D010138"),
        ],
    )
    def test_a_name_has_the_id_that_mesh_gives_it(self, lexicon: Lexicon, name: str, mesh: str) -> None:
        """Well-known diseases, drugs, procedures and devices, through match and concept."""
        (mention,) = lexicon.match(name)
        assert (mention.start, mention.end) == (0, len(name))
        assert ("MESH", mesh) in lexicon.concept(mention.concept_id).codes

    @pytest.mark.parametrize(
        "names",
        [
            ("haemoglobin", "hemoglobin", "Hb"),
            ("oestrogen", "estrogen", "estrogens"),
            ("heart failure", "cardiac failure", "CHF"),
            ("leukaemia", "leukemia"),
            ("non-steroidal anti-inflammatory drugs", "nonsteroidal anti-inflammatory drugs", "NSAID"),
            ("beta-blocker", "beta blockers", "β-blockers", "beta-adrenergic blockers"),
            ("hepatitis B surface antigen", "HBsAg", "HBs antigen"),
            ("anti-HCV", "HCV antibody", "hepatitis C antibodies"),
            ("HLA-B27", "HLA B27"),
        ],
    )
    def test_one_thing_under_many_names(self, lexicon: Lexicon, names: tuple[str, ...]) -> None:
        """Spellings, synonyms and acronyms lead to one concept, over their whole length."""
        mentions = [lexicon.match(name) for name in names]
        assert [[(m.start, m.end) for m in each] for each in mentions] == [[(0, len(name))] for name in names]
        assert len({each[0].concept_id for each in mentions}) == 1

    @pytest.mark.parametrize(
        ("name", "broader"),
        [
            ("colon cancer", "colorectal cancer"),
            ("ischemic stroke", "stroke"),
            ("cocaine", "illicit drugs"),
            ("anthracyclines", "taxanes"),
            ("vitamins", "probiotics"),
            ("essential tremor", "tremor"),
            ("obstructive sleep apnea", "sleep apnea"),
            ("atrial flutter", "atrial fibrillation"),
        ],
    )
    def test_what_is_narrower_has_a_concept_of_its_own(self, lexicon: Lexicon, name: str, broader: str) -> None:
        """A narrower or merely related thing is not filed under its neighbour."""
        assert lexicon.match(name)[0].concept_id != lexicon.match(broader)[0].concept_id

    def test_measured_things_carry_their_row(self, lexicon: Lexicon) -> None:
        """An analyte's concept has LOINC and the row with its units."""
        concept = lexicon.concept("ANALYTE:hemoglobin")
        assert concept.codes == (("LOINC", "718-7"),)
        assert isinstance(concept.row, Analyte)
        assert concept.row.unit == "g/dL"

    def test_unknown_ids_are_refused(self, lexicon: Lexicon) -> None:
        """Only ids that mentions carry can be asked for."""
        with pytest.raises(KeyError):
            lexicon.concept("MESH:D999999999")

    def test_every_mention_has_its_concept(self, lexicon: Lexicon) -> None:
        """Name and label of a mention are those of its concept."""
        for mention in lexicon.match("INR, ECOG, age, migraine, ibuprofen, dialysis, stent and smoking"):
            concept = lexicon.concept(mention.concept_id)
            assert (concept.name, concept.label) == (mention.name, mention.label)


class TestTables:
    @pytest.mark.parametrize("name", TABLES)
    def test_ids_are_names_a_program_can_use(self, name: str) -> None:
        """Ids are unique by construction of the table; here: well-formed, and every row has a name."""
        for id_, row in TABLES[name]().items():
            assert re.fullmatch(r"(?:MESH|TERM|DOID|DRUGBANK):[\w-]+|[a-z0-9]+(?:-[a-z0-9]+)*", id_), id_
            assert row.display == row.display.strip() != ""

    def test_an_alias_belongs_to_one_row(self) -> None:
        """The same surface never stands in two rows, whatever the tables."""
        owners: dict[tuple[str, bool], set[str]] = {}
        for name, table in TABLES.items():
            for id_, row in table().items():
                for alias in row.aliases:
                    key = (alias.text if alias.case_sensitive else alias.text.lower(), alias.case_sensitive)
                    owners.setdefault(key, set()).add(f"{name} {id_}")
        assert {alias[0]: sorted(rows) for alias, rows in owners.items() if len(rows) > 1} == {}

    def test_every_authored_alias_is_found(self, lexicon: Lexicon) -> None:
        """Each alias, written as listed, is one mention from end to end, unless a mask says otherwise."""
        masks = {fold_name(phrase) for _, phrase in data_lines("masks.txt")}
        missed = []
        for table in TABLES.values():
            for row in table().values():
                for alias in row.aliases:
                    mentions = lexicon.match(alias.text)
                    whole = [(m.start, m.end) for m in mentions] == [(0, len(alias.text))]
                    if not whole and fold_name(alias.text) not in masks:
                        missed.append(alias.text)
        assert missed == []

    @pytest.mark.parametrize("analyte", analytes().values(), ids=list(analytes()))
    def test_units_are_ucum(self, analyte: Analyte, ucum_parser: Any) -> None:
        """Every unit parses; a body surface of 1.73 m2 stands in braces, for else it is 73 square metres."""
        for unit in (analyte.unit, *analyte.units):
            ucum_parser.parse(unit)
            assert "1.73" not in unit or "{1.73_m2}" in unit
            assert "[ULN]" not in unit

    @pytest.mark.parametrize("analyte", analytes().values(), ids=list(analytes()))
    def test_factors_between_units_of_one_dimension_are_those_of_pint(self, analyte: Analyte, ucum: Any) -> None:
        """Mass to mass, count to count; annotations and charges, which pint does not weigh, are left out."""
        for unit, factor in analyte.units.items():
            if factor is None or re.search(r"\{|eq|^[1%]", unit + analyte.unit) or analyte.unit[0] in "1%":
                continue
            theirs, ours = (ucum.from_ucum(code).to_base_units() for code in (unit, analyte.unit))
            if theirs.dimensionality == ours.dimensionality:
                assert factor == pytest.approx(float((theirs / ours).magnitude), rel=2e-3), unit

    @pytest.mark.parametrize(
        ("id_", "unit", "si", "factor"),
        [
            ("creatinine", "mg/dL", "umol/L", 88.4),
            ("glucose", "mg/dL", "mmol/L", 0.05551),
            ("triglycerides", "mg/dL", "mmol/L", 0.01129),
            ("magnesium", "mg/dL", "mmol/L", 0.4114),
            ("ionized-calcium", "mg/dL", "mmol/L", 0.25),
            ("bun", "mg/dL", "mmol/L", 0.357),
            ("tibc", "ug/dL", "umol/L", 0.179),
            ("c-peptide", "ng/mL", "nmol/L", 0.333),
            ("aldosterone", "ng/dL", "nmol/L", 0.0277),
            ("zinc", "ug/dL", "umol/L", 0.153),
            ("copper", "ug/dL", "umol/L", 0.1574),
            ("fibrinogen", "mg/dL", "g/L", 0.01),
            ("ferritin", "ng/mL", "ug/L", 1.0),
            ("albumin", "g/dL", "g/L", 10.0),
            ("phenylalanine", "mg/dL", "umol/L", 60.5),
            ("haptoglobin", "mg/dL", "g/L", 0.01),
            ("ceruloplasmin", "mg/dL", "mg/L", 10.0),
            ("selenium", "ug/L", "umol/L", 0.0127),
            ("beta2-microglobulin", "ug/mL", "nmol/L", 85.0),
        ],
    )
    def test_molar_factors_agree_with_a_second_source(self, id_: str, unit: str, si: str, factor: float) -> None:
        """From the traditional to the SI unit, as labunits 0.2.1 (MIT) has it, to one part in a hundred."""
        analyte = analytes()[id_]
        weights = {analyte.unit: 1.0} | {code: weight for code, weight in analyte.units.items() if weight}
        assert weights[unit] / weights[si] == pytest.approx(factor, rel=1e-2)

    @pytest.mark.parametrize("name", ["analytes", "scores"])
    def test_ends_are_in_order(self, name: str) -> None:
        """The lower end of what is plausible lies below the upper one."""
        for id_, row in TABLES[name]().items():
            if row.low is not None and row.high is not None:
                assert row.low < row.high, id_

    def test_factors_are_positive(self) -> None:
        """No factor is zero or negative, and the canonical unit does not stand among the others."""
        for analyte in analytes().values():
            assert analyte.unit not in analyte.units, analyte.id
            assert all(factor is None or factor > 0 for factor in analyte.units.values()), analyte.id

    @pytest.mark.parametrize("loinc", [(a.id, a.loinc) for a in analytes().values() if a.loinc])
    def test_loinc_codes_have_their_check_digit(self, loinc: tuple[str, str]) -> None:
        """The last digit is the Mod 10 check digit of those before it."""
        digits, check = loinc[1].split("-")
        odd = str(int(digits[::-1][::2][::-1]) * 2)
        even = digits[::-1][1::2][::-1]
        assert (10 - sum(map(int, odd + even)) % 10) % 10 == int(check)

    @pytest.mark.parametrize(
        ("written", "text", "case_sensitive"),
        [("Hb", "Hb", True), ("=AUDIT", "AUDIT", True), ("asthma", "asthma", False), ("COPD", "COPD", False)],
    )
    def test_short_and_marked_aliases_keep_their_case(self, written: str, text: str, case_sensitive: bool) -> None:
        """Up to three characters, or an equals sign before it."""
        alias = parse_alias(written)
        assert (alias.text, alias.case_sensitive) == (text, case_sensitive)

    def test_damaged_tables_are_refused(self) -> None:
        """Other columns or too many cells give a typed error that names the file."""
        with pytest.raises(ResourceError, match=r"own\.tsv"):
            parse_rows("own.tsv", [(1, "id\tname")], ("id", "display"))
        with pytest.raises(ResourceError, match="line 2"):
            parse_rows("own.tsv", [(1, "id\tname"), (2, "a\tb\tc")], ("id", "name"))


class TestForms:
    @pytest.mark.parametrize(
        ("name", "forms"),
        [
            ("Arthritis, Rheumatoid", {"arthritis, rheumatoid", "rheumatoid arthritis"}),
            ("Biopsy", {"biopsy", "biopsies"}),
            ("Metastasis", {"metastasis", "metastases"}),
            ("Crohn's disease", {"crohn's disease", "crohn disease", "crohns disease"}),
            ("Leukemia", {"leukemia", "leukaemia"}),
            ("Abscess", {"abscess", "abscesses"}),
        ],
    )
    def test_variants_hold_the_forms_in_use(self, name: str, forms: set[str]) -> None:
        """Word order, number, possessive and spelling."""
        assert forms <= variants(name)

    def test_forms_that_are_none_are_not_made(self) -> None:
        """Guarded spellings and singulars in s stay as they are."""
        assert respell("chemotherapy") == set()
        assert inflect("pancreatitis") == inflect("lupus") == set()
        assert reorder("lupus, discoid, chronic") == "lupus, discoid, chronic"

    def test_folding_keeps_its_way_back(self) -> None:
        """Runs of blanks shrink to one, and every folded character knows where it came from."""
        folded = fold("A \t B\r\n\r\nc")
        assert folded.lower == "a b\nc"
        assert folded.span(0, 3) == (0, 5)
        assert folded.span(4, 5) == (9, 10)
