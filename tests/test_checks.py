"""The checks: for each a record with the fault and the same one mended, and what holds for all of them."""

from __future__ import annotations

from typing import Any

import pytest
from check_pairs import ALL
from check_pairs.base import record
from check_pairs.copies import NARRATED, NARRATIVE
from check_pairs.fields import ADULTS, AGED
from hypothesis import given
from hypothesis import strategies as st
from support import FIRST_TRIAL, ROOT, SHARED, module_at

import critparse
from critparse import checks
from critparse.checks import registry
from critparse.checks.ages import eligibility_age
from critparse.checks.facts import Facts
from critparse.lexicon.resources import data_rows
from critparse.schema import FieldEvidence, Finding, ParsedTrial, SpanEvidence


def _parse(source: dict[str, Any]) -> ParsedTrial:
    return critparse.parse(source)


def _findings(source: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in _parse(source).findings]


def _shown(trial: ParsedTrial, finding: Finding) -> list[str]:
    """The evidence as a reader sees it: ``field=value`` or the quoted passage."""
    texts = {text.id: text.text for text in trial.texts}
    return [
        f"{e.field}={e.value}" if isinstance(e, FieldEvidence) else " ".join(texts[e.text_id][e.start : e.end].split())
        for e in finding.evidence
    ]


class TestPairs:
    @pytest.mark.parametrize(("code", "severity", "faulty", "evidence", "mended"), ALL)
    def test_fault_is_found(
        self, code: str, severity: str, faulty: dict[str, Any], evidence: list[str] | None, mended: dict[str, Any]
    ) -> None:
        """The record with the fault has the finding, at its severity and resting on the words at fault."""
        trial = _parse(faulty)
        found = [finding for finding in trial.findings if finding.code == code]
        assert [finding.severity for finding in found] == [severity]
        if evidence is not None:
            assert _shown(trial, found[0]) == evidence

    @pytest.mark.parametrize(("code", "severity", "faulty", "evidence", "mended"), ALL)
    def test_mended_record_is_clean(
        self, code: str, severity: str, faulty: dict[str, Any], evidence: list[str] | None, mended: dict[str, Any]
    ) -> None:
        """The same record without the fault has no finding of that code."""
        assert code not in [finding.code for finding in _parse(mended).findings]

    def test_every_check_has_a_pair(self) -> None:
        """No check goes without a record that shows its fault."""
        assert {check.code for check in checks.catalogue()} == {param.values[0] for param in ALL}


class TestAges:
    @pytest.mark.parametrize(
        "criterion",
        [
            "Postmenopausal, defined as age over 60 years without menses for 12 months",
            "At least one of the following risk factors: age over 75 years, hypertension, diabetes",
            "Karnofsky score of at least 50 for patients over 16 years of age",
            "Age at symptom onset below 45 years",
            "Written assent of children between 7 and 17 years of age",
            "Donor age below 60 years",
            "Gestational age between 24 and 32 weeks",
            "If over 70 years of age, a normal stress test",
            "For Japan only: at least 20 years of age",
            "Family history of sudden death under 40 years of age",
            "Living with a child under 5 years of age",
            "Because there are no data in patients under 12 years of age, children are excluded from this study",
        ],
    )
    def test_ages_of_others_are_no_evidence(self, criterion: str) -> None:
        """An age of a subgroup, of somebody else or at another time contradicts no field."""
        codes = [code for code, _ in _findings(record([criterion], minimum_age="18 Years", maximum_age="80 Years"))]
        assert not [code for code in codes if code.startswith("age-")]

    def test_age_at_the_head_binds_over_an_or(self) -> None:
        """The age of the people at the head of a criterion binds all, whatever "or" follows."""
        head = record("Adults (at least 21 years old) with asthma or chronic bronchitis", minimum_age="18 Years")
        assert _findings(head) == [("age-minimum-conflict", "error")]
        assert _findings(record("Age over 65 years or diabetes", minimum_age="18 Years")) == []

    def test_union_of_cohorts_is_the_field(self) -> None:
        """Cohorts whose ages together make up the field do not contradict it."""
        cohorts = ["Cohort A: 18 to 55 years of age", "Cohort B: 56 to 75 years of age"]
        assert _findings(record(cohorts, minimum_age="18 Years", maximum_age="75 Years")) == []

    def test_split_limits_are_put_together(self) -> None:
        """A lower and an upper limit in criteria of their own are the ends of one range."""
        ages = eligibility_age(Facts(_parse(record(["Age >= 18 years", "Age <= 65 years"]))), "eligibility")
        assert [limit.number for limit in ages.minimum] == [18]
        assert [limit.number for limit in ages.maximum] == [65]

    def test_exclusions_are_turned_round(self) -> None:
        """Excluding "< 18 or > 65" admits 18 to 65, both ends included."""
        trial = _parse(record("Asthma", "Age < 18 or > 65 years"))
        ages = eligibility_age(Facts(trial), "eligibility")
        assert [(limit.number, limit.inclusive) for limit in (*ages.minimum, *ages.maximum)] == [(18, True), (65, True)]

    def test_registries_without_age_limits_have_no_blank_ones(self) -> None:
        """The EU CTR keeps age groups: that it names no minimum age contradicts nothing; a blank NCT field does."""
        asked = record("Adults aged at least 18 years")
        assert _findings({**asked, "id": "EUCTR2020-000000-00-DE"}) == []
        assert _findings({**asked, "id": "NCT00000000"}) == [("age-minimum-conflict", "warning")]

    def test_one_finding_names_every_place(self) -> None:
        """Field, list and narrative are named in one finding, not in three."""
        description = "Inclusion Criteria:\n\n1. Aged 18 to 80 years\n2. Moderate asthma\n"
        trial = _parse(record(["Aged 18 to 65 years", "Moderate asthma"], description=description, **ADULTS))
        (finding,) = trial.findings
        assert (finding.code, finding.severity) == ("age-maximum-conflict", "error")
        assert _shown(trial, finding) == ["maximum_age=65 Years", "18 to 65 years", "18 to 80 years"]

    def test_unit_slip_is_suggested(self) -> None:
        """The same number in another unit is recognised as such."""
        (finding,) = _parse(record("Aged 18 to 65 years", minimum_age="18 Months", maximum_age="65 Years")).findings
        assert "unit" in finding.suggestion

    @pytest.mark.parametrize(
        ("field", "text"),
        [
            ("17 Years", "Aged 6 months to < 18 years"),
            ("11 Years", "Aged 6 months to 11.9 years"),
            ("6 Weeks", "Aged up to 42 days"),
        ],
    )
    def test_equal_ages_in_other_words_agree(self, field: str, text: str) -> None:
        """ "< 18" is 17 completed years, 42 days are 6 weeks."""
        assert "age-maximum-conflict" not in dict(_findings(record(text, minimum_age="6 Months", maximum_age=field)))

    @given(low=st.integers(18, 40), high=st.integers(50, 90), shift=st.integers(2, 9), upper=st.booleans())
    def test_injected_conflict_is_found(self, low: int, high: int, shift: int, upper: bool) -> None:
        """A field that is moved away from the text is found, and the untouched record is clean."""
        fields = {"minimum_age": f"{low} Years", "maximum_age": f"{high} Years"}
        text = f"Men and women between {low} and {high} years of age"
        assert _findings(record(text, **fields)) == []
        moved = (
            {**fields, "maximum_age": f"{high - shift} Years"}
            if upper
            else {**fields, "minimum_age": f"{low - shift} Years"}
        )
        end = "maximum" if upper else "minimum"
        assert _findings(record(text, **moved)) == [(f"age-{end}-conflict", "error")]


class TestPeople:
    @pytest.mark.parametrize(
        "criterion",
        [
            "Women of childbearing potential must use contraception",
            "Female participants: negative pregnancy test at screening",
            "Males must agree not to donate sperm",
            "Haemoglobin at least 12 g/dL for women and 13 g/dL for men",
        ],
    )
    def test_conditions_on_one_sex_are_no_evidence(self, criterion: str) -> None:
        """What is asked of the women or men among the participants says nothing about who may take part."""
        assert "sex-conflict" not in dict(_findings(record([criterion, "Chronic heart failure"], sex="All")))

    def test_pregnant_women_contradict_the_field_male(self) -> None:
        """Pregnant women cannot be enrolled under the field "male"; under "all" they prove nothing."""
        assert _findings(record("Pregnant women attending antenatal care", sex="Male")) == [("sex-conflict", "error")]
        assert _findings(record("Pregnant women attending antenatal care", sex="All")) == []

    @pytest.mark.parametrize(
        "criterion",
        [
            "In good general health",
            "Otherwise healthy adults with mild acne",
            "Subjects in good health apart from asthma",
        ],
    )
    def test_good_health_is_no_healthy_volunteer(self, criterion: str) -> None:
        """Patients in good general health are no healthy volunteers."""
        assert _findings(record([criterion], healthy_volunteers="No")) == []


class TestRestated:
    @pytest.mark.parametrize(
        ("inclusion", "exclusion"),
        [
            (["Beck Depression Inventory of 19 or lower"], "Beck Depression Inventory of 20 or higher"),
            (["HbA1c between 7 and 10 % at screening", "HbA1c between 7 and 11 % at baseline"], "Pregnancy"),
            (["Healthy adults aged 20 to 50 years", "Healthy children aged 2 to 5 years"], "Pregnancy"),
            (["PSA between 1.5 and 10 ng/mL", "Subjects with a PSA above 4 ng/mL must have a biopsy"], "Pregnancy"),
            (["Haemoglobin >= 9 g/dL", "Haemoglobin >= 90 g/L"], "Haemoglobin < 9.0 g/dL"),
        ],
    )
    def test_other_limits_are_no_contradiction(self, inclusion: list[str], exclusion: str) -> None:
        """Whole scores, other times, other groups, demands under a condition and conversions differ rightly."""
        codes = dict(_findings(record(inclusion, exclusion)))
        assert not {"limit-restated", "limit-boundary-unclear"} & set(codes)

    def test_a_list_pasted_twice_is_one_finding(self) -> None:
        """The whole inclusion list among the exclusions is one error that names how many criteria it is about."""
        listed = ["Moderate persistent asthma", "Able to use an inhaler", "Written consent of the patient"]
        (finding,) = [f for f in _parse(record(listed, listed)).findings if f.severity == "error"]
        assert (finding.code, len(finding.evidence)) == ("required-and-excluded", 6)
        assert "2 more" in finding.message


class TestCopies:
    def test_reported_difference_is_not_reported_twice(self) -> None:
        """A difference that is the evidence of another finding is left to that one."""
        description = "Inclusion Criteria:\n\n1. Aged 18 to 80 years with moderate persistent asthma\n"
        codes = dict(
            _findings(record("Aged 18 to 65 years with moderate persistent asthma", description=description, **ADULTS))
        )
        assert set(codes) == {"age-maximum-conflict"}

    def test_missing_kind_is_no_difference(self) -> None:
        """A narrative that repeats the inclusion criteria alone lacks nothing."""
        assert _findings(record(NARRATED, ["Brain metastases", "Pregnancy"], description=NARRATIVE.format(9))) == []

    def test_copied_dose_makes_one_finding(self) -> None:
        """The same faulty dose in list and narrative is one finding with both passages."""
        dose = "Treated with cyclophosphamide 0.5 / m2 every four weeks"
        trial = _parse(record(dose, description=f"Inclusion Criteria:\n\n1. {dose}\n"))
        (finding,) = trial.findings
        assert [e.text_id for e in finding.evidence if isinstance(e, SpanEvidence)] == ["eligibility", "description"]


class TestRun:
    def test_project_trial(self) -> None:
        """NCT01741857: the conflict of the three maximum ages and the incomplete dose, nothing else."""
        trial = critparse.parse(FIRST_TRIAL)
        assert [(f.code, f.severity) for f in trial.findings] == [
            ("age-maximum-conflict", "error"),
            ("unit-incomplete", "warning"),
        ]
        age, dose = (_shown(trial, finding) for finding in trial.findings)
        assert age[0] == "maximum_age=60 Years"
        assert [words[-19:] for words in age[1:]] == ["from 15 to 60 years", "from 15 to 70 years"]
        assert dose == ["cyclophosphamide 0.4 ~ 0.6 / m2"] * 2

    def test_failing_check_costs_nothing_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A check that fails yields an internal finding; the others still report."""

        def broken(facts: Facts) -> Any:
            raise KeyError(facts.trial.trial_id)

        check = registry.check("broken-check", title="", severity="info", message="", suggestion="")
        monkeypatch.setattr(registry, "_CHECKS", dict(registry._CHECKS))
        check(broken)
        faulty = record(AGED.format(75), **ADULTS)
        assert _findings(faulty) == [("age-maximum-conflict", "error"), (checks.INTERNAL, "info")]

    def test_conflicts_have_two_sides(self) -> None:
        """Every conflict of the pairs above has at least two pieces of evidence."""
        for param in ALL:
            for finding in _parse(param.values[2]).findings:
                assert len(finding.evidence) >= (2 if "conflict" in finding.code else 1)

    def test_record_without_fields_has_no_field_conflict(self) -> None:
        """A text by itself, without structured fields, contradicts none."""
        assert critparse.parse("Inclusion Criteria:\n\n* Age 18 to 65 years\n").findings == ()

    def test_run_is_deterministic(self) -> None:
        """The same document gives the same findings in the same order."""
        trial = critparse.parse(FIRST_TRIAL)
        assert checks.run(trial) == trial.findings

    @given(st.text(max_size=300))
    def test_any_text_is_checked(self, text: str) -> None:
        """No text makes a check fail."""
        record = {"eligibility": text or "x", "description": text, **ADULTS, "sex": "Male", "healthy_volunteers": True}
        try:
            trial = _parse(record)
        except critparse.CritparseError:
            return
        assert checks.INTERNAL not in [finding.code for finding in trial.findings]


class TestConfidence:
    def test_a_finding_says_how_sure_it_is(self) -> None:
        """The estimate from what was read: (30 + 1) / (32 + 2); none for a check of which too few were read."""
        healthy = _parse(record("Diagnosis of epilepsy", healthy_volunteers="Yes"))
        assert [finding.confidence for finding in healthy.findings] == [0.91]
        excluded = _parse(record("HbA1c >= 7.5 %", "HbA1c > 7.0 %"))
        assert [finding.confidence for finding in excluded.findings] == [None]

    def test_rates_are_those_of_the_documentation(self) -> None:
        """Every rate is of a check there is, and stands with the same numbers in docs/evaluation.md."""
        page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
        known = {check.code for check in checks.catalogue()}
        for row in data_rows("check_rates.tsv", ("code", "severity", "read", "true")):
            assert row["code"] in known
            line = next(
                line for line in page.splitlines() if f"`{row['code']}`" in line and f" | {row['severity']} | " in line
            )
            assert f" | {row['read']} | {row['true']} | {int(row['read']) - int(row['true'])} | " in line


class TestCatalogue:
    def test_codes_speak(self) -> None:
        """Every check has a code in words, a title, a documentation and both kinds of text."""
        for check in checks.catalogue():
            assert check.code == check.code.lower() and "-" in check.code
            assert check.title and check.about and check.message.endswith(".") and check.suggestion.endswith(".")

    def test_documentation_is_fresh(self) -> None:
        """docs/checks.md is what scripts/export_checks.py writes."""
        page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
        assert page == module_at("scripts/export_checks.py").rendered()


def test_messages_quote_without_markup() -> None:
    """A line break that the record writes as a tag is a blank in the message; the evidence keeps it."""
    trial = _parse(record(["Severe asthma that was treated\n<br>  with salbutamol"] * 2))
    (found,) = (one for one in checks.run(trial) if one.code == "criterion-duplicate")
    assert found.message == "The criteria I1 and I2 are the same: “Severe asthma that was treated with salbutamol”."
    assert all("treated <br> with" in words for words in _shown(trial, found))


@pytest.mark.slow
@pytest.mark.skipif(
    not (SHARED / "registry" / "labelled.jsonl.gz").exists(), reason="the labelled registry records are not here"
)
class TestAlarmsAreTrue:
    def test_precision_and_recall(self) -> None:
        """On hand-labelled records the alarms keep the promised precision and recall."""
        bench = module_at("benchmarks/bench_checks.py")
        figures = {check: bench.precision_recall(count) for check, count in bench.measure().items()}
        floors = {"age": (0.90, 0.85), "sex": (0.85, 0.75), "healthy_volunteers": (0.85, 0.75)}
        for check, (precision, recall) in floors.items():
            assert figures[check][0] >= precision and figures[check][1] >= recall, (check, figures[check])
