"""Patients from an OMOP CDM in DuckDB: what each row is, by whose vocabulary, and what is no CDM."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from omop_cdm import INDEX, Cdm, Event, Person
from omop_rules import leaf, limit, trial_of
from support import Run
from vocabulary_files import ANCESTORS, CONCEPTS, RELATIONSHIPS

import critparse
from critparse.errors import InputError, InputNotFound, MalformedInput, MissingExtra
from critparse.match import Days, Patient, Truth, match, read_patients
from critparse.match.omop.cdm import Cdm as Source
from critparse.schema import Concept, Leaf, Rule, Subject

ON = date(2024, 6, 1)
MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN
T1DM, T2DM, DIABETES, LATE, CREATININE, PREDNISONE_20 = 201254, 201826, 201820, 443732, 3016723, 1551105
TABLES = {
    "person": "person_id, gender_concept_id, year_of_birth, month_of_birth, day_of_birth",
    "condition_occurrence": "condition_occurrence_id, person_id, condition_concept_id, condition_start_date,"
    " condition_end_date, condition_source_value, condition_source_concept_id, condition_status_concept_id,"
    " visit_occurrence_id",
    "drug_exposure": "drug_exposure_id, person_id, drug_concept_id, drug_exposure_start_date, drug_exposure_end_date,"
    " days_supply",
    "procedure_occurrence": "procedure_occurrence_id, person_id, procedure_concept_id, procedure_date",
    "device_exposure": "device_exposure_id, person_id, device_concept_id, device_exposure_start_date",
    "measurement": "measurement_id, person_id, measurement_concept_id, measurement_date, value_as_number,"
    " operator_concept_id, value_as_concept_id, unit_concept_id, unit_source_value, range_low, range_high,"
    " value_source_value",
    "observation": "observation_id, person_id, observation_concept_id, observation_date, value_as_string,"
    " value_as_concept_id, qualifier_concept_id",
    "visit_occurrence": "visit_occurrence_id, person_id, visit_end_date",
}
_CONCEPT_COLUMNS = (
    "concept_id, concept_name, domain_id, vocabulary_id, concept_class_id, standard_concept, concept_code, "
    "invalid_reason"
)
VOCABULARY: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "concept": (_CONCEPT_COLUMNS, CONCEPTS),
    "concept_ancestor": ("ancestor_concept_id, descendant_concept_id", ANCESTORS),
    "concept_relationship": ("concept_id_1, concept_id_2, relationship_id, invalid_reason", RELATIONSHIPS),
}  # fmt: skip
Rows = dict[str, list[dict[str, Any]]]
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a CDM: rows by table, without the tables named; the person of id 1 is there unless said otherwise."""

    def write(rows: Rows | None = None, without: tuple[str, ...] = (), schema: str = "main") -> Path:
        path = tmp_path / "cdm.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as db:
            db.execute(f"CREATE SCHEMA IF NOT EXISTS cdm.{schema}")
            for table, columns in TABLES.items():
                if table not in without:
                    typed = ", ".join(f"{column} {_type(column)}" for column in columns.split(", "))
                    db.execute(f"CREATE TABLE cdm.{schema}.{table} ({typed})")
            for table, (columns, values) in VOCABULARY.items():
                if table not in without:
                    typed = ", ".join(f"{column} {_type(column)}" for column in columns.split(", "))
                    db.execute(f"CREATE TABLE cdm.{schema}.{table} ({typed})")
                    marks = ", ".join("?" * (columns.count(",") + 1))
                    db.executemany(f"INSERT INTO cdm.{schema}.{table} VALUES ({marks})", values)
            person = {"person_id": 1, "gender_concept_id": 8532, "year_of_birth": 1970}
            for table, given in {"person": [person], **(rows or {})}.items():
                for row in given:
                    named = row if table == "person" else {"person_id": 1, f"{table}_id": 7, **row}
                    marks = ", ".join("?" * len(named))
                    db.execute(
                        f"INSERT INTO cdm.{schema}.{table} ({', '.join(named)}) VALUES ({marks})", [*named.values()]
                    )
        return path

    return write


def _type(column: str) -> str:
    if column.endswith("_date"):
        return "DATE"
    if column in {"value_as_number", "range_low", "range_high"}:
        return "DOUBLE"
    number = column.endswith(("_id", "_id_1", "_id_2", "_birth", "days_supply"))
    is_text = column in {"domain_id", "vocabulary_id", "concept_class_id", "relationship_id"}
    return "BIGINT" if number and not is_text else "VARCHAR"


def the_patient(path: Path) -> Patient:
    """The one person of the file."""
    (patient,) = read_patients(path).patients
    return patient


def condition(concept: int, start: str = "2020-01-01", **more: Any) -> Rows:
    """One condition."""
    row = {"condition_concept_id": concept, "condition_start_date": start, **more}
    return {"condition_occurrence": [row]}


def value(number: float | None = None, **more: Any) -> Rows:
    """One creatinine in mg/dL."""
    row = {"measurement_concept_id": CREATININE, "measurement_date": "2024-05-20", "value_as_number": number}
    return {"measurement": [{**row, "unit_concept_id": 8840, **more}]}


def drug(**more: Any) -> Rows:
    """One exposure to a prednisone tablet."""
    return {"drug_exposure": [{"drug_concept_id": PREDNISONE_20, "drug_exposure_start_date": "2024-05-01", **more}]}


HOSPITAL = {"visit_occurrence": [{"visit_occurrence_id": 5, "visit_end_date": "2020-01-09"}]}
CASES: list[tuple[str, str, Rows, Truth]] = [
    ("a condition by a code that is mapped", "Type 2 diabetes", condition(T2DM), MET),
    ("what lies below it", "Type 2 diabetes", condition(LATE), MET),
    ("what lies above it says nothing", "Type 2 diabetes", condition(DIABETES), UNKNOWN),
    ("another one", "Type 2 diabetes", condition(T1DM), UNKNOWN),
    ("by the source's own code", "Type 2 diabetes", condition(0, condition_source_concept_id=45576876), MET),
    ("no matching concept", "Type 2 diabetes", condition(0, condition_source_value="E11.9"), UNKNOWN),
    ("one day is no end", "Type 2 diabetes", condition(T2DM, condition_end_date="2020-01-01"), MET),
    ("nor is the end of the visit", "Type 2 diabetes",
     {**condition(T2DM, condition_end_date="2020-01-09", visit_occurrence_id=5), **HOSPITAL}, MET),
    ("it ended", "Type 2 diabetes", condition(T2DM, condition_end_date="2020-02-01"), UNKNOWN),
    ("after the day", "Type 2 diabetes", condition(T2DM, "2024-06-02"), UNKNOWN),
    ("a drug by its ingredient", "Currently taking prednisone", drug(drug_exposure_end_date="2024-06-20"), MET),
    ("it is over", "Currently taking prednisone", drug(drug_exposure_end_date="2024-05-20"), UNKNOWN),
    ("supplied until now", "Currently taking prednisone", drug(days_supply=60), MET),
    ("supplied until then", "Prednisone within 14 days before enrollment", drug(days_supply=10), UNKNOWN),
    ("within", "Prednisone within 28 days before enrollment", drug(days_supply=10), MET),
    ("a value", "Creatinine > 1.5 mg/dL", value(2.0), MET),
    ("a value outside", "Creatinine > 1.5 mg/dL", value(1.5), NOT_MET),
    ("a molar unit as written", "Creatinine > 1.5 mg/dL",
     value(150.0, unit_concept_id=0, unit_source_value="umol/L"), MET),
    ("a unit that is not known", "Creatinine > 1.5 mg/dL", value(2.0, unit_concept_id=4), UNKNOWN),
    ("a bound, no value", "Creatinine > 1.5 mg/dL", value(2.0, operator_concept_id=4171756), UNKNOWN),
    ("its own limits of normal", "Creatinine ≤ 1.5 × ULN", value(2.0, range_high=1.2), NOT_MET),
    ("limits are not given", "Creatinine ≤ 1.5 × ULN", value(2.0), UNKNOWN),
    ("normal by its limits", "Normal creatinine", value(1.0, range_low=0.6, range_high=1.2), MET),
    ("high by its limits", "Normal creatinine", value(2.0, range_high=1.2), NOT_MET),
    ("no number", "Creatinine > 1.5 mg/dL", value(float("nan")), UNKNOWN),
    ("without a value", "Creatinine > 1.5 mg/dL", value(), UNKNOWN),
]  # fmt: skip


class TestWhatRowsSay:
    @pytest.mark.parametrize(("text", "rows", "truth"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
    def test_known_answers(self, make: Make, text: str, rows: Rows, truth: Truth) -> None:
        """With the file's own vocabulary; a certain answer names the row."""
        record = read_patients(make(rows))
        (patient,) = record.patients
        trial = record.coded(trial_of(("inclusion", critparse.parse_criterion(text).rule)))
        (found,) = match(trial, patient, on=ON).criteria
        assert found.answer.truth is truth, found.answer
        if truth is not UNKNOWN:
            assert [fact.source.split("/")[1] for fact in found.answer.facts] == ["7"]

    def test_evidence_names_table_and_row(self, make: Make) -> None:
        """As the table of answers shows it."""
        (fact,) = the_patient(make(value(2.0))).facts
        assert (fact.source, fact.text) == (
            "measurement/7",
            "Creatinine [Mass/volume] in Serum or Plasma 2 mg/dL",
        )
        assert fact.start == Days(date(2024, 5, 20), date(2024, 5, 20))

    @pytest.mark.parametrize(
        ("born", "days"),
        [
            ({"year_of_birth": 1970}, Days(date(1970, 1, 1), date(1970, 12, 31))),
            ({"year_of_birth": 1970, "month_of_birth": 2}, Days(date(1970, 2, 1), date(1970, 2, 28))),
            ({"year_of_birth": 1970, "month_of_birth": 2, "day_of_birth": 3}, Days(date(1970, 2, 3), date(1970, 2, 3))),
            ({"year_of_birth": 1970, "month_of_birth": 2, "day_of_birth": 30}, None),
            ({}, None),
        ],
    )
    def test_dates_of_birth(self, make: Make, born: dict[str, int], days: Days | None) -> None:
        """As exactly as the columns say; what is no date is not known."""
        patient = the_patient(make({"person": [{"person_id": 1, "gender_concept_id": 8507, **born}]}))
        assert (patient.birth, patient.sex, patient.source) == (days, "male", "person/1")

    @pytest.mark.parametrize(
        ("row", "flag"),
        [({}, True), ({"value_as_concept_id": 4188540}, False), ({"value_as_string": "Yes"}, True),
         ({"value_as_string": "perhaps"}, None), ({"qualifier_concept_id": 99}, None)],
    )  # fmt: skip
    def test_observations(self, make: Make, row: dict[str, Any], flag: bool | None) -> None:
        """Without a value it is what its concept says; yes and no say whether it is so; a qualifier leaves it open."""
        rows = {"observation": [{"observation_concept_id": 4299535, "observation_date": "2024-01-01", **row}]}
        (fact,) = the_patient(make(rows)).facts
        assert fact.flag is flag

    def test_resolved_and_preliminary_diagnoses(self, make: Make) -> None:
        """What the status of a diagnosis says, by its concept's name."""
        statuses = "(1, 'Resolved condition'), (2, 'Preliminary diagnosis')"
        path = make({"condition_occurrence": [
            {"condition_concept_id": T2DM, "condition_start_date": "2020-01-01", "condition_status_concept_id": id_}
            for id_ in (1, 2)
        ]})  # fmt: skip
        with duckdb.connect(str(path)) as db:
            db.execute(f"INSERT INTO concept (concept_id, concept_name) VALUES {statuses}")
        states = [(fact.state, fact.certain) for fact in the_patient(path).facts]
        assert states == [("over", True), ("unknown", False)]


class TestCompleteRecords:
    def answer(self, path: Path, rule: Rule) -> Truth:
        """Where conditions are complete."""
        record = read_patients(path)
        (patient,) = record.patients
        trial = record.coded(trial_of(("inclusion", rule)))
        return match(trial, patient, on=ON, complete=("condition",)).criteria[0].answer.truth

    @pytest.mark.parametrize(
        ("concept", "truth"), [(T1DM, NOT_MET), (DIABETES, UNKNOWN), (0, UNKNOWN), (T2DM, MET), (LATE, MET)]
    )
    def test_what_is_not_there_is_not_met(self, make: Make, concept: int, truth: Truth) -> None:
        """Unless a wider diagnosis, or one that could not be mapped, may be it."""
        assert self.answer(make(condition(concept)), critparse.parse_criterion("Type 2 diabetes").rule) is truth

    def test_what_is_over_may_count(self, make: Make) -> None:
        """Words without a time do not say whether a condition that is over counts."""
        path = make(condition(T2DM, condition_end_date="2020-02-01"))
        assert self.answer(path, critparse.parse_criterion("Type 2 diabetes").rule) is UNKNOWN

    def test_allergies_never_are(self, make: Make) -> None:
        """OMOP has them under concepts of their own; without a hierarchy nothing is complete."""
        assert set(read_patients(make()).never_complete) == {"allergy"}
        assert "condition" in read_patients(make(without=("concept_ancestor",))).never_complete


def with_codes(*concepts: Concept) -> Leaf:
    """A condition with these codes."""
    return Leaf(kind="condition", subject=Subject(text="it", concepts=concepts))


class TestVocabulary:
    def test_ids_for_codes(self, make: Make) -> None:
        """Standard concepts by way of "Maps to"; what lies above them is broader; ids that were there stay."""
        record = read_patients(make())
        mesh = Concept(system="MESH", code="D003924", display="Type 2 diabetes", score=1, method="exact")
        trial = record.coded(trial_of(("inclusion", with_codes(mesh))))
        concepts = trial.criteria[0].rule.subject.concepts  # type: ignore[union-attr]
        ours = [(one.code, one.method) for one in concepts if one.system == "OMOP"]
        assert ours == [(str(T2DM), "mapped"), (str(DIABETES), "broader")]
        assert record.coded(trial) == trial

    def test_codes_that_mean_more_lead_nowhere(self, make: Make) -> None:
        """A code that maps to two concepts is more than either."""
        path = make()
        with duckdb.connect(str(path)) as db:
            db.execute("INSERT INTO concept_relationship VALUES (45576876, 320128, 'Maps to', NULL)")
        icd = Concept(system="ICD10CM", code="E11.9", display="Type 2 diabetes", score=1, method="exact")
        trial = trial_of(("inclusion", with_codes(icd)))
        assert read_patients(path).coded(trial) == trial

    def test_exports_have_the_ids_too(self, make: Make) -> None:
        """A definition made of such a trial needs no vocabulary any more."""
        record = read_patients(make())
        trial = record.coded(critparse.parse("Inclusion criteria:\n- Type 2 diabetes\n", model=False))
        assert critparse.export(trial, "omop").omissions == ()

    @pytest.mark.parametrize(
        ("without", "asked", "recorded", "truth"),
        [
            (("concept_relationship",), "Type 2 diabetes", T2DM, MET),  # by its name
            (("concept", "concept_relationship", "concept_ancestor"), "Type 2 diabetes", T2DM, UNKNOWN),
            (("concept", "concept_relationship", "concept_ancestor"), "", T2DM, MET),
            (("concept", "concept_relationship", "concept_ancestor"), "", LATE, UNKNOWN),
            (("concept",), "", LATE, MET),
        ],
    )
    def test_tables_that_are_missing(
        self, make: Make, without: tuple[str, ...], asked: str, recorded: int, truth: Truth
    ) -> None:
        """Without names only ids agree; without a hierarchy only equal ones."""
        rule: Rule = critparse.parse_criterion(asked).rule if asked else leaf("condition", T2DM)
        record = read_patients(make(condition(recorded), without=without))
        (patient,) = record.patients
        trial = record.coded(trial_of(("inclusion", rule)))
        assert match(trial, patient, on=ON).criteria[0].answer.truth is truth


class TestReading:
    def test_in_batches(self, tmp_path: Path) -> None:
        """However many at a time, all persons with their own facts, twice over."""
        people = [
            Person(id_, female=True, age=40, conditions=[Event(id_ + 100, 3)] * (id_ % 3)) for id_ in range(1, 24)
        ]
        path = Cdm(people).save(tmp_path / "many.duckdb")
        whole = list(read_patients(path).patients)
        assert [(p.id, len(p.facts)) for p in whole] == [(str(id_), id_ % 3) for id_ in range(1, 24)]
        assert all(f"OMOP:{int(p.id) + 100}" in fact.codes for p in whole for fact in p.facts)
        source = Source(path, batch=5)
        assert list(source.patients) == list(source.patients) == whole
        source.close()

    def test_tables_in_another_schema(self, make: Make) -> None:
        """As many databases have them, here of the same name as the file."""
        assert len(the_patient(make(condition(T2DM), schema="cdm")).facts) == 1

    def test_the_file_is_left_as_it_is(self, make: Make) -> None:
        """Not a byte of it changes."""
        path = make(condition(T2DM))
        before = path.read_bytes()
        the_patient(path)
        assert path.read_bytes() == before

    def test_records_of_nobody_are_said(self, make: Make) -> None:
        """They cost nothing else."""
        path = make(condition(T2DM, person_id=9))
        record = read_patients(path)
        problem = "1 records in condition_occurrence belong to no person that is there"
        assert record.problems == (f"{path}: {problem}",)
        assert len(list(record.patients)) == 1

    def test_age_by_date_of_birth(self, tmp_path: Path) -> None:
        """Where the cohort definition counts years: somebody born in that year may be a year younger."""
        path = Cdm([Person(1, female=True, age=18)]).save(tmp_path / "young.duckdb")
        with duckdb.connect(str(path)) as db:
            db.execute("ALTER TABLE person ADD COLUMN month_of_birth INT")
            db.execute("UPDATE person SET month_of_birth = 12")
        trial = trial_of(("inclusion", leaf("age", range=limit(18, unit="a"))))
        assert match(trial, the_patient(path), on=INDEX).eligible is NOT_MET


class TestWhatIsNoCdm:
    def test_missing_tables_are_named(self, make: Make) -> None:
        """All of them at once."""
        with pytest.raises(MalformedInput, match=r"it has no table person, measurement$"):
            read_patients(make({"person": []}, without=("person", "measurement")))

    def test_missing_columns_are_named(self, make: Make) -> None:
        """Only those without which nothing can be read."""
        path = make()
        with duckdb.connect(str(path)) as db:
            db.execute("ALTER TABLE drug_exposure RENAME drug_concept_id TO drug")
        with pytest.raises(MalformedInput, match="the table drug_exposure has no column drug_concept_id"):
            read_patients(path)

    def test_other_files(self, make: Make, tmp_path: Path) -> None:
        """No file, no DuckDB file, a file cut off, nobody in it: one typed error each."""
        with pytest.raises(InputNotFound):
            read_patients(tmp_path / "none.duckdb")
        (tmp_path / "text.duckdb").write_text("not a database at all" * 10)
        with pytest.raises(MalformedInput, match="not a valid DuckDB database"):
            read_patients(tmp_path / "text.duckdb")
        whole = make()
        (tmp_path / "cut.duckdb").write_bytes(whole.read_bytes()[:9000])
        with pytest.raises(MalformedInput):
            list(read_patients(tmp_path / "cut.duckdb").patients)
        with pytest.raises(InputError, match="there is no person in it"):
            read_patients(make({"person": []}))

    def test_views_reach_no_other_file(self, make: Make, tmp_path: Path) -> None:
        """Whoever gives one a database does not get at one's files by it."""
        (tmp_path / "secret.csv").write_text("person_id,gender_concept_id\n1,8532\n")
        path = make(without=("person",), rows={"person": []})
        with duckdb.connect(str(path)) as db:
            db.execute(f"CREATE VIEW person AS SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')")
        with pytest.raises(MalformedInput, match="disabled"):
            read_patients(path)

    def test_without_duckdb(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message says what to install."""
        path = make()
        monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
        with pytest.raises(MissingExtra, match=r"needs duckdb: pip install 'critparse\[omop\]'"):
            read_patients(path)


class TestCommand:
    @pytest.fixture
    def trial(self, tmp_path: Path) -> str:
        """A parsed trial."""
        text = (
            "Inclusion criteria:\n- Age 18 to 75 years\n- Type 2 diabetes\nExclusion criteria:\n- Creatinine > 2 mg/dL"
        )
        (tmp_path / "trial.json").write_text(critparse.parse(text).model_dump_json())
        return str(tmp_path / "trial.json")

    def test_json(self, run: Run, make: Make, trial: str) -> None:
        """Each criterion with its answer and the rows that say so."""
        path = make({**condition(LATE), **value(1.0)})
        code, out, err = run("match", trial, "--patients", str(path), "--date", "2024-06-01", "--format", "json")
        assert (code, err) == (0, "")
        (found,) = json.loads(out)
        assert (found["patient"], found["eligible"]) == ("1", "met")
        sources = [[fact["source"] for fact in one["evidence"]] for one in found["criteria"]]
        assert sources == [["person/1"], ["condition_occurrence/7"], ["measurement/7"]]

    def test_bad_usage(self, run: Run, make: Make, trial: str, tmp_path: Path) -> None:
        """What is no CDM, and what cannot be complete, is one line."""
        (tmp_path / "x.duckdb").write_text("no")
        for arguments in (("--patients", str(tmp_path / "x.duckdb")),
                          ("--patients", str(make()), "--assume-complete", "allergy")):  # fmt: skip
            code, out, err = run("match", trial, *arguments)
            assert (code, out) == (2, "") and err.count("\n") == 1
