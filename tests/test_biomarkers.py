"""Biomarkers: the tables of genes and names, and what is found in text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import cpu_seconds

from critparse.concepts import biomarkers
from critparse.concepts.biomarkers import find, genes
from critparse.errors import ResourceError
from critparse.lexicon.resources import data_rows
from critparse.lexicon.tables import parse_alias

ROWS = data_rows(biomarkers.NAMES, biomarkers.COLUMNS)

# Written down by hand, not taken from the table.
KNOWN = """
EGFR 3236, ERBB2 3430, CD274 17635, PDCD1 8760, ALK 427, ROS1 10261, KRAS 6407, NRAS 7989, HRAS
5173, BRAF 1097, BRCA1 1100, BRCA2 1101, PIK3CA 8975, MET 7029, RET 9967, NTRK1 8031, NTRK2 8032,
NTRK3 8033, FGFR2 3689, FGFR3 3690, IDH1 5382, IDH2 5383, FLT3 3765, NPM1 7910, JAK2 6192, CALR
1455, MPL 7217, BCR 1014, ABL1 76, PML 9113, RARA 9864, TP53 11998, MYC 7553, BCL2 990, BCL6 1001,
CD19 1633, MS4A1 7315, CD22 1643, TNFRSF8 11923, CD33 1659, CD38 1667, TNFRSF17 11913, KIT 6342,
PDGFRA 8803, SMN1 11117, DMD 2928, CFTR 1884, HTT 4851, APOE 613, SOD1 11179, C9orf72 28337, LRRK2
18618, GBA1 4177, TTR 12405, F8 3546, F9 3551, HLA-B 4932, UGT1A1 12530, DPYD 3012, CYP2D6 2625,
TPMT 12014, MGMT 7059, MLH1 7127, MSH2 7325, MSH6 7329, PMS2 9122, ESR1 3467, PGR 8910, AR 644, PTEN
9588, G6PD 4057
"""


def found(text: str) -> list[tuple[str, str, str]]:
    """(surface, symbols, method) of what is found."""
    return [(text[hit.start : hit.end], hit.display, hit.method) for hit in find(text)]


class TestTables:
    def test_well_known_genes_have_their_ids(self) -> None:
        """At least 60 symbols with the ids they are known by."""
        pairs = [pair.split() for pair in KNOWN.replace("\n", " ").split(",")]
        assert len(pairs) >= 60
        assert [(symbol, genes()[symbol].hgnc) for symbol, _ in pairs] == [(one, f"HGNC:{id_}") for one, id_ in pairs]

    def test_reviewed_names_agree_with_the_genes(self) -> None:
        """At least 200 rows, each with symbols and ids as HGNC has them."""
        assert len(ROWS) >= 200
        for row in ROWS:
            ids = [genes()[symbol].hgnc for symbol in row["symbols"].split("|")]
            assert ids == row["hgnc"].split("|"), row["name"]

    def test_an_alias_belongs_to_one_row(self) -> None:
        """No alias stands twice."""
        aliases = [parse_alias(alias) for row in ROWS for alias in row["aliases"].split("|")]
        keys = [(alias.text if alias.case_sensitive else alias.text.lower(), alias.case_sensitive) for alias in aliases]
        assert len(keys) == len(set(keys))

    def test_every_alias_is_found_whole(self) -> None:
        """Alone, or beside a word of genes where the row asks for one, each alias gives its row."""
        missed = []
        for row in ROWS:
            for alias in (parse_alias(alias).text for alias in row["aliases"].split("|")):
                hits = find(f"{alias} mutation" if row["context"] else alias)
                if [(hit.start, hit.name) for hit in hits] != [(0, row["name"])] or hits[0].end < len(alias):
                    missed.append(alias)
        assert missed == []

    def test_genes_are_many_and_well_formed(self) -> None:
        """The protein-coding genes, each id once, with names and former symbols."""
        assert 19_000 < len(genes()) < 21_000
        assert len({gene.hgnc for gene in genes().values()}) == len(genes())
        assert genes()["CD274"].name == "CD274 molecule"
        assert "PD-L1" in genes()["CD274"].aliases

    def test_a_damaged_table_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A line of another shape raises ResourceError."""
        monkeypatch.setattr(biomarkers, "data_text", lambda name: "EGFR\tHGNC:3236\n")
        with pytest.raises(ResourceError, match="line 1"):
            genes.__wrapped__()


class TestFinding:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("HER2-positive tumour", [("HER2", "ERBB2", "exact")]),
            ("PD-L1 TPS of 50% or more", [("PD-L1", "CD274", "exact")]),
            ("CD20+ lymphoma", [("CD20", "MS4A1", "exact")]),
            ("known BRAF V600E", [("BRAF V600E", "BRAF", "exact")]),
            ("BCR-ABL1 transcripts", [("BCR-ABL1", "BCR/ABL1", "exact")]),
            ("dMMR disease", [("dMMR", "MLH1/MSH2/MSH6/PMS2", "exact")]),
            ("FLT3-ITD at diagnosis", [("FLT3-ITD", "FLT3", "exact")]),
            ("homozygous for F508del", [("F508del", "CFTR", "exact")]),
            ("carrier of APOE ε4", [("APOE ε4", "APOE", "exact")]),
            ("a variant of FBN1", [("FBN1", "FBN1", "context")]),
            ("SCN2A-mutated epilepsy", [("SCN2A", "SCN2A", "context")]),
            ("COL2A1 p.Gly1170Ser", [("COL2A1", "COL2A1", "context")]),
            ("ER positive and PR negative", [("ER", "ESR1", "context"), ("PR", "PGR", "context")]),
            ("MET amplification", [("MET", "MET", "context")]),
            ("wild-type RAS", [("RAS", "KRAS/NRAS/HRAS", "context")]),
        ],
    )
    def test_names_are_found(self, text: str, expected: list[tuple[str, str, str]]) -> None:
        """Trial names, changes of single letters, and symbols beside a word of genes."""
        assert found(text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "Patients met the criteria",
            "history of CAD",
            "REST and MAX exercise",
            "CAT scan at baseline",
            "CRP positive",
            "ALB 3.5 g/dL and TSH 4",
            "a new SET of samples",
            "EGFR > 60 mL/min",
            "eGFR mutation",
            "seen in the ER",
            "Hispanic or AR residents",
            "FBN1",
            "day 1 (D1) and OTC drugs",
            "",
            "   ",
        ],
    )
    def test_what_only_looks_like_a_gene_is_left(self, text: str) -> None:
        """Words, laboratory values and places; a symbol that is not reviewed needs its context."""
        assert found(text) == []

    @pytest.mark.parametrize(
        "text",
        [
            "EGFR inhibitors",
            "prior anti-PD-1 therapy",
            "anti-programmed death ligand (PD-L1) antibody",
            "PD-1/PD-L1 inhibitors",
            "HER2-targeted treatment",
            "CDK4/6 inhibitor",
            "an EGFR, ALK or ROS1 inhibitor",
            "drugs metabolized by CYP2D6",
            "strong CYP2C19 inducers",
            "agents targeting DLL3",
            "FGFR tyrosine kinase inhibitors",
        ],
    )
    def test_classes_of_drugs_are_no_biomarkers(self, text: str) -> None:
        """What is meant is the drug, also in a list of targets."""
        assert found(text) == []

    @pytest.mark.parametrize(
        ("text", "symbols"),
        [
            ("BRCA1, BRCA2, PALB2, or ATM mutation", ["BRCA1", "BRCA2", "PALB2", "ATM"]),
            ("mutations in SCN2A, SCN8A and KCNQ2", ["SCN2A", "SCN8A", "KCNQ2"]),
            ("EGFR/ALK/RET rearrangements", ["EGFR", "ALK", "RET"]),
            ("no ATM; otherwise a mutation of RB1", ["RB1"]),
        ],
    )
    def test_a_list_shares_its_context(self, text: str, symbols: list[str]) -> None:
        """The word that ends or opens a list counts for all names in it, and not beyond."""
        assert [hit.display for hit in find(text)] == symbols

    def test_codes_carry_the_prefix_of_hgnc(self) -> None:
        """The usual form of the ids, one code for each gene."""
        (hit,) = find("EGFR T790M")
        assert (hit.name, hit.codes, hit.display) == ("EGFR T790M", (("HGNC", "HGNC:3236"),), "EGFR")
        (fusion,) = find("PML-RARA")
        assert fusion.codes == (("HGNC", "HGNC:9113"), ("HGNC", "HGNC:9864"))

    @given(
        st.lists(st.sampled_from(["EGFR", "ALK", " ", ", ", "mutation", "anti-", "(", "ε", "\n", "HER2", "FBN1", "-"]))
    )
    def test_hits_lie_in_the_text_in_order(self, pieces: list[str]) -> None:
        """Offsets are those of the text given; no hit overlaps another."""
        text = "".join(pieces)
        end = 0
        for hit in find(text):
            assert end <= hit.start < hit.end <= len(text)
            end = hit.end

    @pytest.mark.parametrize("unit", ["EGFR, ", "A-", "mutation ", "EGFR (", "((((", "anti-x ", "EGFR \n\n "])
    def test_time_is_linear_in_hostile_text(self, unit: str) -> None:
        """Ten times the text takes about ten times as long."""
        find(unit)

        def seconds(times: int) -> float:
            return cpu_seconds(lambda: find(unit * times))

        assert seconds(20_000) < 30 * seconds(2_000) + 0.5
