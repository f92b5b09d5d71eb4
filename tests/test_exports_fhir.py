"""FHIR exports: what becomes of each kind of rule, and that a library others wrote reads it back unchanged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.bundle import Bundle
from fhir.resources.R4B.bundle import Bundle as BundleR4B
from hypothesis import given
from hypothesis import strategies as st
from support import FIRST_TRIAL, rules_in
from ucumvert import PintUcumRegistry

import critparse
from critparse.exports.fhir.tree import Tree
from critparse.rules.explain import explain
from critparse.schema import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Concept,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Qualifier,
    Range,
    Rule,
    Scope,
    Subject,
    Unit,
    Unstructured,
)

BUNDLES = {"fhir": Bundle, "fhir-r4b": BundleR4B}
UCUM = "http://unitsofmeasure.org"
TEXT = """Inclusion criteria:
- Age 18 to 75 years
- HbA1c ≥ 7.0% and < 10%
- ECOG 0, 1 or 2
- Severe asthma for at least 6 months
- If female: negative pregnancy test
- At least 2 of the following:
  - hypertension
  - obesity
  - smoking
Exclusion criteria:
- ALT > 3 × ULN
- Myocardial infarction or stroke within 6 months before screening
- Pregnant
- Two or more relapses
- Known intolerance to metformin
"""


def parsed(text: str = TEXT, **fields: object) -> ParsedTrial:
    """A record of the text, read without the trained model."""
    return critparse.parse({"id": "NCT00000001", "title": "A trial", "eligibility": text, **fields}, model=False)


def resources(trial: ParsedTrial, to: str = "fhir") -> dict[str, dict[str, Any]]:
    """The resources of the Bundle by id."""
    bundle = json.loads(critparse.export(trial, to).files[".json"])
    return {entry["resource"]["id"]: entry["resource"] for entry in bundle["entry"]}


def with_rule(rule: Rule, kind: str = "inclusion") -> ParsedTrial:
    """A trial of one criterion with this rule."""
    trial = parsed("Inclusion criteria:\n- words of the criterion\n")
    criterion = trial.criteria[0].model_copy(update={"rule": rule, "kind": kind})
    return trial.model_copy(update={"criteria": (criterion,)})


def characteristic(rule: Rule, kind: str = "inclusion") -> dict[str, Any]:
    """What R5 makes of a rule, without the criterion's id and words."""
    trial = with_rule(rule, kind)
    found = Tree(trial).criterion(trial.criteria[0])
    assert found.pop("linkId") and found.pop("description") == "- words of the criterion"
    return found


def leaf(kind: str = "condition", text: str = "asthma", **fields: object) -> Leaf:
    """A statement."""
    return Leaf.model_validate({"kind": kind, "subject": Subject(text=text), **fields})


def limit(lower: float | None = None, upper: float | None = None, *, unit: str | None = None, **more: Any) -> Range:
    """A range whose ends are included, unless ``inclusive`` says otherwise."""
    inclusive = more.pop("inclusive", True)
    bounds = {
        name: Bound(value=value, inclusive=inclusive)
        for name, value in (("lower", lower), ("upper", upper))
        if value is not None
    }
    return Range(**bounds, unit=Unit(ucum=unit, text=unit) if unit else None, **more)


ASTHMA = {
    "definitionByTypeAndValue": {
        "type": {
            "coding": [{"system": "urn:critparse:type", "code": "condition", "display": "condition"}],
            "text": "condition",
        },
        "valueCodeableConcept": {"text": "asthma"},
    }
}


class TestRoundTrip:
    @pytest.mark.parametrize("to", BUNDLES)
    @pytest.mark.parametrize("record", ["first", "own", "empty", "unknown kind"])
    def test_is_read_back_unchanged(self, to: str, record: str) -> None:
        """fhir.resources accepts every element and writes the same JSON again."""
        trial = {
            "first": lambda: critparse.parse(FIRST_TRIAL, model=False),
            "own": parsed,
            "empty": lambda: critparse.parse({"id": "", "eligibility": "", "description": "A study."}, model=False),
            "unknown kind": lambda: critparse.parse("- age over 18\n- asthma\n", format="text", model=False),
        }[record]()
        written = json.loads(critparse.export(trial, to).files[".json"])
        assert json.loads(BUNDLES[to].model_validate(written).model_dump_json()) == written

    @given(text=st.text(max_size=80))
    def test_no_text_breaks_it(self, text: str) -> None:
        """Control characters, markup and halves of surrogates in words, codes and names leave valid FHIR."""
        concept = Concept(system=text, code=text, display=text, score=1, method="exact")
        subject = Subject(text=text, concepts=(concept,))
        statement = Leaf(kind="measurement", subject=subject, values=(text,), qualitative=text)
        rule = AllOf(rules=(statement, Unstructured(subject=subject, reason=text)))
        trial = with_rule(rule).model_copy(update={"trial_id": text, "title": text})
        for to, model in BUNDLES.items():
            written = json.loads(critparse.export(trial, to).files[".json"].encode("utf-8"))
            assert json.loads(model.model_validate(written).model_dump_json()) == written

    def test_units_are_ucum(self) -> None:
        """Every code under UCUM's URI is one that a parser of UCUM knows."""
        registry = PintUcumRegistry()
        found = [q for trial in (parsed(), critparse.parse(FIRST_TRIAL, model=False)) for q in quantities(trial)]
        codes = {quantity["code"] for quantity in found if quantity.get("system") == UCUM}
        assert {"a", "%", "mo", "1", "mg/d"} <= codes
        for code in codes:
            assert registry.from_ucum(code) is not None

    def test_references_lead_to_resources(self) -> None:
        """The study points at an entry of its Bundle, in both versions."""
        for to, path in (("fhir", ("recruitment", "eligibility")), ("fhir-r4b", ("enrollment", 0))):
            bundle = json.loads(critparse.export(parsed(), to).files[".json"])
            target: Any = next(e["resource"] for e in bundle["entry"] if e["resource"]["id"] == "study")
            for step in path:
                target = target[step]
            types = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in bundle["entry"]}
            assert types[target["reference"]] == target["type"]


def quantities(value: Any) -> list[dict[str, Any]]:
    """Every Quantity in the R5 Bundle of a trial, or in a part of it."""
    if isinstance(value, ParsedTrial):
        return quantities(json.loads(critparse.export(value, "fhir").files[".json"]))
    if isinstance(value, list):
        return [found for item in value for found in quantities(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if "value" in value and "code" in value else []
    return own + [found for item in value.values() for found in quantities(item)]


class TestLogic:
    def test_connectives(self) -> None:
        """all-of, any-of, at-least with its threshold; an implication is its condition excluded, or the rule."""
        a, b = leaf(), leaf(text="stroke")
        for rule, code, more in (
            (AllOf(rules=(a, b)), "all-of", {}),
            (AnyOf(rules=(a, b)), "any-of", {}),
            (AtLeast(count=2, rules=(a, b)), "at-least", {"threshold": 2}),
        ):
            combination = characteristic(rule)["definitionByCombination"]
            members = combination.pop("characteristic")
            assert combination == {"code": code, **more} and [m["description"] for m in members] == ["asthma", "stroke"]
        implied = characteristic(IfThen(condition=a, rule=b))["definitionByCombination"]
        assert implied["code"] == "any-of"
        assert [m.get("exclude", False) for m in implied["characteristic"]] == [True, False]

    def test_exclusion_and_negation(self) -> None:
        """``exclude`` negates once; what is denied twice is put into a combination."""
        assert characteristic(leaf(), "exclusion") == {**ASTHMA, "exclude": True}
        twice = characteristic(leaf(present=False), "exclusion")
        (inner,) = twice["definitionByCombination"]["characteristic"]
        assert twice["exclude"] and inner["exclude"] and inner["description"] == "asthma"
        once = characteristic(Not(rule=leaf()))
        assert "exclude" not in once, "the words of the criterion say 'no' themselves"
        assert once["definitionByCombination"]["characteristic"] == [
            {"description": "asthma", **ASTHMA, "exclude": True}
        ]

    def test_every_criterion_keeps_its_words(self) -> None:
        """Each criterion has its id and its text, sub-items included."""
        trial = parsed()
        found = {c["linkId"]: c["description"] for c in resources(trial)["eligibility"]["characteristic"]}
        for criterion in trial.walk():
            top = criterion.id.partition(".")[0]
            assert criterion.text.strip() in found[top]

    def test_registry_fields_lead(self) -> None:
        """Ages and sex of the record limit who may take part; volunteers are a note."""
        trial = parsed(minimum_age="6 Months", maximum_age="N/A", sex="Female", healthy_volunteers=False)
        variable = resources(trial)["eligibility"]
        age, sex = variable["characteristic"][:2]
        assert age["definitionByTypeAndValue"]["valueQuantity"] == {
            "value": 6, "comparator": ">=", "unit": "months", "system": UCUM, "code": "mo",
        }  # fmt: skip
        assert sex["definitionByTypeAndValue"]["valueCodeableConcept"]["coding"][0]["code"] == "female"
        assert variable["note"] == [{"text": "Registry field: healthy volunteers no"}]

    def test_criteria_beside_the_list_stand_aside(self) -> None:
        """Criteria of the narrative are no condition of the study; they are a variable of their own."""
        trial = parsed(description="Inclusion Criteria:\n- Age over 30 years\n")
        found = resources(trial)
        (aside,) = [found[name] for name in found if name.startswith("aside")]
        assert [c["linkId"] for c in aside["characteristic"]] == ["description-I1"]
        assert "description" not in "".join(c["linkId"] for c in found["eligibility"]["characteristic"])


class TestStatements:
    def test_limits(self) -> None:
        """Both ends included: a Range; one: a comparator; an excluded end beside another: two quantities."""
        about = {"type": {"text": "creatinine"}}
        unit = {"unit": "mg/dL", "system": UCUM, "code": "mg/dL"}

        def made(value: Range) -> dict[str, Any]:
            return characteristic(leaf("measurement", "creatinine", range=value))

        assert made(limit(1, 2.5, unit="mg/dL")) == {
            "definitionByTypeAndValue": {
                **about,
                "valueRange": {"low": {"value": 1, **unit}, "high": {"value": 2.5, **unit}},
            }
        }
        assert made(limit(upper=2, unit="mg/dL", inclusive=False)) == {
            "definitionByTypeAndValue": {**about, "valueQuantity": {"value": 2, "comparator": "<", **unit}}
        }
        assert made(limit(2, 2)) == {"definitionByTypeAndValue": {**about, "valueQuantity": {"value": 2}}}
        both = made(limit(1, 2, inclusive=False))["definitionByCombination"]
        assert both["code"] == "all-of"
        assert [m["definitionByTypeAndValue"]["valueQuantity"]["comparator"] for m in both["characteristic"]] == [
            ">",
            "<",
        ]

    def test_multiples_keep_their_reference(self) -> None:
        """3 × ULN is never a plain 3."""
        found = characteristic(leaf("measurement", "ALT", range=limit(upper=3, relative_to="uln")))
        assert found["definitionByTypeAndValue"] == {
            "type": {"text": "ALT"},
            "valueQuantity": {"value": 3, "comparator": "<=", "unit": "× ULN", "system": UCUM, "code": "1"},
            "offset": {
                "coding": [
                    {
                        "system": "http://hl7.org/fhir/characteristic-offset",
                        "code": "UNL",
                        "display": "upper limit of normal",
                    }
                ],
                "text": "upper limit of normal",
            },
        }

    def test_counts_are_instances(self) -> None:
        """ "≥ 2 relapses" counts events; "tumour ≥ 2 cm" measures one."""
        found = characteristic(leaf(text="relapses", range=limit(2)))
        assert found["instancesQuantity"] == {"value": 2, "comparator": ">="}
        measured = characteristic(leaf(text="tumour", range=limit(2, unit="cm")))
        assert (
            measured["definitionByTypeAndValue"]["type"] == {"text": "tumour"} and "instancesQuantity" not in measured
        )

    def test_windows(self) -> None:
        """Before an event is negative; a length is a duration; what an event is called stays."""
        recent = {
            "kind": "recency",
            "range": limit(upper=6, unit="mo"),
            "anchor": {"event": "screening", "text": "screening", "relation": "before"},
        }
        (event,) = characteristic(leaf(windows=(recent,)))["timeFromEvent"]
        months = {"unit": "months", "system": UCUM, "code": "mo"}
        assert event == {
            "description": "within 6 months before screening",
            "eventCodeableConcept": {"text": "screening"},
            "range": {"low": {"value": -6, **months}, "high": {"value": 0, **months}},
        }
        ago = {**recent, "range": limit(6, unit="mo", inclusive=False)}
        (event,) = characteristic(leaf(windows=(ago,)))["timeFromEvent"]
        assert event["quantity"] == {"value": -6, "comparator": "<", **months}
        lasting = {"kind": "duration", "range": limit(6, unit="mo")}
        found = characteristic(leaf(windows=(lasting,)))
        assert found["durationQuantity"] == {"value": 6, "comparator": ">=", **months} and "timeFromEvent" not in found

    def test_qualifiers_narrow_or_make_another_fact(self) -> None:
        """Severity is a second fact; a contraindication is not a drug that is taken."""
        severe = characteristic(leaf(qualifiers=(Qualifier(kind="severity", value="severe", text="severe"),)))
        members = severe["definitionByCombination"]["characteristic"]
        assert members[0] == ASTHMA
        assert members[1]["definitionByTypeAndValue"]["type"]["text"] == "severity of asthma"
        against = Qualifier(kind="response", value="contraindication", text="contraindication")
        found = characteristic(leaf("drug", "metformin", qualifiers=(against,)))["definitionByTypeAndValue"]
        assert found["type"]["text"] == "contraindication to drug"
        assert found["valueCodeableConcept"] == {"text": "metformin"}

    def test_codes_carry_their_systems(self) -> None:
        """Official URIs; a class around the subject is no code of it; unknown systems get a URN."""
        concepts = tuple(
            Concept(system=system, code="X1", display="x", score=0.9, method=method)
            for system, method in (("MESH", "exact"), ("SNOMEDCT", "crossref"), ("OWN", "exact"), ("LOINC", "broader"))
        )
        found = characteristic(Leaf(kind="condition", subject=Subject(text="asthma", concepts=concepts)))
        codings = found["definitionByTypeAndValue"]["valueCodeableConcept"]["coding"]
        assert [coding["system"] for coding in codings] == [
            "http://id.nlm.nih.gov/mesh",
            "http://snomed.info/sct",
            "urn:critparse:system:own",
        ]

    def test_what_cannot_be_said_stays_as_words(self) -> None:
        """Somebody else's condition and words that were not read are text, and omissions."""
        other = leaf(scope=Scope(person="partner", text="partner"))
        unread = Unstructured(subject=Subject(text="fit for it"), reason="no known entity or limit")
        trial = with_rule(AllOf(rules=(other, unread)))
        exported = critparse.export(trial, "fhir")
        assert [(o.criterion, o.part) for o in exported.omissions] == [("I1", "scope"), ("I1", "unstructured")]
        members = resources(trial)["eligibility"]["characteristic"][0]["definitionByCombination"]["characteristic"]
        assert members == [{"description": "asthma of the partner"}, {"description": "fit for it"}]


class TestGroup:
    def flat(self, rule: Rule, kind: str = "inclusion") -> list[tuple[str, bool]]:
        """The words and ``exclude`` of each characteristic of the R4B Group."""
        found = resources(with_rule(rule, kind), "fhir-r4b")["participants"]["characteristic"]
        return [(c.get("valueCodeableConcept", c["code"])["text"], c["exclude"]) for c in found]

    def test_conjunctions_are_taken_apart(self) -> None:
        """All of an inclusion and none of an exclusion are lists of what must hold."""
        a, b = leaf(), leaf(text="stroke")
        assert self.flat(AllOf(rules=(a, Not(rule=b)))) == [("asthma", False), ("stroke", True)]
        assert self.flat(AnyOf(rules=(a, b)), "exclusion") == [("asthma", True), ("stroke", True)]
        assert self.flat(Not(rule=AnyOf(rules=(a, b)))) == [("asthma", True), ("stroke", True)]

    def test_alternatives_are_words(self) -> None:
        """What a flat list cannot hold is one characteristic in words, and an omission."""
        rule = AllOf(rules=(leaf(), Not(rule=AllOf(rules=(leaf(text="stroke"), leaf(text="gout"))))))
        assert self.flat(rule) == [("asthma", False), ("stroke and gout", True)]
        (omission,) = critparse.export(with_rule(rule), "fhir-r4b").omissions
        assert (omission.criterion, omission.part, omission.text) == ("I1", "all_of", "stroke and gout")

    def test_a_window_is_never_dropped(self) -> None:
        """Excluding whoever ever had it would exclude too many: the statement is in words."""
        window = {"kind": "recency", "range": limit(upper=6, unit="mo")}
        trial = with_rule(leaf(windows=(window,)), "exclusion")
        (found,) = resources(trial, "fhir-r4b")["participants"]["characteristic"]
        assert "coding" not in found["valueCodeableConcept"] and found["exclude"]
        assert [o.part for o in critparse.export(trial, "fhir-r4b").omissions] == ["windows"]

    def test_r5_has_the_same_flat_list(self) -> None:
        """The Group of R5 holds what that of R4B holds."""
        groups = [resources(parsed(), to)["participants"]["characteristic"] for to in BUNDLES]
        assert groups[0] == groups[1] and len(groups[0]) > 10


def test_narrative_is_escaped() -> None:
    """Registry text in the narrative is text, whatever it looks like."""
    trial = parsed("Inclusion criteria:\n- <script>alert(1)</script> & platelets < 50\n")
    div = resources(trial)["eligibility"]["text"]["div"]
    assert "&lt;script&gt;" in div and "<script" not in div


def test_sections_of_a_group_bind_the_group_alone() -> None:
    """What stands under "Cohort A" is no condition for others, whether it includes or excludes; "Laboratory" is."""
    trial = with_rule(leaf(), "inclusion")
    (criterion,) = trial.criteria
    shapes = {}
    for section, kind in (("Cohort A", "inclusion"), ("Cohort A", "exclusion"), ("Laboratory", "inclusion")):
        made = Tree(trial).criterion(criterion.model_copy(update={"section": section, "kind": kind}))
        assert made["note"] == [{"text": f"Section: {section}"}]
        combination = made.get("definitionByCombination")
        members = [m.get("exclude", False) for m in combination["characteristic"]] if combination else []
        shapes[section, kind] = (combination and combination["code"], members, made.get("exclude", False))
    assert shapes == {
        ("Cohort A", "inclusion"): ("any-of", [True, False], False),
        ("Cohort A", "exclusion"): ("all-of", [False, False], True),
        ("Laboratory", "inclusion"): (None, [], False),
    }


NAMES = ("asthma", "gout", "stroke", "obesity")
RULES: st.SearchStrategy[Rule] = st.recursive(
    st.builds(lambda name, present: leaf(text=name, present=present), st.sampled_from(NAMES), st.booleans()),
    lambda inner: st.one_of(
        st.builds(lambda rules: AllOf(rules=tuple(rules)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda rules: AnyOf(rules=tuple(rules)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda rules: AtLeast(count=2, rules=tuple(rules)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda rule: Not(rule=rule), inner),
        st.builds(lambda condition, rule: IfThen(condition=condition, rule=rule), inner, inner),
    ),
    max_leaves=8,
)


def holds(rule: Rule, true: set[str]) -> bool:
    """Whether the rule holds for somebody of whom just these things are true."""
    match rule:
        case AllOf(rules=rules):
            return all(holds(member, true) for member in rules)
        case AnyOf(rules=rules):
            return any(holds(member, true) for member in rules)
        case AtLeast(count=count, rules=rules):
            return sum(holds(member, true) for member in rules) >= count
        case Not(rule=inner):
            return not holds(inner, true)
        case IfThen(condition=condition, rule=then):
            return not holds(condition, true) or holds(then, true)
        case _:
            return (rule.subject.text in true) == rule.present


def holds_in_fhir(found: dict[str, Any], true: set[str]) -> bool:
    """The same of a characteristic of an EvidenceVariable, by what FHIR says of its elements."""
    if "definitionByTypeAndValue" in found:
        value = found["definitionByTypeAndValue"]["valueCodeableConcept"]["text"] in true
    else:
        combination = found["definitionByCombination"]
        members = [holds_in_fhir(member, true) for member in combination["characteristic"]]
        needed = {"all-of": len(members), "any-of": 1, "at-least": combination.get("threshold", 0)}
        value = sum(members) >= needed[combination["code"]]
    return value != found.get("exclude", False)


@given(rule=RULES, true=st.sets(st.sampled_from(NAMES)), kind=st.sampled_from(("inclusion", "exclusion")))
def test_the_tree_means_what_the_rule_means(rule: Rule, true: set[str], kind: str) -> None:
    """Whoever fulfils the criterion fulfils its characteristic, and nobody else."""
    assert holds_in_fhir(characteristic(rule, kind), true) == (holds(rule, true) == (kind == "inclusion"))


@given(rule=RULES, true=st.sets(st.sampled_from(NAMES)), kind=st.sampled_from(("inclusion", "exclusion")))
def test_the_flat_list_means_what_the_rule_means(rule: Rule, true: set[str], kind: str) -> None:
    """So does the Group, once its words are read as the rules that they are the words of."""
    trial = with_rule(rule, kind)
    said = {explain(part): holds(part, true) for part in rules_in(rule)}
    said |= {name: name in true for name in NAMES} | {trial.criteria[0].text.strip(): holds(rule, true)}
    group = resources(trial, "fhir-r4b")["participants"]["characteristic"]
    made = all(said[c["valueCodeableConcept"]["text"]] != c["exclude"] for c in group)
    assert made == (holds(rule, true) == (kind == "inclusion"))
