"""CQL exports: accepted by the reference translator, and executed with the answers that ``match`` gives."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cql_engine import Proof, needs_node, prove
from hypothesis import given
from hypothesis import strategies as st
from support import FIRST_TRIAL, Run
from test_match import (
    CASES,
    HER,
    HIM,
    MI,
    ON,
    SNOMED,
    STROKE,
    T2DM,
    Resource,
    concept,
    condition,
    drug,
    observation,
    upper,
    value,
)  # fmt: skip

import critparse
from critparse.exports.cql.helpers import names, needed
from critparse.exports.cql.words import Names, comment, number, string
from critparse.exports.unsaid import Unsaid
from critparse.match import match, read_patients
from critparse.schema import (
    AllOf,
    AtLeast,
    Bound,
    Concept,
    Leaf,
    ParsedTrial,
    Qualifier,
    Range,
    Rule,
    Subject,
    Unit,
    Unstructured,
)

MESH = "http://id.nlm.nih.gov/mesh"
HYPERTENSION, OBESITY = concept(SNOMED, "38341003"), concept(MESH, "D009765")
METFORMIN, ITRACONAZOLE, PREDNISONE = concept(MESH, "D008687"), concept(MESH, "D017964"), concept(MESH, "D011241")
APPENDECTOMY, PENICILLINS = concept(MESH, "D001062"), concept(MESH, "D010406")
PREGNANCY = concept(MESH, "D011247")
ANSWER = {0: False, 1: None, 2: True}
"""What CQL says for met, not met and unknown."""


def given_on(day: str) -> Resource:
    """An administration of itraconazole."""
    return drug(ITRACONAZOLE, "completed", "MedicationAdministration", effectiveDateTime=day)


def operation(status: str, **more: Any) -> Resource:
    """An appendectomy."""
    return {"resourceType": "Procedure", "id": "q", "status": status, "code": APPENDECTOMY, **more}


def allergy(verified: str) -> Resource:
    """An allergy to penicillins."""
    state = {"coding": [{"code": verified}]}
    return {"resourceType": "AllergyIntolerance", "id": "a", "code": PENICILLINS, "verificationStatus": state}


# Criteria with a patient who decides each; every patient is held against every criterion.
OWN_CASES: list[tuple[str, list[Resource]]] = [
    ("Currently taking metformin", [HER, drug(METFORMIN)]),
    ("Currently taking metformin", [HER, drug(METFORMIN, "not-taken")]),
    ("Metformin for at least 3 months", [HER, drug(METFORMIN, effectivePeriod={"start": "2024-01-01"})]),
    ("Itraconazole within 14 days before randomization", [HER, given_on("2024-05-25")]),
    ("No itraconazole within 14 days before randomization", [HER, given_on("2024-05-30")]),
    ("Use of strong CYP3A4 inhibitors", [HER, drug(ITRACONAZOLE)]),
    ("Prednisone > 20 mg/day", [HER, drug(PREDNISONE, "not-taken")]),
    ("Prior appendectomy", [HER, operation("completed", performedDateTime="2020-01-01")]),
    ("Prior appendectomy", [HER, operation("not-done")]),
    ("Appendectomy more than 6 months before screening", [HER, operation("completed", performedDateTime="2020-01-01")]),
    ("Allergy to penicillin", [HER, allergy("confirmed")]),
    ("Allergy to penicillin", [HER, allergy("refuted")]),
    ("Hypertension for at least 6 months", [HER, condition(HYPERTENSION, onsetDateTime="2023-01-01")]),
    ("No stroke or myocardial infarction within 6 months before screening",
     [HER, condition(MI, onsetDateTime="2024-04-01")]),
    ("Type 2 diabetes and/or stroke", [HER, condition(T2DM), condition(STROKE)]),
    ("Type 2 diabetes and/or stroke",
     [HER, condition(T2DM, verified="refuted"), condition(STROKE, verified="refuted")]),
    ("Hypertension except in patients with obesity", [HER, condition(HYPERTENSION), condition(OBESITY)]),
    ("Hypertension except in patients with obesity",
     [HER, condition(HYPERTENSION), condition(OBESITY, verified="refuted")]),
    ("If female: negative pregnancy test", [HIM]),
    ("At least 2 of the following:\n  - hypertension\n  - obesity\n  - type 2 diabetes",
     [HER, condition(HYPERTENSION), condition(OBESITY)]),
    ("At least 2 of the following:\n  - hypertension\n  - obesity\n  - type 2 diabetes",
     [HER, condition(HYPERTENSION, verified="refuted"), condition(OBESITY, verified="refuted")]),
    ("Platelets ≥ 100 × 10^9/L", [HER, value("777-3", 150, "10*3/uL")]),
    ("Platelets ≥ 100 × 10^9/L", [HER, value("777-3", 90, "10*9/L")]),
    ("Bilirubin ≤ 1.5 × ULN", [HER, value("1975-2", 1.2, "mg/dL", referenceRange=upper(1.2, "mg/dL"))]),
    ("Bilirubin ≤ 1.5 × ULN", [HER, value("1975-2", 2, "mg/dL", referenceRange=upper(1.2, "mg/dL"))]),
    ("BMI 18 to 30 kg/m2", [HER, value("39156-5", 31, "kg/m2")]),
    ("Creatinine > 1.5 mg/dL within 14 days before randomization", [HER, value("2160-0", 2, "mg/dL")]),
    ("ALT > 3 × ULN or AST > 3 × ULN", [HER, value("1742-6", 200, "U/L", referenceRange=upper(40, "U/L"))]),
    ("Pregnant women", [HER, condition(PREGNANCY)]),
    ("Negative HIV test", [HER, observation("31201-7", valueCodeableConcept={"text": "Not detected"})]),
    ("Negative HIV test",
     [HER, observation("31201-7", interpretation=[concept("http://example.org/flags", "POS", "Positive")])]),
    ("Age < 18 years", [HER]),
    ("Male", [HER]),
]  # fmt: skip


def patients() -> list[list[Resource]]:
    """The records of all cases; each has an id of its own, and each resource a reference to its patient."""
    found = []
    for at, resources in enumerate([*(case[2] for case in CASES), *(case[1] for case in OWN_CASES)]):
        owner = {"reference": f"Patient/p{at}"}
        mine = []
        for number_, one in enumerate(resources):
            if one["resourceType"] == "Patient":
                mine.append({**one, "id": f"p{at}"})
            elif one["resourceType"] == "Medication":
                mine.append(one)
            else:
                field = "patient" if one["resourceType"] == "AllergyIntolerance" else "subject"
                mine.append({**one, "id": f"r{at}-{number_}", field: owner})
        found.append(mine)
    return found


def bundle(resources: list[Resource]) -> dict[str, Any]:
    """A Bundle of the resources."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def all_kinds() -> ParsedTrial:
    """One trial of all criteria of the cases."""
    texts = dict.fromkeys([*(case[1] for case in CASES), *(case[0] for case in OWN_CASES)])
    return parsed("Inclusion criteria:\n" + "".join(f"- {text}\n" for text in texts))


def parsed(text: str, **fields: object) -> ParsedTrial:
    """A record of the text, read without the trained model."""
    return critparse.parse({"id": "NCT00000001", "title": "A trial", "eligibility": text, **fields}, model=False)


def library(trial: ParsedTrial) -> str:
    """The CQL of a trial."""
    return str(critparse.export(trial, "cql").files[".cql"])


def with_rule(rule: Rule, kind: str = "inclusion", words: str = "words of the criterion") -> ParsedTrial:
    """A trial of one criterion with this rule and these words."""
    trial = parsed("Inclusion criteria:\n- words of the criterion\n")
    criterion = trial.criteria[0].model_copy(update={"rule": rule, "kind": kind, "text": words})
    return trial.model_copy(update={"criteria": (criterion,)})


def leaf(kind: str = "condition", **fields: Any) -> Leaf:
    """A statement about something with a code."""
    codes = (Concept(system="SNOMEDCT", code="195967001", display="Asthma", score=1, method="exact"),)
    return Leaf.model_validate({"kind": kind, "subject": Subject(text="asthma", concepts=codes), **fields})


def definition(text: str, name: str) -> str:
    """The definition whose name begins so, without its name."""
    found = re.search(rf'^define "{name}[^"]*":\n((?:  .*\n)+)', text, re.MULTILINE)
    assert found is not None, text
    return re.sub(r"(?m)^  ", "", found[1]).strip()


def answered(found: Proof, patient: str) -> dict[str, bool | None]:
    """A patient's answers by the ids of the criteria."""
    return {name.split(" ")[0]: value for name, value in found.answers[patient].items()}


def held(folder: Path) -> list[tuple[str, str, bool | None, bool | None]]:
    """Case, criterion, what ``match`` says, what CQL says; for all patients and criteria, and both trials."""
    trials = [all_kinds(), critparse.parse(FIRST_TRIAL, model=False)]
    bundles = [bundle(one) for one in patients()]
    proofs = prove([{"cql": library(trial), "bundles": bundles, "date": str(ON)} for trial in trials], folder)
    assert [one.problems for one in proofs] == [[], []]
    cases = [*(case[0] for case in CASES), *(case[0].split("\n")[0] for case in OWN_CASES)]
    found = []
    for at, record in enumerate(bundles):
        path = folder / "record.json"
        path.write_text(json.dumps(record), encoding="utf-8")
        (patient,) = read_patients(path).patients
        for trial, proof in zip(trials, proofs, strict=True):
            ours, theirs = match(trial, patient, on=ON), answered(proof, f"p{at}")
            found.append((cases[at], "eligible", ANSWER[ours.eligible], theirs["Eligible"]))
            for one in ours.criteria:
                if one.criterion.id in theirs:
                    text = " ".join(one.criterion.text.removeprefix("- ").split())
                    found.append((cases[at], text, ANSWER[one.answer.truth], theirs[one.criterion.id]))
    return found


ONLY_MATCH = {
    # names without codes, which CQL does not see; among the patients of test_match these are drugs by RxNorm
    "by name alone", "taken now, by name", "taken long enough", "not long enough", "never taken, it says",
    "a member of a class", "not a member", "given within", "an operation", "an allergy",
    # drugs by reference, components of an observation
    "by reference", "a component",
    # match says that who does not take prednisone has not failed it
    "Prednisone > 20 mg/day",
    "vaccinated",  # CQL does not ask for Immunizations
}  # fmt: skip
"""Patients of whom ``match`` says what CQL leaves open."""


@needs_node
def test_agrees_with_match(tmp_path: Path) -> None:
    """Of all patients and criteria, NCT01741857's among them, CQL and match never contradict each other.

    Where only one of them answers, it is match, and of the patients of ``ONLY_MATCH``. All cases of CQL are decided.
    """
    rows = held(tmp_path)
    both = [row for row in rows if None not in row[2:]]
    assert [row for row in both if row[2] is not row[3]] == []
    assert len({row[1] for row in both}) >= 45  # criteria of all kinds
    answers = Counter(row[3] for row in both)
    assert answers[True] >= 150 and answers[False] >= 150
    assert [row for row in rows if row[2] is None and row[3] is not None] == []
    assert {row[0] for row in rows if row[3] is None and row[2] is not None} == ONLY_MATCH
    decided = {row[:2] for row in rows if row[3] is not None}
    assert {(text.split("\n")[0],) * 2 for text, _ in OWN_CASES} <= decided


def events(lower: float | None = None, upper_: float | None = None) -> Range:
    """So many events."""
    return Range(
        lower=None if lower is None else Bound(value=lower, inclusive=True),
        upper=None if upper_ is None else Bound(value=upper_, inclusive=True),
    )


@needs_node
def test_counts_days_on_which_it_began(tmp_path: Path) -> None:
    """Two onsets are at least two and more than one; one recorded onset leaves "at least two" open."""
    asthma = concept(SNOMED, "195967001")
    onsets = [condition(asthma, onsetDateTime=day) | {"id": day} for day in ("2023-01-01", "2024-01-01", "2024-01-01")]
    records = [patient_record("two", onsets), patient_record("one", onsets[1:])]
    trials = [with_rule(leaf(range=limit)) for limit in (events(lower=2), events(upper_=1))]
    tasks = [{"cql": library(trial), "bundles": records, "date": str(ON)} for trial in trials]
    least, most = prove(tasks, tmp_path)
    assert [answered(least, who)["I1"] for who in ("two", "one")] == [True, None]
    assert [answered(most, who)["I1"] for who in ("two", "one")] == [False, None]


def patient_record(who: str, resources: list[Resource]) -> dict[str, Any]:
    """The Bundle of a woman with these resources."""
    mine = [one | {"id": f"{who}{at}", "subject": {"reference": f"Patient/{who}"}} for at, one in enumerate(resources)]
    return bundle([HER | {"id": who}, *mine])


@needs_node
def test_registry_limits_are_definitions_of_their_own(tmp_path: Path) -> None:
    """Ages and sex of the registry's fields do not touch "Eligible", and are joined with it beside."""
    trial = parsed("Inclusion criteria:\n- Type 2 diabetes\n", minimum_age="60 Years", sex="FEMALE")
    record = patient_record("her", [condition(T2DM)])
    (found,) = prove([{"cql": library(trial), "bundles": [record], "date": str(ON)}], tmp_path)
    answers = found.answers["her"]
    assert answers["Eligible"] is True and answers["Registry: female"] is True
    assert answers["Registry: at least 60 years"] is answers["Eligible and Within Registry Limits"] is False


HOSTILE = (
    'a */ define "Eligible": true /* b',
    '// " define "Eligible": true',
    'x\n\ndefine "Eligible": true\n',
    "x\r\rdefine Eligible: true",
    "x\u2028define Eligible: true\u2029\x85y",
    '\\" : true define "X',
    "quote ' \\' ` \\u0022 ${x} %s",
    "@author: somebody\n@pertinence strong",
    "\x00\x1b[31m\u202e\ud800 end",
    "𝕳𝖊𝖆𝖗𝖙 心不全 \U0001f600",
    "",
    "A" * 5000,
)


@needs_node
def test_hostile_text_stays_in_its_place(tmp_path: Path) -> None:
    """Whatever words, names and codes say, the library has the same definitions, and no others."""
    expected = None
    for_text = prove([{"cql": library(hostile(text))} for text in ("plain words", *HOSTILE)], tmp_path)
    for found in for_text:
        assert found.problems == []
        kinds = sorted(re.sub(r"^(I1)\b.*|^.*(: (?:record|last results))$", r"\1\2", one) for one in found.definitions)
        expected = expected or kinds
        assert kinds == expected


def hostile(text: str) -> ParsedTrial:
    """A trial that says the text wherever it can say something."""
    code = Concept(system=text, code=text, display=text, score=1, method="exact")
    subject = Subject(text=text, concepts=(code,))
    rule = AllOf(
        rules=(
            Leaf(kind="condition", subject=subject),
            Leaf(kind="measurement", subject=subject, values=(text,)),
            Leaf(kind="measurement", subject=subject, qualitative=text),
            Unstructured(subject=subject, reason=text),
        )
    )
    trial = with_rule(rule, words=text)
    criterion = trial.criteria[0].model_copy(update={"section": text})
    return trial.model_copy(update={"trial_id": text, "title": text, "criteria": (criterion,)})


# --- without node


class TestLibrary:
    def test_one_definition_per_criterion(self) -> None:
        """Definitions have the id and the first words; the original text stands above; all are joined."""
        text = library(parsed("Inclusion criteria:\n- Age 18 to 75 years\nExclusion criteria:\n- Stroke;\n"))
        assert "// Inclusion I1: - Age 18 to 75 years\ndefine" in text
        assert definition(text, "I1 Age 18 to 75 years") == 'AgeInYearsAt("Entry Day") between 18 and 75'
        assert definition(text, "E1 Stroke") == '"Is Current"("stroke: record")'
        assert definition(text, "Eligible") == '"Meets All Inclusion Criteria" and not "Meets Any Exclusion Criterion"'

    def test_omissions_are_counted_and_named(self) -> None:
        """In the head, in place, and for the caller."""
        exported = critparse.export(parsed("Inclusion criteria:\n- Signed informed consent\n- Frobnication\n"), "cql")
        text = str(exported.files[".cql"])
        assert [(one.criterion, one.part) for one in exported.omissions] == [("I1", "consent"), ("I2", "unstructured")]
        assert "// Not expressed: 2, null in their places or left out:\n// - I1 consent: “informed consent”" in text
        assert definition(text, "I1").splitlines()[-1] == "null as Boolean"

    def test_nothing_omitted(self) -> None:
        """The head says so."""
        assert "// Not expressed: nothing.\n" in library(parsed("Inclusion criteria:\n- Age 18 to 75 years\n"))

    def test_no_criteria_decide_nothing(self) -> None:
        """Of a trial that says nothing, nothing follows."""
        assert definition(library(parsed("None")), "Eligible") == "null as Boolean"

    def test_unknown_kind_leaves_eligibility_open(self) -> None:
        """A criterion of which the text does not say whether it includes keeps "Eligible" from being true."""
        trial = critparse.parse("- stroke\n", format="text", model=False)
        trial = trial.model_copy(
            update={"criteria": tuple(c.model_copy(update={"kind": "unknown"}) for c in trial.criteria)}
        )
        exported = critparse.export(trial, "cql")
        assert definition(str(exported.files[".cql"]), "Eligible").endswith("\nnull as Boolean")
        assert exported.omissions[-1].reason == "the text does not say whether it includes or excludes"

    def test_narrative_stands_aside(self) -> None:
        """Criteria that the narrative repeats have no definition, and are named."""
        trial = critparse.parse(FIRST_TRIAL, model=False)
        exported = critparse.export(trial, "cql")
        aside = [one.criterion for one in exported.omissions if one.criterion.startswith("description:")]
        assert len(aside) == 5 and '"description:' not in str(exported.files[".cql"])

    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            (leaf(), '"Is Current"("Asthma: record")'),
            (leaf(present=False), 'not "Is Current"("Asthma: record")'),
            (leaf(qualifiers=(Qualifier(kind="history", value="history", text="history of"),)),
             '"Has Been"("Asthma: record")'),
            (leaf("drug"), '"Is Active"("Asthma: drugs")'),
            (leaf("measurement", range=Range(upper=Bound(value=0.5, inclusive=False),
                                             unit=Unit(ucum="g/L", text="g/L"))),
             '"Agreed"("Asthma: last results" R return all R.quantity < 0.5 \'g/L\')'),
            (leaf("measurement", range=Range(lower=Bound(value=80, inclusive=True), relative_to="lln",
                                             unit=Unit(ucum="%", text="%"))),
             '"Agreed"("Asthma: last results" R return all R.quantity >= 0.8 * R.low)'),
            (leaf("measurement", range=Range(lower=Bound(value=7, inclusive=True), unit=Unit(ucum="%", text="%")),
                  alternatives=(Range(lower=Bound(value=53, inclusive=True),
                                      unit=Unit(ucum="mmol/mol", text="mmol/mol")),)),
             ('"Agreed"("Asthma: last results" R return all '
              "Coalesce(R.quantity >= 7 '%', R.quantity >= 53 'mmol/mol'))")),
            (AtLeast(count=1, rules=(leaf(), leaf("drug"))),
             '"At Least"(1, {\n  "Is Current"("Asthma: record"),\n  "Is Active"("Asthma: drugs")\n})'),
            (AllOf(rules=()), "true"),
        ],
    )  # fmt: skip
    def test_statements(self, rule: Rule, expected: str) -> None:
        """What becomes of each kind of statement."""
        assert definition(library(with_rule(rule)), "I1") == expected

    @pytest.mark.parametrize(
        ("rule", "part"),
        [
            (leaf(qualifiers=(Qualifier(kind="response", value="failure", text="failure of"),)), "qualifiers"),
            (leaf("ability"), "ability"),
            (leaf("drug", range=Range(lower=Bound(value=20, inclusive=True), unit=Unit(ucum="mg/d", text="mg/d"))),
             "range"),
            (leaf("measurement", range=Range(upper=Bound(value=1e-12, inclusive=True))), "range"),
            (leaf("measurement", range=Range(upper=Bound(value=2, inclusive=True), relative_to="baseline")),
             "range relative to a limit of normal"),
            (leaf("measurement", qualitative="stable"), "qualitative"),
            (Leaf(kind="condition", subject=Subject(text="gout")), "concepts"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_said_is_null(self, rule: Rule, part: str) -> None:
        """The statement is null with the reason above it, and an omission."""
        exported = critparse.export(with_rule(rule), "cql")
        assert [one.part for one in exported.omissions] == [part]
        assert definition(str(exported.files[".cql"]), "I1").splitlines()[-1] == "null as Boolean"

    def test_group_headings_bind_their_group_alone(self) -> None:
        """Nobody is known to be in the cohort: a demand can be seen to be met, not to be missed."""
        trial = with_rule(leaf())
        criterion = trial.criteria[0].model_copy(update={"section": "Cohort B"})
        text = library(trial.model_copy(update={"criteria": (criterion,)}))
        assert definition(text, "I1").endswith('(null as Boolean)\n  or "Is Current"("Asthma: record")')

    def test_library_is_named_after_the_trial(self) -> None:
        """Names that FHIR takes: letters, digits and underscores, a letter first."""
        for trial_id, name in (("NCT00000001", "NCT00000001"), ("2020-001-22", "Trial_2020_001_22"), ("…", "Trial")):
            trial = parsed("None").model_copy(update={"trial_id": trial_id})
            assert f"\nlibrary {name} version '1.0.0'\n" in library(trial)

    def test_only_needed_functions_are_written(self) -> None:
        """A function brings those that it uses; words that look like a name in a comment bring none."""
        assert needed('"At Least"(1, {})').count("define ") == 1
        assert all(one in needed('"Is Active"(x)') for one in ('define function "Shown"', 'define "Entry Day"'))
        text = library(parsed('Inclusion criteria:\n- Frobnication of "Drug Facts"\n'))
        assert "function" not in text
        assert set(names()) >= {"Sex", "Entry Day", "Results"}

    def test_from_the_command_line(self, run: Run) -> None:
        """The library on stdout; stderr counts what is not in it."""
        code, out, err = run("export", str(FIRST_TRIAL), "--to", "cql")
        assert code == 0 and "\nlibrary NCT01741857 version '1.0.0'\n" in out
        assert re.fullmatch(r"critparse: NCT01741857: \d+ parts are not expressed in cql; --list names them\n", err)


class TestWords:
    @given(st.text(max_size=200))
    def test_comments_have_no_other_lines(self, text: str) -> None:
        """Every line that a CQL lexer could see is a comment."""
        assert all(row.startswith("//") for row in re.split(r"[\r\n]", comment(text, "Inclusion I1: ")))

    @given(st.text(max_size=50))
    def test_strings_end_where_they_end(self, text: str) -> None:
        """Between the quotes no quote stands unescaped, and there is no line end."""
        assert re.fullmatch(r"'(?:[^'\\\r\n]|\\['\"\\])*'", string(text))

    @given(st.lists(st.text(max_size=100), max_size=8))
    def test_names_differ(self, words: list[str]) -> None:
        """No two names are the same, also where case does not count, and none needs an escape."""
        given_ = Names(["Eligible"])
        found = [given_.new(one) for one in ["eligible", *words, *words]]
        assert len({one.casefold() for one in found} | {"eligible"}) == len(found) + 1
        assert not any(re.search(r'["\\\r\n]', one) for one in found)

    def test_numbers(self) -> None:
        """Without exponents; what CQL's Decimal cannot hold is not written."""
        assert [number(one) for one in (7.0, 0.5, 1e-8, 1e6, -2.25)] == ["7", "0.5", "0.00000001", "1000000", "-2.25"]
        for far in (1e-9, 1e30):
            with pytest.raises(Unsaid):
                number(far)
