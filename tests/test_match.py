"""Matching: three-valued logic, patients whose answers are known, and that nothing recorded never means "not met"."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import FIRST_TRIAL, Run

import critparse
from critparse.errors import InputError, InputNotFound, MalformedInput
from critparse.match import Days, Patient, Truth, match, read_patients
from critparse.match.logic import agreed, all_of, any_of, at_least, if_then, negation
from critparse.match.statements import Case
from critparse.match.trial import evaluate

ON = date(2024, 6, 1)
SNOMED, ICD, LOINC = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm", "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN
Resource = dict[str, Any]

truths = st.sampled_from(list(Truth))


class TestLogic:
    @given(st.lists(truths, max_size=6))
    def test_de_morgan(self, members: list[Truth]) -> None:
        """Not "and" is "or" of the negations; twice not is nothing."""
        assert negation(all_of(members)) == any_of(negation(member) for member in members)
        assert [negation(negation(member)) for member in members] == members

    @given(st.lists(truths, min_size=1, max_size=6), st.integers(1, 7))
    def test_knowing_more_never_turns_an_answer(self, members: list[Truth], count: int) -> None:
        """An answer that is certain stays so, whatever the unknown members turn out to be."""
        for operation in (all_of, any_of, lambda found: at_least(count, found), agreed):
            answer = operation(members)
            for known in (MET, NOT_MET):
                filled = [known if member is UNKNOWN else member for member in members]
                if answer is not UNKNOWN and operation is not agreed:
                    assert operation(filled) is answer

    @given(st.lists(truths, min_size=1, max_size=6))
    def test_counts_at_their_ends(self, members: list[Truth]) -> None:
        """At least one is "or"; at least as many as there are is "and"; more than there are is never met."""
        assert at_least(1, members) is any_of(members)
        assert at_least(len(members), members) is all_of(members)
        assert at_least(len(members) + 1, members) is NOT_MET

    def test_conditions(self) -> None:
        """Whoever is not meant fulfils it; whoever may be meant does so only if the demand is met."""
        assert [if_then(NOT_MET, NOT_MET), if_then(UNKNOWN, NOT_MET), if_then(MET, UNKNOWN)] == [MET, UNKNOWN, UNKNOWN]
        assert if_then(UNKNOWN, MET) is MET

    def test_no_members(self) -> None:
        """Nothing asked is met; nothing offered is not."""
        assert (all_of([]), any_of([])) == (MET, NOT_MET)


# --- patients with known answers


def concept(system: str, code: str, display: str = "") -> Resource:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code, **({"display": display} if display else {})}]}


def coded_state(code: str) -> Resource:
    """A clinicalStatus or verificationStatus."""
    return {"coding": [{"code": code}]}


def condition(code: Resource, status: str = "active", verified: str = "confirmed", **more: Any) -> Resource:
    """A Condition with its two states."""
    states = {"clinicalStatus": coded_state(status), "verificationStatus": coded_state(verified)}
    return {"resourceType": "Condition", "id": "c", "code": code, **states, **more}


def drug(code: Resource, status: str = "active", kind: str = "MedicationStatement", **more: Any) -> Resource:
    """A drug that is or was taken."""
    return {"resourceType": kind, "id": "m", "status": status, "medicationCodeableConcept": code, **more}


def value(code: str, number: float, unit: str, when: str = "2024-05-20", **more: Any) -> Resource:
    """A laboratory value by LOINC."""
    quantity = {"value": number, "unit": unit, "code": unit, "system": UCUM}
    return observation(code, when, valueQuantity=quantity, **more)


def observation(code: str, when: str = "2024-05-20", **more: Any) -> Resource:
    """A final observation by LOINC."""
    base = {"resourceType": "Observation", "id": f"o{code}{when}", "status": "final", "effectiveDateTime": when}
    return {**base, "code": concept(LOINC, code), **more}


def upper(limit: float, unit: str) -> list[Resource]:
    """A reference range that ends at ``limit``."""
    return [{"high": {"value": limit, "unit": unit, "code": unit}}]


T2DM, STROKE, MI = concept(SNOMED, "44054006"), concept(SNOMED, "230690007"), concept(SNOMED, "22298006")
HEART_FAILURE = concept(ICD, "I50.9")
METFORMIN = concept(RXNORM, "860975", "metformin 500 MG Oral Tablet")
ITRACONAZOLE = concept(RXNORM, "28031", "itraconazole")
HER = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1970-06-02"}
HIM = {**HER, "gender": "male"}
NOBODY = {"resourceType": "Patient", "id": "p"}

CASES: list[tuple[str, str, list[Resource], Truth]] = [
    # age and sex
    ("age at the limit", "Age 53 to 75 years", [HER], MET),
    ("birthday is tomorrow", "Age 54 years or older", [HER], NOT_MET),
    ("year of birth only, clear", "Age ≥ 18 years", [{**HER, "birthDate": "1970"}], MET),
    ("year of birth only, on the edge", "Age ≥ 18 years", [{**HER, "birthDate": "2006"}], UNKNOWN),
    ("age in months", "Age 6 to 24 months", [{**HER, "birthDate": "2023-01-01"}], MET),
    ("no date of birth", "Age ≥ 18 years", [NOBODY], UNKNOWN),
    ("sex", "Female", [HER], MET),
    ("other sex", "Female", [HIM], NOT_MET),
    ("sex not recorded", "Female", [NOBODY], UNKNOWN),
    # conditions
    ("a condition by SNOMED CT", "Type 2 diabetes", [HER, condition(T2DM)], MET),
    ("nothing recorded", "Type 2 diabetes", [HER], UNKNOWN),
    ("refuted", "Type 2 diabetes", [HER, condition(T2DM, verified="refuted")], NOT_MET),
    ("only suspected", "Type 2 diabetes", [HER, condition(T2DM, verified="provisional")], UNKNOWN),
    ("entered in error", "Type 2 diabetes", [HER, condition(T2DM, verified="entered-in-error")], UNKNOWN),
    ("resolved", "Type 2 diabetes", [HER, condition(T2DM, "resolved")], UNKNOWN),
    ("another condition", "Type 2 diabetes", [HER, condition(STROKE)], UNKNOWN),
    ("a subcategory of ICD-10-CM", "Heart failure", [HER, condition(HEART_FAILURE)], MET),
    ("by name alone", "Type 2 diabetes", [HER, condition({"text": "Type 2 diabetes mellitus"})], MET),
    ("a name that only has it inside", "Diabetes", [HER, condition({"text": "No diabetes"})], UNKNOWN),
    ("severity is not recorded", "Severe heart failure", [HER, condition(HEART_FAILURE)], UNKNOWN),
    ("history of what is over", "History of myocardial infarction", [HER, condition(MI, "resolved")], MET),
    # absence
    ("absence contradicted", "No type 2 diabetes", [HER, condition(T2DM)], NOT_MET),
    ("absence not known", "No type 2 diabetes", [HER], UNKNOWN),
    ("absence known", "No type 2 diabetes", [HER, condition(T2DM, verified="refuted")], MET),
    # windows
    ("within", "Stroke within 6 months before screening",
     [HER, condition(STROKE, onsetDateTime="2024-02-01")], MET),
    ("before the window", "Stroke within 6 months before screening",
     [HER, condition(STROKE, "resolved", onsetDateTime="2022-02-01", abatementDateTime="2022-03-01")], UNKNOWN),
    ("only the year is known", "Stroke within 6 months before screening",
     [HER, condition(STROKE, onsetDateTime="2023")], UNKNOWN),
    ("recorded then, when it began is not", "Stroke within 6 months before screening",
     [HER, condition(STROKE, recordedDate="2024-05-01")], UNKNOWN),
    ("in the future", "Stroke", [HER, condition(STROKE, onsetDateTime="2024-07-01")], UNKNOWN),
    ("from another event", "Stroke within 6 months after surgery",
     [HER, condition(STROKE, onsetDateTime="2024-02-01")], UNKNOWN),
    # drugs
    ("taken now, by name", "Currently taking metformin", [HER, drug(METFORMIN)], MET),
    ("taken long enough", "Metformin for at least 3 months",
     [HER, drug(METFORMIN, effectivePeriod={"start": "2024-01-01"})], MET),
    ("not long enough", "Metformin for at least 3 months",
     [HER, drug(METFORMIN, effectivePeriod={"start": "2024-05-01"})], UNKNOWN),
    ("never taken, it says", "Currently taking metformin", [HER, drug(METFORMIN, "not-taken")], NOT_MET),
    ("stopped", "Currently taking metformin", [HER, drug(METFORMIN, "stopped")], UNKNOWN),
    ("a member of a class", "Use of strong CYP3A4 inhibitors", [HER, drug(ITRACONAZOLE)], MET),
    ("not a member", "Use of strong CYP3A4 inhibitors", [HER, drug(METFORMIN)], UNKNOWN),
    ("given within", "Itraconazole within 14 days before randomization",
     [HER, drug(ITRACONAZOLE, "completed", "MedicationAdministration", effectiveDateTime="2024-05-25")], MET),
    ("vaccinated", "Yellow fever vaccine within 30 days before screening",
     [HER, {"resourceType": "Immunization", "id": "v", "status": "completed", "occurrenceDateTime": "2024-05-20",
            "vaccineCode": concept(SNOMED, "37146000", "Yellow fever vaccine")}], MET),
    ("doses are not compared", "Prednisone > 20 mg/day", [HER, drug(concept(RXNORM, "8640", "prednisone"))], UNKNOWN),
    ("by reference", "Currently taking metformin",
     [HER, {"resourceType": "Medication", "id": "x", "code": METFORMIN},
      {"resourceType": "MedicationRequest", "id": "r", "status": "active", "intent": "order",
       "medicationReference": {"reference": "Medication/x"}}], MET),
    # values
    ("in range", "HbA1c ≥ 7.0 % and < 10 %", [HER, value("4548-4", 8.1, "%")], MET),
    ("on the excluded end", "HbA1c ≥ 7.0 % and < 10 %", [HER, value("4548-4", 10, "%")], NOT_MET),
    ("the last value counts", "HbA1c ≥ 7.0 %",
     [HER, value("4548-4", 8.1, "%", "2023-05-20"), value("4548-4", 6.1, "%")], NOT_MET),
    ("other unit of the same kind", "Haemoglobin ≥ 9 g/dL", [HER, value("718-7", 101, "g/L")], MET),
    ("molar unit", "Creatinine > 1.5 mg/dL", [HER, value("2160-0", 150, "umol/L")], MET),
    ("unit without a way there", "Creatinine > 1.5 mg/dL", [HER, value("2160-0", 150, "mm[Hg]")], UNKNOWN),
    ("no value", "Creatinine > 1.5 mg/dL", [HER], UNKNOWN),
    ("only a bound of the value", "Creatinine > 1.5 mg/dL",
     [HER, observation("2160-0", valueQuantity={"value": 2, "comparator": "<", "code": "mg/dL"})], UNKNOWN),
    ("multiple of normal", "ALT > 3 × ULN", [HER, value("1742-6", 150, "U/L", referenceRange=upper(40, "U/L"))], MET),
    ("below the multiple", "ALT > 3 × ULN",
     [HER, value("1742-6", 90, "U/L", referenceRange=upper(40, "U/L"))], NOT_MET),
    ("normal is not given", "ALT > 3 × ULN", [HER, value("1742-6", 150, "U/L")], UNKNOWN),
    ("a score", "ECOG 0 or 1", [HER, observation("89247-1", valueInteger=1)], MET),
    ("a score outside", "ECOG 0 or 1", [HER, observation("89247-1", valueInteger=2)], NOT_MET),
    ("a class", "NYHA class III or IV", [HER, observation("88020-3", valueString="II")], NOT_MET),
    ("a class in other words", "NYHA class III or IV", [HER, observation("88020-3", valueString="Class III")], UNKNOWN),
    ("a result in words", "Positive HIV test", [HER, observation("31201-7", valueString="Reactive")], MET),
    ("the opposite result", "Positive HIV test", [HER, observation("31201-7", valueString="Negative")], NOT_MET),
    ("a component", "Systolic blood pressure > 160 mmHg",
     [HER, observation("85354-9", component=[
         {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 170, "code": "mm[Hg]"}}])], MET),
    ("value too old", "Creatinine > 1.5 mg/dL within 14 days before randomization",
     [HER, value("2160-0", 2, "mg/dL", "2024-01-01")], UNKNOWN),
    # the rest
    ("only women", "Pregnancy", [HIM], NOT_MET),
    ("nobody asked", "Pregnancy", [HER], UNKNOWN),
    ("consent is in no record", "Signed informed consent", [HER], UNKNOWN),
    ("an operation", "Prior appendectomy",
     [HER, {"resourceType": "Procedure", "id": "q", "status": "completed",
            "code": {"text": "Appendectomy"}, "performedDateTime": "2020-01-01"}], MET),
    ("an allergy", "Allergy to penicillin",
     [HER, {"resourceType": "AllergyIntolerance", "id": "a", "clinicalStatus": coded_state("active"),
            "code": {"text": "Penicillins"}}], MET),
    ("one of two is enough", "Type 2 diabetes or stroke", [HER, condition(T2DM)], MET),
    ("both are needed", "Type 2 diabetes and HbA1c ≥ 7 %", [HER, condition(T2DM), value("4548-4", 6, "%")], NOT_MET),
]  # fmt: skip


def bundle(resources: list[Resource], folder: Path) -> Path:
    """A file with a Bundle of the resources."""
    path = folder / "bundle.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}))
    return path


def case_of(resources: list[Resource], folder: Path, complete: tuple[str, ...] = ()) -> Case:
    """The one patient of the resources, on the day of all tests."""
    record = read_patients(bundle(resources, folder))
    assert record.problems == () and len(record.patients) == 1
    return Case(record.patients[0], ON, frozenset(complete))  # type: ignore[arg-type]


class TestStatements:
    @pytest.mark.parametrize(("text", "resources", "truth"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
    def test_known_answers(self, text: str, resources: list[Resource], truth: Truth, tmp_path: Path) -> None:
        """Each patient's answer, and the facts that a certain answer rests on."""
        found = evaluate(critparse.parse_criterion(text, kind="inclusion").rule, case_of(resources, tmp_path))
        assert found.truth is truth, found
        assert found.why if truth is UNKNOWN else found.facts

    def test_evidence_is_what_decides(self, tmp_path: Path) -> None:
        """Of two values, the answer names the last."""
        rule = critparse.parse_criterion("HbA1c ≥ 7.0 %").rule
        old, new = value("4548-4", 8.1, "%", "2023-05-20"), value("4548-4", 6.1, "%")
        (fact,) = evaluate(rule, case_of([HER, old, new], tmp_path)).facts
        assert fact.source == "Observation/o4548-42024-05-20" and fact.number == 6.1

    def test_words_not_read_leave_it_open(self, tmp_path: Path) -> None:
        """A statement with unread words beside it is not certain."""
        rule = critparse.parse_criterion("Type 2 diabetes").rule
        span = critparse.schema.Span(text_id="criterion", start=0, end=1)
        found = evaluate(rule.model_copy(update={"unread": (span,)}), case_of([HER, condition(T2DM)], tmp_path))
        assert found.truth is UNKNOWN and found.why == ("met, but for words that were not read",)

    def test_ambiguous_words_need_both_readings(self, tmp_path: Path) -> None:
        """ "and/or" is certain only where both readings agree."""
        members = tuple(critparse.parse_criterion(text).rule for text in ("Type 2 diabetes", "Female"))
        either = critparse.schema.AnyOf(rules=members, ambiguous=True)
        assert evaluate(either, case_of([HER, condition(T2DM)], tmp_path)).truth is MET
        assert evaluate(either, case_of([HER], tmp_path)).truth is UNKNOWN


class TestCompleteRecords:
    def test_what_is_not_there_is_not_met(self, tmp_path: Path) -> None:
        """Where the record of conditions is complete, a missing one is not there; its absence is met."""
        case = case_of([HER, condition(STROKE)], tmp_path, ("condition",))
        assert evaluate(critparse.parse_criterion("Type 2 diabetes").rule, case).truth is NOT_MET
        assert evaluate(critparse.parse_criterion("No type 2 diabetes").rule, case).truth is MET

    def test_other_domains_stay_open(self, tmp_path: Path) -> None:
        """Nothing is said of drugs by it."""
        case = case_of([HER], tmp_path, ("condition",))
        assert evaluate(critparse.parse_criterion("Currently taking metformin").rule, case).truth is UNKNOWN

    def test_facts_without_readable_codes_may_be_it(self, tmp_path: Path) -> None:
        """A condition in an unknown system could be the one that is asked for."""
        case = case_of([HER, condition(concept("http://example.org/own", "17"))], tmp_path, ("condition",))
        assert evaluate(critparse.parse_criterion("Type 2 diabetes").rule, case).truth is UNKNOWN


@given(
    st.sampled_from(sorted({text for _, text, *_ in CASES})),
    st.sampled_from([None, "female", "male"]),
    st.booleans(),
)
def test_an_empty_record_is_never_not_met(text: str, sex: Any, present: bool) -> None:
    """Without facts, only age, sex and what only women can have are certain; no leaf else is met or not met."""
    patient = Patient("p", Days.of("1970-01-01"), sex)
    for leaf in critparse.parse(f"Inclusion criteria:\n- {text}", model=False).criteria:
        rule = leaf.rule
        if isinstance(rule, critparse.schema.Leaf) and rule.kind not in {"age", "sex", "reproductive"}:
            rule = rule.model_copy(update={"present": present})
            assert evaluate(rule, Case(patient, ON)).truth is UNKNOWN


# --- trials


class TestTrials:
    TEXT = (
        "Inclusion criteria:\n- Age 18 to 75 years\n- Type 2 diabetes\n"
        "Exclusion criteria:\n- Stroke\n- Pregnant women\n"
    )

    def test_eligible(self, tmp_path: Path) -> None:
        """All inclusion criteria met and no exclusion: only the certain counts."""
        trial = critparse.parse(self.TEXT)
        patient = case_of([HIM, condition(T2DM)], tmp_path).patient
        found = match(trial, patient, on=ON)
        assert [one.answer.truth for one in found.criteria] == [MET, MET, UNKNOWN, NOT_MET]
        assert found.eligible is UNKNOWN
        assert match(trial, patient, on=ON, complete=["condition"]).eligible is MET

    def test_excluded(self, tmp_path: Path) -> None:
        """One exclusion that is met excludes, whatever else is unknown."""
        patient = case_of([HER, condition(STROKE)], tmp_path).patient
        assert match(critparse.parse(self.TEXT), patient, on=ON).eligible is NOT_MET

    def test_first_trial(self, tmp_path: Path) -> None:
        """A patient who is too old for the trial is not eligible; all else about it is open."""
        patient = case_of([{**HER, "birthDate": "1930-01-01"}], tmp_path).patient
        found = match(critparse.parse(FIRST_TRIAL), patient, on=ON)
        assert found.eligible is NOT_MET
        answers = {one.criterion.id: one.answer.truth for one in found.criteria}
        assert answers["I1"] is NOT_MET and set(answers.values()) == {NOT_MET, UNKNOWN}

    def test_no_criteria(self) -> None:
        """Of a trial that says nothing, nothing follows."""
        assert match(critparse.parse({"id": "X", "eligibility": "None"}), Patient("p"), on=ON).eligible is UNKNOWN


def _within(value: Any) -> Iterator[Any]:
    """Every object and array in a JSON value, itself included."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _within(inner)


class TestReading:
    def test_folder_with_bundles_and_lines(self, tmp_path: Path) -> None:
        """Facts find their patient across files, by id and by fullUrl."""
        (tmp_path / "a.ndjson").write_text(json.dumps(HER) + "\n" + json.dumps({**HIM, "id": "q"}) + "\n")
        about_q = condition(T2DM, subject={"reference": "Patient/q"})
        uuid = {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient"}}
        about_uuid = {"resource": condition(STROKE, subject={"reference": "urn:uuid:1"})}
        entries = [{"resource": about_q}, uuid, about_uuid]
        (tmp_path / "b.json").write_text(json.dumps({"resourceType": "Bundle", "entry": entries}))
        (tmp_path / "readme.txt").write_text("not read")
        record = read_patients(tmp_path)
        assert {one.id: len(one.facts) for one in record.patients} == {"p": 0, "q": 1, "urn:uuid:1": 1}
        assert record.problems == ()

    def test_damage_is_said_and_costs_nothing_else(self, tmp_path: Path) -> None:
        """A date that is none, and a fact of nobody."""
        resources = [HER, condition(T2DM, onsetDateTime="yesterday"), condition(STROKE)]
        stray = condition(MI, subject={"reference": "Patient/z"})
        record = read_patients(bundle([*resources, stray], tmp_path))
        assert len(record.patients[0].facts) == 1
        assert ["Condition/c is damaged" in record.problems[0], "belongs to no patient" in record.problems[1]] == [
            True, True,
        ]  # fmt: skip

    def test_what_is_no_record(self, tmp_path: Path) -> None:
        """No file, no JSON, no resource, no patient: one typed error each."""
        with pytest.raises(InputNotFound):
            read_patients(tmp_path / "none.json")
        for content, error in (("{", MalformedInput), ("[1]", MalformedInput), ("[" * 100_000, MalformedInput)):
            (tmp_path / "x.json").write_text(content)
            with pytest.raises(error):
                read_patients(tmp_path / "x.json")
        with pytest.raises(InputError, match="no Patient"):
            read_patients(bundle([condition(T2DM)], tmp_path))

    @given(st.data())
    def test_any_damage_is_typed(self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
        """Whatever stands in the place of any value: an InputError or a record, never another error."""
        resources = [HER, *(one for case in CASES[-25:] for one in case[2][1:])]
        whole = json.loads(json.dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}))
        holders = [value for value in _within(whole) if value]
        holder = data.draw(st.sampled_from(holders))
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        wrong = st.sampled_from([None, 1, -1.5, True, "x", [], {}, [1], ["x"], {"x": 1}, float("nan"), "2024-99"])
        holder[key] = data.draw(wrong)
        path = tmp_path_factory.mktemp("damage") / "bundle.json"
        path.write_text(json.dumps(whole))
        try:
            record = read_patients(path)
        except InputError:
            return
        assert all(fact.number is None or math.isfinite(fact.number) for p in record.patients for fact in p.facts)

    def test_dates(self) -> None:
        """Days, months, years and times; nothing else."""
        assert Days.of("2024-02") == Days(date(2024, 2, 1), date(2024, 2, 29))
        assert Days.of("2024-02-03T23:00:00+02:00").first == date(2024, 2, 3)
        for wrong in ("2024-2", "24", "2024-13-01", "soon"):
            with pytest.raises(ValueError, match=r".*"):
                Days.of(wrong)


class TestCommand:
    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[str, str]:
        """A parsed trial and a patient."""
        trial = tmp_path / "trial.json"
        trial.write_text(critparse.parse(TestTrials.TEXT).model_dump_json())
        return str(trial), str(bundle([HER, condition(T2DM)], tmp_path))

    def test_json(self, run: Run, files: tuple[str, str]) -> None:
        """Each criterion with its answer, evidence and what is missing."""
        trial, patients = files
        code, out, err = run("match", trial, "--patients", patients, "--date", "2024-06-01", "--format", "json")
        assert (code, err) == (0, "")
        (found,) = json.loads(out)
        assert (found["patient"], found["date"], found["eligible"]) == ("p", "2024-06-01", "unknown")
        assert found["criteria"][1]["answer"] == "met"
        assert found["criteria"][1]["evidence"][0]["source"] == "Condition/c"
        assert found["criteria"][2] == {
            "id": "E1", "kind": "exclusion", "answer": "unknown", "evidence": [], "why": ["no fact for “Stroke”"],
        }  # fmt: skip

    def test_table_and_lines(self, run: Run, files: tuple[str, str], tmp_path: Path) -> None:
        """People see a table; programs a line each."""
        trial, patients = files
        day = ("--date", "2024-06-01")
        _, out, _ = run("match", trial, "--patients", patients, *day, "--assume-complete", "condition")
        assert "eligible: unknown (2 met, 1 not met, 1 unknown)" in out
        code, out, _ = run("match", trial, "--patients", patients, *day, "-f", "jsonl", "-o", "out.jsonl")
        assert (code, out) == (0, "") and json.loads((tmp_path / "out.jsonl").read_text())["patient"] == "p"

    def test_bad_usage(self, run: Run, files: tuple[str, str]) -> None:
        """What is no document, no patient file or no domain is one line."""
        trial, patients = files
        for arguments in (
            ("match", patients, "--patients", patients),
            ("match", trial, "--patients", "nowhere"),
            ("match", trial, "--patients", patients, "--assume-complete", "everything"),
        ):
            code, out, err = run(*arguments)
            assert (code, out) == (2, "") and err.count("\n") == 1
