"""The codes of analytes and scores: well formed, confirmed by a second source, fit for the row's unit, used once."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from support import ROOT

from critparse.lexicon import Analyte, analytes, default_lexicon, scores
from critparse.lexicon.resources import parse_rows

DATA = ROOT / "tests" / "data"
SYSTEMS = {"LOINC": r"\d{1,6}-\d", "NCIT": r"C\d{4,6}", "SNOMEDCT": r"\d{6,10}", "MESH": r"D\d{6}(\d{3})?"}
# Kind of a quantity by what LOINC writes in brackets; one name may have several.
PROPERTIES = {
    "Mass/volume": {"mass/volume"},
    "Moles/volume": {"moles/volume"},
    "Units/volume": {"units/volume"},
    "Enzymatic activity/volume": {"units/volume", "activity rate"},
    "Enzymatic activity/mass": {"units/mass"},
    "#/volume": {"count/volume", "units/volume"},
    "#/area": {"count/area"},
    "Mass/time": {"mass/time"},
    "Moles/time": {"moles/time"},
    "Mass/mass": {"mass/mass"},
    "Mass Ratio": {"mass/mass", "ratio"},
    "# Ratio": {"ratio"},
    "Enzymatic activity ratio": {"ratio"},
    "Mass Fraction": {"ratio"},
    "Volume Fraction": {"ratio"},
    "Volume Rate/Area": {"rate/area"},
    "Partial pressure": {"pressure"},
    "Entitic mean volume": {"volume"},
    "Entitic Mass/volume": {"mass/volume"},
    "Entitic mass": {"mass"},
    "DistWidth": {"ratio"},
    "Presence": {"ratio"},
    "Titer": {"titer"},
    "Ratio": {"mass/area"},
    "Percentile": {"percentile"},
    "Volume": {"volume"},
}
KINDS = (
    (r"\[pH\]", "ph"),
    (r"[munpkfM]?\[IU\]/m?L|[kmu]?U/m?L|\[beth'U\]/mL", "units/volume"),
    (r"ng/mL/h", "activity rate"),
    (r"U/g(\{Hb\})?", "units/mass"),
    (r"[kmunp]?g/[dm]?L", "mass/volume"),
    (r"[mun]?mol/L", "moles/volume"),
    (r"mmol/mol|%|1|\{ratio\}", "ratio"),
    (r"(10\*\d+)?/[um]?L|10\*\d+/[um]?L|\{copies\}/mL", "count/volume"),
    (r"/\[HPF\]", "count/area"),
    (r"[mu]?g/d", "mass/time"),
    (r"mmol/d", "moles/time"),
    (r"[mu]g/m?g", "mass/mass"),
    (r"mL/min/\{1\.73_m2\}", "rate/area"),
    (r"mm\[Hg\]", "pressure"),
    (r"fL|L|mL", "volume"),
    (r"pg|kg", "mass"),
    (r"kg/m2", "mass/area"),
    (r"\{titer\}", "titer"),
    (r"\{percentile\}", "percentile"),
)
# Names that LOINC words otherwise than we do: row id to the word of LOINC's name that says the same.
REVIEWED = {
    "alp": "Alkaline phosphatase", "anc": "Neutrophils", "wbc-count": "Leukocytes", "rbc-count": "Erythrocytes",
    "mcv": "MCV", "mch": "MCH", "mchc": "MCHC", "rdw": "Erythrocyte", "esr": "sedimentation", "bun": "Urea nitrogen",
    "egfr": "Glomerular filtration", "uric-acid": "Urate", "urine-rbc": "Erythrocytes", "urine-wbc": "Leukocytes",
    "fio2": "Inhaled oxygen", "pf-ratio": "Horowitz", "pao2": "Oxygen", "paco2": "Carbon dioxide", "inr": "INR",
    "afp": "Alpha-1-Fetoprotein", "ast-alt-ratio": "Aspartate aminotransferase/Alanine", "ketones": "hydroxybutyrate",
    "free-fatty-acids": "nonesterified", "tsat": "Iron saturation", "vitamin-a": "Retinol", "vitamin-e": "tocopherol",
    "vitamin-b12": "B12", "ana": "Nuclear Ab", "anti-ccp": "Cyclic citrullinated", "anti-dsdna": "DNA double strand",
    "igg": "IgG", "iga": "IgA", "igm": "IgM", "ige": "IgE", "m-protein-serum": "monoclonal", "ck-mb": "MB",
    "bnp": "Natriuretic peptide B", "nt-probnp": "prohormone N-Terminal", "smwd": "Six minute walk",
    "spo2": "Oxygen saturation", "waist": "Waist", "bsa": "surface area", "pef": "Peak flow",
    "tsh": "Thyrotropin", "fsh": "Follitropin", "lh": "Lutropin", "estradiol": "Estradiol", "amh": "Mullerian",
    "hcg": "Choriogonadotropin", "acth": "Corticotropin", "pth": "Parathyrin", "gh": "Somatotropin",
    "5-hiaa": "Hydroxyindoleacetate", "dheas": "DHEA-S", "ca125": "125", "ca19-9": "19-9", "ca15-3": "15-3",
    "ca27-29": "27-29", "cea": "Carcinoembryonic", "psa": "Prostate specific", "blood-alcohol": "Ethanol",
    "paracetamol-level": "Acetaminophen", "cyclosporine-trough": "cycloSPORINE", "rpr-titer": "Reagin",
    "csf-wbc": "Leukocytes", "synovial-wbc": "Leukocytes", "csf-protein": "Protein", "csf-glucose": "Glucose",
    "bcr-abl": "BCR", "sperm-concentration": "Spermatozoa", "time-in-range": "in range", "urine-ph": "pH",
    "blood-ph": "pH", "sars-cov-2-pcr": "SARS-CoV-2", "hiv-rna": "HIV", "hiv-ab": "HIV", "cohb": "Carboxyhemoglobin",
    "hemoglobin": "Hemoglobin", "hematocrit": "Hematocrit", "hba1c": "A1c", "hba2": "A2", "hbs": "Hemoglobin S",
    "fetal-hemoglobin": "Hemoglobin F", "methemoglobin": "Methemoglobin", "ionized-calcium": "Calcium.ionized",
    "fecal-calprotectin": "Calprotectin", "fecal-elastase": "Elastase", "fecal-fat": "Fat",
    "nk-cell-count": "CD16+CD56+",
    "etco2": "Carbon dioxide", "peep": "Positive end expiratory", "ogtt-2h": "75 g glucose", "aptt": "aPTT",
    "postprandial-glucose": "post meal", "tibc": "Iron binding", "hdl-c": "HDL", "ldl-c": "LDL",
    "aso-titer": "Streptolysin",
    "egfr-ckd-epi-2009": "CKD-EPI)", "tpo-ab": "Thyroperoxidase", "ctx": "C-telopeptide",
    "p1np": "N-terminal propeptide",
    "trab": "Thyrotropin receptor", "bmi": "BMI", "head-circumference": "Head", "cmv-dna": "Cytomegalovirus",
    "cd4-count": "CD4", "cd8-count": "CD8", "cd4-percentage": "CD4", "prothrombin-activity": "Prothrombin",
    "pasp": "Pulmonary artery Systolic", "mean-arterial-pressure": "Mean blood pressure",
    "qtc": "Q-T interval corrected",
    "pr-interval": "P-R", "fev1-fvc": "FEV1/FVC", "temperature": "temperature", "iop": "Intraocular",
    "troponin": "Troponin", "flc-ratio": "Kappa light chains.free/Lambda", "height": "height", "lactate": "Lactate",
    "hbsag-level": "surface Ag", "selenium": "Selenium", "copper": "Copper", "zinc": "Zinc",
}  # fmt: skip
# Words of specimens, properties and methods, and small ones: they say nothing about what is measured.
NO_COMPONENT = {"serum", "level", "blood", "urine", "plasma", "in", "or", "of", "by", "and", "volume", "mas"} | {
    "mole", "unit", "count", "cell", "activity", "ratio", "method", "time", "score", "scale", "total", "the", "for",
}  # fmt: skip
# Rows whose factor differs from labunits', and why ours stands.
OTHER_THAN_LABUNITS = {"vitamin-d-125": "calcitriol's molar mass of 416.6 g/mol gives 2.400 pmol/L for 1 pg/mL"}


def verified(name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a table of verified codes, comments left out."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    numbered = [(at, line) for at, line in enumerate(lines, 1) if line and not line.startswith("#")]
    return list(parse_rows(name, numbered, columns))


NAMES = {row["code"]: row["name"] for row in verified("loinc_verified.tsv", ("code", "name", "sources"))}
SCORE_CODES = {
    (row["system"], row["code"]): row["name"]
    for row in verified("score_codes_verified.tsv", ("system", "code", "name", "source"))
}
CODED = [analyte for analyte in analytes().values() if analyte.loinc]


def check_digit(code: str) -> int:
    """LOINC's mod 10 check digit of the number before the hyphen."""
    total = 0
    for place, digit in enumerate(reversed(code.partition("-")[0])):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return -total % 10


def kind_of(unit: str) -> str:
    """What kind of quantity a UCUM unit is, or nothing."""
    return next((kind for pattern, kind in KINDS if re.fullmatch(pattern, unit)), "")


def property_of(name: str) -> set[str]:
    """The kinds that a LOINC name allows, none when the name does not say."""
    found = re.search(r"\[([^\]]+)\]", name)
    return PROPERTIES.get(found[1], set()) if found else set()


def words(text: str) -> set[str]:
    """The words that mean something, in lower case and American spelling."""
    text = text.lower().replace("haem", "hem").replace("oest", "est").replace("ae", "e").replace("ised", "ized")
    return {word.removesuffix("s") for word in re.findall(r"[a-z0-9]{2,}", text)} - NO_COMPONENT


class TestAnalytes:
    """LOINC codes of analytes, vital signs and measures."""

    def test_how_many(self) -> None:
        """At least 250 rows have a code."""
        assert len(CODED) >= 250

    @pytest.mark.parametrize("analyte", CODED, ids=lambda analyte: analyte.id)
    def test_code_is_sound(self, analyte: Analyte) -> None:
        """The check digits are right and the codes were seen in a second source."""
        for code in (analyte.loinc, *analyte.loinc_other.values()):
            assert re.fullmatch(SYSTEMS["LOINC"], code)
            assert check_digit(code) == int(code[-1])
            assert code in NAMES

    @pytest.mark.parametrize("analyte", CODED, ids=lambda analyte: analyte.id)
    def test_name_agrees(self, analyte: Analyte) -> None:
        """LOINC's name shares a word with the row, or the row was reviewed by hand."""
        name = NAMES[analyte.loinc]
        if analyte.id in REVIEWED:
            assert REVIEWED[analyte.id].lower() in name.lower()
        else:
            assert words(analyte.display) & words(name)

    @pytest.mark.parametrize("analyte", CODED, ids=lambda analyte: analyte.id)
    def test_property_fits_the_unit(self, analyte: Analyte) -> None:
        """A mass code stands with a mass unit, a molar code with a molar one, a count with a count."""
        for unit, code in ((analyte.unit, analyte.loinc), *analyte.loinc_other.items()):
            allowed, kind = property_of(NAMES[code]), kind_of(unit)
            assert not allowed or not kind or kind in allowed, (unit, code, NAMES[code])

    def test_other_units_are_accepted_ones(self) -> None:
        """The units of the other codes are units of the row, except where the property is another quantity."""
        odd = [a.id for a in analytes().values() for unit in a.loinc_other if unit not in a.units]
        assert odd == [name for name in odd if name in {"lipoprotein-a", "hba1c"}]

    def test_no_code_stands_for_two_rows(self) -> None:
        """Every code belongs to one row."""
        codes = [code for a in analytes().values() for code in (a.loinc, *a.loinc_other.values()) if code]
        shared = {code for code in codes if codes.count(code) > 1}
        # Absolute reticulocytes have their own row and are the other property of the percentage's.
        assert shared == {"60474-4"}


class TestScores:
    """Codes of scores, scales, classes and stages."""

    def test_how_many(self) -> None:
        """At least 150 scores have a code, both ends and a direction."""
        full = [s for s in scores().values() if s.codes and s.low is not None and s.high is not None and s.direction]
        assert len(full) >= 150

    def test_codes_are_sound(self) -> None:
        """The codes have the shape of their system, and were seen in a second source."""
        for score in scores().values():
            for system, code in score.codes:
                assert re.fullmatch(SYSTEMS[system], code), code
                assert (system, code) in SCORE_CODES
                assert system != "LOINC" or check_digit(code) == int(code[-1])

    def test_no_code_stands_for_two_rows(self) -> None:
        """Every code belongs to one row, and every verified code is used."""
        codes = [code for score in scores().values() for code in score.codes]
        assert len(codes) == len(set(codes))
        assert set(codes) == set(SCORE_CODES)

    def test_names_agree(self) -> None:
        """A code's name shares a word with the row's name or aliases."""
        for score in scores().values():
            own = words(" ".join((score.display, *(alias.text for alias in score.aliases))))
            for code in score.codes:
                assert own & words(SCORE_CODES[code]), (score.id, code)

    def test_best_first(self) -> None:
        """LOINC comes before NCIt, SNOMED CT and MeSH."""
        order = ["LOINC", "NCIT", "SNOMEDCT", "MESH"]
        for score in scores().values():
            places = [order.index(system) for system, _ in score.codes]
            assert places == sorted(places)

    def test_lexicon_carries_them(self) -> None:
        """A score's concept has its codes."""
        concept = default_lexicon().concept("SCORE:mmse")
        assert concept.codes[0] == ("LOINC", "72106-8")

    def test_versions_have_their_own_ends(self) -> None:
        """Instruments that were one row and differ in range are apart."""
        ends = {
            name: (scores()[name].low, scores()[name].high) for name in ("act", "c-act", "audit", "audit-c", "dast-10")
        }
        assert ends == {"act": (5, 25), "c-act": (0, 27), "audit": (0, 40), "audit-c": (0, 12), "dast-10": (0, 10)}


class TestLabunits:
    """The package labunits as a second opinion on codes and conversion factors."""

    def test_factors_agree(self) -> None:
        """Where both have a code and both units, the factors are the same within two percent."""
        theirs = json.loads(files("labunits").joinpath("data/analytes.json").read_text(encoding="utf-8"))
        compared, wrong = 0, []
        for analyte in CODED:
            entry = theirs.get(analyte.loinc)
            if entry is None or entry["traditional_units"] == entry["si_units"]:
                continue
            units = {analyte.unit: 1.0, **analyte.units}
            old, new = units.get(ucum(entry["traditional_units"])), units.get(ucum(entry["si_units"]))
            if not old or not new:
                continue
            compared += 1
            if old / new != pytest.approx(entry["conversion_factor"], rel=0.02):
                wrong.append((analyte.id, entry, old / new))
        assert [row for row in wrong if row[0] not in OTHER_THAN_LABUNITS] == []
        assert compared >= 25


def ucum(unit: str) -> str:
    """A unit as labunits writes it, as UCUM."""
    return unit.replace("µ", "u").replace("μ", "u").replace("mcg", "ug").replace("IU", "[IU]").replace("mEq", "meq")
