"""What looks like a fault and is none: texts on which the checks of wording, values and layout stay silent."""

from __future__ import annotations

from typing import Any

import pytest
from check_pairs.base import record
from support import FIRST_TRIAL, cpu_seconds

import critparse
from critparse import checks
from critparse.checks.language import language_of
from critparse.checks.phrases import opening, phrase, phrases
from critparse.errors import ResourceError


def _codes(source: dict[str, Any]) -> set[str]:
    return {finding.code for finding in critparse.parse(source, model=False).findings}


INCLUSION = [
    ("value-implausible", "Haemoglobin of at least 9 g/dL"),
    ("value-implausible", "Platelets > 0 /mm3"),
    ("value-implausible", "Prothrombin time at most 3 seconds above the upper limit of normal"),
    ("value-implausible", "Pre-albumin of at least 10 mg/dL"),
    ("value-implausible", "HbA1c reduction of 0.5 %"),
    ("score-out-of-scale", "ECOG performance status 0 to 2"),
    ("score-out-of-scale", "COPD according to GOLD 2019"),
    ("score-out-of-scale", "Children must score at least 80 in the reading test"),
    ("score-out-of-scale", "Improvement of the MMSE score by more than 35 percent"),
    ("reference-missing", "ALT and AST at most 2.5 x ULN"),
    ("reference-missing", "Bilirubin at most 1.5 times normal"),
    ("reference-missing", "Neutrophils at least 1.5 x 10^9/L"),
    ("reference-missing", "IgG 4 times higher than before the infection"),
    ("comparator-missing", "Platelets 100,000/mm3 or more"),
    ("comparator-missing", "Oxygen saturation between 90 and 94 %"),
    ("comparator-missing", "Creatinine below 1.5 mg/dL"),
    ("comparator-missing", "The upper limit of normal of creatinine is 1.2 mg/dL"),
    ("window-unanchored", "Hormone treatment for at least 3 months"),
    ("window-unanchored", "Any stroke in the past 6 months"),
    ("window-unanchored", "Surgery within 4 weeks prior to the first dose"),
    ("window-unanchored", "Within 4 weeks of enrolment: chemotherapy or radiotherapy"),
    ("window-unanchored", "Creatinine rise of more than 0.3 mg/dL within 24 hours"),
    ("sign-lost", "Visual acuity = 20/40"),
    ("sign-lost", "ECOG performance status = 0"),
    ("sign-lost", ["Age =18 years", "HbA1c ≥ 7 %"]),
    ("characters-destroyed", "Answer to the question: are you older than 18? Yes"),
    ("characters-destroyed", "Sjögren's syndrome treated by Dr. Müller in São Paulo"),
    ("inclusion-excludes", "Other causes of cough have been excluded"),
    ("inclusion-excludes", "Pregnant women will not be excluded"),
    ("inclusion-excludes", "Allergy to peanuts"),
    ("conjunction-ambiguous", "History of (asthma and bronchitis) or pneumonia"),
    ("conjunction-ambiguous", "Asthma, bronchitis and pneumonia"),
    ("conjunction-ambiguous", "Insulin and metformin as monotherapy or in combination"),
    ("list-missing", "Contraception during the study and for 3 months following the last dose of study drug"),
    ("list-missing", ["Any of the following:", "Stroke", "Diabetes"]),
    ("pointer-dangling", "As required by inclusion criterion 12 of the main study"),
    ("pointer-dangling", "Fulfils the criteria 10 years after diagnosis"),
    ("pointer-outside", "Willing to attend all visits required by the protocol"),
    ("criteria-withheld", "Fulfils the criteria of the American College of Rheumatology"),
    ("criteria-withheld", ["Other tumours: the following criteria apply:", "Stage II"]),
    ("unit-dimension", "Viral load below 50/80 copies/mL"),
    ("unit-dimension", "Creatinine CL above 40 mL/min"),
    ("unit-dimension", "Microalbuminuria above 30 mg/g"),
    ("unit-dimension", "HBsAg (+), HBV DNA < 20000 IU/mL"),
    ("range-empty", "Gestational age between 24 weeks 0 days and 27 weeks 6 days"),
    ("term-vague", "Adequate bone marrow function, defined as platelets of at least 100 x10^9/L"),
    ("term-vague", "Adequate renal function: creatinine clearance of at least 60 mL/min"),
    ("not-a-criterion", "Patients will be eligible if they have asthma"),
    ("not-a-criterion", "Approximately 10 % of the body surface affected"),
    ("abbreviation-unexplained", "Chronic pouchitis (CPQZ) with a CPQZ score of 5"),
    ("abbreviation-unexplained", "MRI of the brain, ECG, and negative HIV and HBV tests"),
    ("abbreviation-unexplained", "Grade IIIB and stage IVA disease"),
    ("abbreviation-unexplained", "ALL PATIENTS MUST HAVE ZQXJ DISEASE"),
    ("minor-consent", "Written informed consent of the participant"),
]

EXCLUSION = [
    ("exclusion-negated", "No informed consent"),
    ("exclusion-negated", "No response to previous chemotherapy"),
    ("exclusion-negated", "Not able to swallow tablets"),
    ("exclusion-negated", "Patients without prior authorization"),
    ("exclusion-negated", "Subjects who may not be healthy enough for the visits"),
    ("exclusion-negated", "Absence of social security"),
    ("exclusion-asks", "Unwilling to use contraception"),
    ("exclusion-asks", "Written informed consent not obtained"),
    ("exclusion-asks", "Life expectancy of less than 3 months"),
    ("sex-specific-criterion", "Female partner who is pregnant"),
    ("language-other", "Diagnosis of a marginal zone lymphoma, e.g. of the stomach, a relapse, or as a second cancer"),
]


class TestTraps:
    @pytest.mark.parametrize(("code", "criterion"), INCLUSION)
    def test_inclusion_is_no_fault(self, code: str, criterion: str | list[str]) -> None:
        """An inclusion criterion that only resembles the fault is not reported."""
        assert code not in _codes(record(criterion, minimum_age="16 Years"))

    @pytest.mark.parametrize(("code", "criterion"), EXCLUSION)
    def test_exclusion_is_no_fault(self, code: str, criterion: str) -> None:
        """An exclusion criterion that only resembles the fault is not reported."""
        assert code not in _codes(record("Asthma", criterion, sex="Male"))

    def test_boilerplate_in_both_lists_is_no_contradiction(self) -> None:
        """A word or two in both lists ("Others") say nothing; the same criterion in both does."""
        assert "required-and-excluded" not in _codes(record(["Asthma", "Others"], "Others", sex="Male"))
        twice = "Severe persistent asthma since childhood"
        assert "required-and-excluded" in _codes(record([twice, "Others"], twice, sex="Male"))

    def test_text_by_itself_may_be_an_excerpt(self) -> None:
        """Without structured fields nothing is said of missing sections."""
        assert critparse.parse("Inclusion Criteria:\n\n* Age 18 to 65 years\n", model=False).findings == ()

    def test_cut_off_text_lacks_no_section(self) -> None:
        """What a cut off text does not show is not reported as missing."""
        cut = {
            "id": "TEST",
            "sex": "All",
            "eligibility": "Inclusion Criteria:\n\n* Asthma\n* Cough for more than th...",
        }
        assert _codes(cut) == {"text-cut-off"}

    def test_not_applicable_is_an_ending(self) -> None:
        """ "N/A" at the end of a text is no article."""
        text = "Inclusion Criteria:\n\n* Asthma\n\nExclusion Criteria: N/A"
        assert "text-cut-off" not in _codes({"id": "TEST", "sex": "All", "eligibility": text})

    def test_sex_conflict_is_reported_once(self) -> None:
        """Pregnant women among the inclusion criteria of a trial for men: one finding about the field."""
        assert _codes(record("Pregnant women attending antenatal care", sex="Male")) == {"sex-conflict"}

    def test_project_trial_has_no_further_finding(self) -> None:
        """NCT01741857 keeps its two findings, with the model and without it."""
        found = critparse.parse(FIRST_TRIAL, model=False).findings
        assert [finding.code for finding in found] == ["age-maximum-conflict", "unit-incomplete"]


class TestPhrases:
    def test_phrases_cross_line_breaks(self) -> None:
        """Blanks of a phrase match line breaks with their indent; the longest phrase wins."""
        text = "disease that, in the opinion of the\r\n             investigators, matters"
        (found,) = phrases("vague", text)
        assert text[found.start : found.end].split() == ["in", "the", "opinion", "of", "the", "investigators"]
        assert found.kind == "is a judgement"

    def test_phrases_are_whole_words(self) -> None:
        """A phrase inside a word is none; an opening stands at the very beginning."""
        assert phrase("vague", "unreasonableness") is None
        assert opening("negated", "No history of stroke") is not None
        assert opening("negated", "Patients with no history of stroke") is None

    def test_unknown_set_is_an_error(self) -> None:
        """A set that the data file lacks is a damaged file."""
        with pytest.raises(ResourceError):
            phrase("no-such-set", "text")


class TestLanguages:
    @pytest.mark.parametrize(
        ("text", "language"),
        [
            ("Der Patient ist nicht in der Lage, die Fragen bei der Visite zu beantworten", "German"),
            ("Pacientes con una enfermedad del corazón antes de la cirugía por cualquier causa", "Spanish"),
            ("Pazienti con una malattia del fegato che non sono in grado di dare il consenso", "Italian"),
            ("Patiënten die niet met het onderzoek door willen gaan of een ziekte van de lever hebben", "Dutch"),
            ("Больные с артериальной гипертензией", "a script other than Latin"),
            ("Known hypersensitivity to a drug of the study, or a disease of the liver", "English"),
            ("de novo", "English"),
        ],
    )
    def test_language_is_told_by_its_small_words(self, text: str, language: str) -> None:
        """The language of a passage; too short a passage is taken to be English."""
        assert language_of(text) == language


class TestSpeed:
    def test_long_text_is_checked_in_linear_time(self) -> None:
        """Four times the text takes not much more than four times as long."""
        line = (
            "* No history of ABCD 5 or any condition = that, in the opinion of the following ? 7 criteria 12 and or\n"
        )

        def seconds(lines: int) -> float:
            text = "Inclusion Criteria:\n\n" + line * lines
            trial = critparse.parse({"id": "T", "sex": "Male", "eligibility": text}, model=False)
            return cpu_seconds(lambda: checks.run(trial))

        assert seconds(800) < 12 * max(seconds(200), 0.01)
