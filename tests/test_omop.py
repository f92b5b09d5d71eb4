"""The export to OMOP: Circe's own keys, what is left out and why, others' validators."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from circe.api import BuildExpressionQueryOptions, build_cohort_query, cohort_expression_from_json
from circe.check.checker import Checker
from circe.check.warning_severity import WarningSeverity
from duckcdm.circe import CohortExpression as JavaExpression
from duckcdm.circe import _model as java
from duckcdm.circe import build_cohort_query as java_query
from omop_rules import lasting, leaf, limit, trial_of, within
from support import FIRST_TRIAL, SHARED, rules_in
from syrupy.assertion import SnapshotAssertion
from vocabulary_files import write_athena

import critparse
from critparse.cli import main
from critparse.exports.capability import PARTS
from critparse.exports.omop import CAPABILITIES, build, export
from critparse.exports.omop.circe import CohortExpression, CriteriaGroup
from critparse.exports.omop.cohort import Cohort
from critparse.exports.omop.numbers import unit_concepts
from critparse.quantities.units import dimension
from critparse.schema import (
    AllOf,
    Anchor,
    AnyOf,
    AtLeast,
    Concept,
    Dose,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Qualifier,
    Registry,
    Rule,
    Scope,
    Span,
    Subject,
    TimeWindow,
    Unstructured,
)

RECORDS = SHARED / "registry" / "records.jsonl.gz"
ASTHMA, STROKE = leaf("condition", 1), leaf("condition", 2)
CONSENT = leaf("consent", text="consent")


def cohort_of(rule: Rule, kind: Any = "inclusion") -> Cohort:
    """The cohort of one criterion."""
    return build(trial_of((kind, rule)))


def group_of(rule: Rule, kind: Any = "inclusion") -> CriteriaGroup:
    """The expression of its one rule."""
    (only,) = cohort_of(rule, kind).expression.inclusion_rules
    return only.expression


def missing(rule: Rule, kind: Any = "inclusion") -> list[tuple[str, str]]:
    """The parts left out, each with its reason."""
    return [(omission.part, omission.reason) for omission in cohort_of(rule, kind).omissions]


def validate(cohort: Cohort) -> None:
    """Own models read it back strictly; ohdsi-circepy and duckcdm take it, without a critical warning, and make SQL."""
    text = cohort.expression.to_json()
    assert CohortExpression.model_validate_json(text) == cohort.expression
    expression = cohort_expression_from_json(text)
    assert [w for w in Checker().check(expression) if w.severity is WarningSeverity.CRITICAL] == []
    options = BuildExpressionQueryOptions()
    options.cdm_schema, options.target_table, options.cohort_id = "main", "main.cohort", 1
    assert "INSERT INTO" in build_cohort_query(expression, options)
    assert len(JavaExpression.from_json(text).inclusion_rules) == len(cohort.expression.inclusion_rules)
    assert "INSERT INTO" in java_query(text, cdm_schema="main", target_table="main.cohort", cohort_id=1)


def keys(value: Any) -> set[str]:
    """Every key anywhere in a JSON value."""
    if isinstance(value, list):
        return set().union(*map(keys, value))
    return set(value).union(*map(keys, value.values())) if isinstance(value, dict) else set()


def java_keys(kind: type[java.Bean]) -> set[str]:
    """The keys of a class of Circe and of all classes below it."""
    return {field[0] for field in kind._all_fields()}.union(*map(java_keys, kind.__subclasses__()))


@pytest.fixture(scope="module")
def first() -> ParsedTrial:
    """NCT01741857, without a vocabulary."""
    return critparse.parse(FIRST_TRIAL)


class TestNothingIsAskedForThatTheTextDoesNotAsk:
    def test_all_of_keeps_what_can_be_expressed(self) -> None:
        """A demand that is left out lets more persons in."""
        assert len(group_of(AllOf(rules=(ASTHMA, CONSENT))).criteria_list) == 1
        assert missing(AllOf(rules=(ASTHMA, CONSENT))) == [
            ("consent", "the statement is left out (not in patient data): the cohort takes in more persons")
        ]

    @pytest.mark.parametrize(
        ("rule", "kind"),
        [
            (AnyOf(rules=(ASTHMA, CONSENT)), "inclusion"),
            (AllOf(rules=(ASTHMA, CONSENT)), "exclusion"),
            (IfThen(condition=ASTHMA, rule=CONSENT), "inclusion"),
            (IfThen(condition=CONSENT, rule=ASTHMA), "inclusion"),
            (Not(rule=AllOf(rules=(ASTHMA, CONSENT))), "inclusion"),
        ],
    )
    def test_alternatives_go_when_one_cannot_be_expressed(self, rule: Rule, kind: str) -> None:
        """“asthma, or consent” must not become “asthma”; an exclusion of both must not exclude all with asthma."""
        cohort = cohort_of(rule, kind)
        assert cohort.expression.inclusion_rules == () and cohort.leaves == 0
        assert len(cohort.omissions) == 2 and cohort.omissions[1].reason.startswith("left out, since without")

    def test_at_least_is_lowered(self) -> None:
        """Two of three, one of which is not known, is one of two; two of two unknown and one is no demand."""
        group = group_of(AtLeast(count=2, rules=(ASTHMA, STROKE, CONSENT)))
        assert (group.type, group.count, len(group.criteria_list)) == ("AT_LEAST", 1, 2)
        assert cohort_of(AtLeast(count=1, rules=(ASTHMA, CONSENT))).expression.inclusion_rules == ()

    def test_a_group_of_nothing_is_left_out(self) -> None:
        """With one omission for each member and one for the group."""
        assert [part for part, _ in missing(AnyOf(rules=(CONSENT, CONSENT, leaf("ability", text="read"))))] == [
            "consent",
            "ability",
            "any_of",
        ]


class TestWhatIsLeftOff:
    @pytest.mark.parametrize(
        ("fields", "part"),
        [
            ({"qualifiers": (Qualifier(kind="severity", value="severe", text="severe"),)}, "qualifiers"),
            ({"dose": Dose(amount=limit(5, unit="mg"))}, "dose"),
            ({"unread": (Span(text_id="eligibility", start=0, end=4),)}, "unread"),
        ],
    )
    def test_is_listed_with_what_it_does(self, fields: dict[str, Any], part: str) -> None:
        """Without it an inclusion takes in more, an exclusion fewer; the rule's description says so too."""
        rule = leaf("drug", 1, **fields)
        ((named, more),) = missing(rule)
        ((_, fewer),) = missing(rule, "exclusion")
        assert (named, more.split(": ")[-1]) == (part, "the cohort takes in more persons")
        assert fewer.endswith("the cohort takes in fewer persons")
        (described,) = cohort_of(rule).expression.inclusion_rules
        assert "Not expressed:" in described.description and more in described.description

    @pytest.mark.parametrize(
        ("rule", "part"),
        [
            (Unstructured(subject=Subject(text="x"), reason="a judgement, not a fact"), "unstructured"),
            (leaf("condition", 1, scope=Scope(person="partner", text="partner")), "scope"),
            (leaf("condition", 1, qualifiers=(Qualifier(kind="history", value="family", text="f"),)), "qualifiers"),
            (leaf("procedure", 1, qualifiers=(Qualifier(kind="time", value="planned", text="p"),)), "qualifiers"),
            (leaf("condition", None), "condition"),
            (leaf("allergy", 1), "allergy"),
            (leaf("reproductive", 1, text="contraception"), "reproductive"),
            (leaf("measurement", 1), "measurement"),
            (leaf("measurement", 1, qualitative="adequate"), "qualitative"),
            (leaf("measurement", 1, values=("III", "IV")), "values"),
            (leaf("measurement", 1, range=limit(0.00001, unit="g/L")), "range"),
            (leaf("condition", 1, range=limit(3, unit="cm")), "range"),
            (leaf("condition", 1, range=limit(1e300)), "range"),
            (leaf("condition", 1, windows=within(1e300, "a")), "windows"),
            (leaf("age", range=limit(6, unit="mo")), "age"),
            (leaf("condition", 1, windows=within(2, "wk", "surgery")), "windows"),
            (leaf("procedure", 1, windows=lasting(limit(2, unit="wk"))), "windows"),
            (leaf("condition", 1, windows=(TimeWindow(
                kind="recency", range=limit(upper=2, unit="wk"),
                anchor=Anchor(event="enrollment", text="e", relation="after")),)), "windows"),
        ],
    )  # fmt: skip
    def test_whole_statements_that_data_cannot_answer(self, rule: Rule, part: str) -> None:
        """Neither as inclusion nor as exclusion is there a rule, and the reason is given."""
        for kind in ("inclusion", "exclusion"):
            cohort = cohort_of(rule, kind)
            assert cohort.expression.inclusion_rules == ()
            assert [omission.part for omission in cohort.omissions] == [part]

    def test_a_unit_without_a_concept(self) -> None:
        """The number is compared, the unit is listed."""
        rule = leaf("measurement", 1, range=limit(3, unit="mm/wk"))
        (criterion,) = group_of(rule).criteria_list
        assert criterion.criteria.measurement is not None and criterion.criteria.measurement.unit is None
        ((part, reason),) = missing(rule)
        assert part == "range" and reason.startswith("no OMOP concept is known for the unit")

    def test_criteria_of_other_texts_and_of_unknown_kind(self) -> None:
        """They are listed, not applied."""
        trial = trial_of(("inclusion", ASTHMA), ("inclusion", STROKE), ("inclusion", STROKE))
        told = Span(text_id="description", start=0, end=4)
        one, two, three = trial.criteria
        criteria = (one, two.model_copy(update={"span": told}), three.model_copy(update={"kind": "unknown"}))
        cohort = build(trial.model_copy(update={"criteria": criteria}))
        assert [rule.name for rule in cohort.expression.inclusion_rules] == ["I1 inclusion: text"]
        assert [omission.criterion for omission in cohort.omissions] == ["I2", "I3"]

    def test_registry_ages_below_a_year(self) -> None:
        """Six months are no whole years: listed."""
        fields = Registry.model_validate({"minimum_age": {"value": 6, "unit": "months", "text": "6 Months"}})
        (omission,) = build(trial_of(registry=fields)).omissions
        assert omission == ("registry", "age", "not in whole years", "6 Months")


class TestConceptSets:
    def test_subjects_of_one_concept_share_a_set(self) -> None:
        """Two statements about asthma, one set; sets that nothing calls are not written."""
        dropped = AnyOf(rules=(leaf("condition", 3), CONSENT))
        cohort = build(trial_of(("inclusion", ASTHMA), ("inclusion", dropped), ("exclusion", ASTHMA)))
        (only,) = cohort.expression.concept_sets
        assert [item.concept.concept_id for item in only.expression.items] == [1]
        assert only.expression.items[0].include_descendants and not only.expression.items[0].is_excluded

    def test_a_class_of_drugs_without_a_vocabulary_lists_its_members(self) -> None:
        """The class and every member by code, all out of the set until they are looked up."""
        statins = Leaf(kind="drug", subject=Subject(text="statins", concepts=critparse.link("statins").concepts))
        cohort = cohort_of(statins)
        (only,) = cohort.expression.concept_sets
        names = {item.concept.concept_name for item in only.expression.items}
        assert {"Atorvastatin", "Simvastatin"} <= {name.capitalize() for name in names}
        assert all(item.is_excluded and item.concept.concept_id == 0 for item in only.expression.items)
        assert only.name.endswith("(needs a vocabulary)")
        assert [omission.part for omission in cohort.omissions] == ["concepts"]

    def test_codes_are_named_as_omop_names_their_vocabularies(self) -> None:
        """SNOMED, not SNOMEDCT; codes that OMOP does not have are left out where it has one."""
        codes = tuple(
            Concept(system=system, code=code, display="asthma", score=1, method="exact")
            for system, code in (("MONDO", "MONDO:0004979"), ("SNOMEDCT", "195967001"), ("MESH", "D001249"))
        )
        rule = Leaf(kind="condition", subject=Subject(text="asthma", concepts=codes))
        (only,) = cohort_of(rule).expression.concept_sets
        assert [(item.concept.vocabulary_id, item.concept.concept_code) for item in only.expression.items] == [
            ("SNOMED", "195967001"),
            ("MeSH", "D001249"),
        ]

    def test_codes_that_no_vocabulary_of_omop_has_are_a_place_to_fill(self) -> None:
        """A set with a name and no concept, one for each such subject; ATLAS never sees a code it cannot know."""
        rules = [critparse.parse_criterion(text).rule for text in ("SLEDAI ≥ 8", "Organ failure", "SLEDAI < 30")]
        cohort = build(trial_of(*(("inclusion", rule) for rule in rules)))
        names = [one.name for one in cohort.expression.concept_sets]
        assert names == [f"{name} (needs concepts of your choice)" for name in ("SLEDAI", "organ failure")]
        for one in cohort.expression.concept_sets:
            (item,) = one.expression.items
            assert (item.concept.concept_id, item.concept.vocabulary_id, item.is_excluded) == (0, "None", True)
        assert [omission.text for omission in cohort.omissions] == ["SLEDAI", "organ failure"]
        validate(cohort)

    def test_with_a_vocabulary_they_hold_its_standard_concepts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Found by way of MeSH and LOINC codes; nothing needs looking up."""
        monkeypatch.setenv("CRITPARSE_VOCABULARIES", str(tmp_path / "vocabularies"))
        with pytest.raises(SystemExit):
            main(["vocab", "build", "omop", "--athena", str(write_athena(tmp_path / "athena"))])
        text = "Inclusion Criteria:\n- Type II diabetes\n- Creatinine < 1.5 mg/dL\n"
        cohort = build(critparse.parse(text, model=False, vocab="omop"))
        assert [item.concept.concept_id for one in cohort.expression.concept_sets for item in one.expression.items] == [
            201826,
            3016723,
        ]
        assert cohort.omissions == ()


class TestUnits:
    def test_the_unit_comes_first_and_others_of_the_same_numbers_follow(self) -> None:
        """10*9/L and 10*3/uL are the same numbers, mg/dL stands alone."""
        assert [concept.concept_id for concept in unit_concepts("10*9/L")] == [9444, 8848]
        assert [concept.concept_id for concept in unit_concepts("mg/dL")] == [8840]
        assert unit_concepts("furlong") == ()

    @pytest.mark.parametrize(
        ("one", "other"), [("ug/L", "ng/mL"), ("/uL", "/mm3"), ("ng/L", "pg/mL"), ("mg/L", "ug/mL")]
    )
    def test_units_of_the_same_numbers_have_one_dimension(self, one: str, other: str) -> None:
        """The table says the same both ways, and the units agree."""
        assert {c.concept_id for c in unit_concepts(one)} == {c.concept_id for c in unit_concepts(other)}
        assert dimension(one) == dimension(other)


class TestTheFirstTrial:
    def test_validates(self, first: ParsedTrial) -> None:
        """By our own models and by two others."""
        validate(build(first))

    def test_has_only_keys_that_circe_knows(self, first: ParsedTrial) -> None:
        """Circe and ATLAS pass over other keys in silence, so that a slip would not show in their checks."""
        known = java_keys(java.Bean) | set(java.CRITERIA_TYPES)
        assert keys(json.loads(build(first).expression.to_json())) <= known

    def test_is_what_it_was(self, first: ParsedTrial, snapshot: SnapshotAssertion) -> None:
        """The whole definition, concept sets in short; and what is not in it."""
        exported = export(first)
        definition = json.loads(exported.files[".cohort.json"])
        for one in definition["ConceptSets"]:
            concepts = [item["concept"] for item in one["expression"]["items"]]
            one["expression"] = [f"{c['VOCABULARY_ID']} {c['CONCEPT_CODE']} {c['CONCEPT_NAME']}" for c in concepts]
        assert json.dumps(definition, indent=1, ensure_ascii=False) == snapshot
        assert "\n".join(" | ".join(omission) for omission in exported.omissions) == snapshot


def test_every_part_has_a_capability() -> None:
    """What the documentation's matrix shows."""
    assert set(CAPABILITIES) == set(PARTS)
    assert all(capability.note for capability in CAPABILITIES.values())


@pytest.mark.slow
@pytest.mark.skipif(not RECORDS.exists(), reason=f"no registry records under {SHARED} (set CRITPARSE_SHARED)")
def test_all_real_records_validate(capsys: pytest.CaptureFixture[str]) -> None:
    """No v2 record fails, every definition is accepted; prints which share of the statements is expressed."""
    expressed = structured = statements = records = 0
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines if '"v2_json"' in line)
        for row in rows:
            if row["format"] != "v2_json":
                continue
            trial = critparse.parse(row["record"])
            cohort = build(trial)
            validate(cohort)
            leaves = [
                rule
                for criterion in trial.criteria
                if criterion.span.text_id == "eligibility"
                for rule in rules_in(criterion.rule)
                if isinstance(rule, Leaf | Unstructured)
            ]
            records += 1
            statements += len(leaves)
            structured += sum(isinstance(rule, Leaf) for rule in leaves)
            expressed += cohort.leaves
    with capsys.disabled():
        print(f"\nOMOP: {records} records, {expressed} of {statements} statements expressed", end=" ")  # noqa: T201
        print(f"({expressed / statements:.1%}; {expressed / structured:.1%} of the structured)")  # noqa: T201
    assert records > 100
    assert expressed / structured > 0.48
