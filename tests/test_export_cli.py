"""``critparse export``: inputs, places to write to, what is said of omissions; the table of standards."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from pathlib import Path

import duckdb
import pytest
from support import ROOT, Run, module_at

import critparse
from critparse.errors import UnknownTarget
from critparse.exports import capabilities, standards
from critparse.exports.capability import PARTS
from critparse.exports.parts import features
from critparse.exports.tables import CsvTables
from critparse.exports.tables.columns import TABLES

TEXT = "Inclusion criteria:\n- Age ≥ 18 years\n- fit enough for everything\nExclusion criteria:\n- Pregnancy\n"
LINES = "".join(json.dumps({"id": name, "eligibility": TEXT}) + "\n" for name in ("A1", "B2"))


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A file with one record."""
    path = tmp_path / "trial.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


class TestOutput:
    def test_standard_output(self, run: Run, record: Path) -> None:
        """Without ``-o`` the file goes to standard output, what is missing to stderr."""
        code, out, err = run("export", str(record), "--to", "fhir", "--no-model")
        assert code == 0 and json.loads(out)["resourceType"] == "Bundle"
        assert err == f"critparse: {record}: 1 part is not expressed in fhir; --list names them\n"

    def test_one_file(self, run: Run, record: Path, tmp_path: Path) -> None:
        """``-o FILE`` holds what would be printed."""
        printed = run("export", str(record), "--to", "usdm", "--no-model")[1]
        assert run("export", str(record), "--to", "usdm", "--no-model", "-o", "out.json")[0] == 0
        assert (tmp_path / "out.json").read_text(encoding="utf-8") == printed

    def test_folder(self, run: Run, tmp_path: Path) -> None:
        """Several records get a file each."""
        (tmp_path / "two.jsonl").write_text(LINES)
        assert run("export", "two.jsonl", "--to", "fhir-r4b", "--no-model", "-o", "out/")[0] == 0
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["A1.json", "B2.json"]

    def test_members_of_an_array_are_named_alike(self, run: Run, tmp_path: Path) -> None:
        """The first of several records in a file is named after its trial, as the others are."""
        (tmp_path / "page.json").write_text(json.dumps([json.loads(line) for line in LINES.splitlines()]))
        assert run("export", "page.json", "--to", "usdm", "--no-model", "-o", "out/")[0] == 0
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["A1.json", "B2.json"]

    def test_inputs_are_not_overwritten(self, run: Run, record: Path) -> None:
        """An output that would replace its input is refused."""
        code, _, err = run("export", str(record), "--to", "fhir", "--no-model", "-o", str(record))
        assert code == 2 and "one of the inputs" in err and record.read_text(encoding="utf-8") == TEXT

    def test_several_records_go_into_a_file_that_is_there(self, run: Run, tmp_path: Path) -> None:
        """A bare name is a folder for several records, unless there is such a file (as ``/dev/null``)."""
        (tmp_path / "two.jsonl").write_text(LINES)
        (tmp_path / "sink").write_text("")
        assert run("export", "two.jsonl", "--to", "usdm", "--no-model", "-o", "sink")[0] == 0
        assert len((tmp_path / "sink").read_text(encoding="utf-8").splitlines()) == 2

    def test_usage_names_the_command(self, run: Run, record: Path) -> None:
        """Who forgets ``--to`` is led to the help of ``export``."""
        code, _, err = run("export", str(record))
        assert code == 2 and "'--to'" in err and err.endswith("(see critparse export --help)\n")

    def test_unknown_standard(self, run: Run, record: Path) -> None:
        """A standard that does not exist is named, with those that do."""
        code, _, err = run("export", str(record), "--to", "hl7")
        assert code == 2 and "'hl7' is none of" in err and "usdm" in err


class TestSeveral:
    @pytest.fixture(autouse=True)
    def records(self, tmp_path: Path) -> None:
        """Two records with a broken line between them."""
        first, second = LINES.splitlines()
        (tmp_path / "two.jsonl").write_text(LINES)
        (tmp_path / "bad.jsonl").write_text(f"{first}\n{{\n{second}\n")

    @pytest.mark.parametrize("standard", ["fhir", "fhir-r4b", "usdm"])
    def test_json_standards_make_lines(self, run: Run, standard: str) -> None:
        """One line for each trial, which holds what its own file would."""
        code, out, _ = run("export", "two.jsonl", "--to", standard, "--no-model")
        assert code == 0 and len(out.splitlines()) == 2
        assert run("export", "two.jsonl", "--to", standard, "--no-model", "-o", "out/")[0] == 0
        files = [Path("out", name).read_text(encoding="utf-8") for name in ("A1.json", "B2.json")]
        assert [json.loads(line) for line in out.splitlines()] == [json.loads(file) for file in files]

    def test_lines_of_cohorts_are_named(self, run: Run) -> None:
        """Circe has no place for a trial's number: each line is a definition as WebAPI takes it."""
        out = run("export", "two.jsonl", "--to", "omop", "--no-model")[1]
        lines = [json.loads(line) for line in out.splitlines()]
        assert [line["name"] for line in lines] == ["A1", "B2"]
        assert all("PrimaryCriteria" in line["expression"] for line in lines)

    def test_a_bad_record_costs_itself(self, run: Run, tmp_path: Path) -> None:
        """It is named with its line, the others are written, the exit code says that something is missing."""
        code, out, err = run("export", "bad.jsonl", "--to", "usdm", "--no-model")
        assert code == 2 and len(out.splitlines()) == 2 and "bad.jsonl, line 2" in err
        assert run("export", "bad.jsonl", "--to", "csv", "--no-model", "-o", "tables/")[0] == 2
        assert {row["trial_id"] for row in table(tmp_path / "tables" / "criteria.csv")} == {"A1", "B2"}

    def test_shape_does_not_depend_on_failures(self, run: Run, tmp_path: Path) -> None:
        """One good record of two still makes a line; the only one of one makes the file that it would alone."""
        (tmp_path / "half.jsonl").write_text(LINES.splitlines()[0] + "\n{\n")
        (tmp_path / "one.jsonl").write_text(LINES.splitlines()[0] + "\n")
        assert len(run("export", "half.jsonl", "--to", "usdm", "--no-model")[1].splitlines()) == 1
        assert len(run("export", "one.jsonl", "--to", "usdm", "--no-model")[1].splitlines()) > 1
        assert run("export", "one.jsonl", "--to", "usdm", "--no-model", "-o", "one.ndjson")[0] == 0
        assert len((tmp_path / "one.ndjson").read_text().splitlines()) == 1

    def test_sums_up(self, run: Run) -> None:
        """Each record that lacks something has a line on stderr, and all together one."""
        err = run("export", "two.jsonl", "--to", "fhir", "--no-model")[2].splitlines()
        assert [line.split(":")[1].strip() for line in err] == ["A1", "B2", "2 records"]
        assert err[-1].endswith("2 parts are not expressed in fhir, in 2 of them")

    def test_packed_files_are_read(self, run: Run, tmp_path: Path) -> None:
        """A gzip file of JSON lines and a zip file of records give what they hold; documents, too."""
        (tmp_path / "two.jsonl.gz").write_bytes(gzip.compress(LINES.encode()))
        with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
            for number, line in enumerate(LINES.splitlines()):
                archive.writestr(f"records/{number}.json", line)
        expected = run("export", "two.jsonl", "--to", "usdm", "--no-model")[1]
        assert run("export", "two.jsonl.gz", "--to", "usdm", "--no-model")[1] == expected
        assert run("export", "two.zip", "--to", "usdm", "--no-model")[1] == expected
        parsed = run("parse", "two.zip", "--format", "jsonl", "--no-model")[1]
        (tmp_path / "parsed.ndjson.gz").write_bytes(gzip.compress(parsed.encode()))
        assert run("export", "parsed.ndjson.gz", "--to", "usdm")[1] == expected

    def test_damaged_packing_is_one_line(self, run: Run, tmp_path: Path) -> None:
        """A gzip file cut off, and a zip file that is none."""
        (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(LINES.encode() * 50)[:-20])
        (tmp_path / "no.zip").write_bytes(b"PK\x03\x04nothing")
        for name in ("cut.jsonl.gz", "no.zip"):
            code, _, err = run("export", name, "--to", "html", "--no-model", "-o", "x.html")
            assert code == 2 and "damaged" in err.splitlines()[-2 if "records" in err else -1]


class TestTables:
    @pytest.fixture(autouse=True)
    def records(self, tmp_path: Path) -> None:
        """A file with two records."""
        (tmp_path / "two.jsonl").write_text(LINES)

    def test_hold_all_trials(self, run: Run, tmp_path: Path) -> None:
        """In a folder each table is one file: a header, and the rows of every trial."""
        assert run("export", "two.jsonl", "--to", "csv", "--no-model", "-o", "tables/")[0] == 0
        names = sorted(path.name for path in (tmp_path / "tables").iterdir())
        assert names == ["criteria.csv", "findings.csv", "rules.csv"]
        rows = table(tmp_path / "tables" / "criteria.csv")
        assert [(row["trial_id"], row["criterion_id"]) for row in rows] == [
            (trial, item) for trial in ("A1", "B2") for item in ("I1", "I2", "E1")
        ]

    def test_a_name_goes_before_those_of_the_tables(self, run: Run, tmp_path: Path) -> None:
        """``-o NAME.csv`` makes ``NAME.rules.csv`` and so on."""
        assert run("export", "two.jsonl", "--to", "csv", "--no-model", "-o", "all.csv")[0] == 0
        assert sorted(p.name for p in tmp_path.glob("all*")) == [
            "all.criteria.csv",
            "all.findings.csv",
            "all.rules.csv",
        ]

    def test_parquet_holds_the_same(self, run: Run, tmp_path: Path) -> None:
        """DuckDB reads the same rows from both."""
        for standard in ("csv", "parquet"):
            assert run("export", "two.jsonl", "--to", standard, "--no-model", "-o", f"{standard}/")[0] == 0
        found = [
            duckdb.sql(f"SELECT trial_id, criterion_id, words FROM '{tmp_path}/{kind}/criteria.{kind}'").fetchall()
            for kind in ("csv", "parquet")
        ]
        assert len(found[0]) == 6 and [row[:2] for row in found[0]] == [row[:2] for row in found[1]]

    def test_need_a_place(self, run: Run) -> None:
        """Three tables do not go to standard output; this is said before anything is parsed."""
        code, out, err = run("export", "two.jsonl", "--to", "csv")
        assert (code, out) == (2, "") and "rules, findings, criteria" in err and "-o FOLDER/" in err

    def test_a_fault_leaves_no_half_trial(self, tmp_path: Path) -> None:
        """Rows are written when all of a trial are made."""
        good = critparse.parse({"id": "A1", "eligibility": TEXT}, model=False)
        bad = good.model_copy(update={"texts": ()})
        tables = CsvTables({name: tmp_path / name for name in TABLES})
        tables.add(good)
        with pytest.raises(Exception):  # noqa: B017, PT011  whatever it is
            tables.add(bad)
        tables.add(good)
        tables.close()
        assert len(table(tmp_path / "criteria")) == 6


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_parse_writes_tables_too(run: Run, record: Path) -> None:
    """``parse --format csv`` makes what ``export --to csv`` makes, and as it needs a place."""
    assert run("parse", str(record), "--format", "csv", "--no-model", "-o", "one/")[0] == 0
    assert run("export", str(record), "--to", "csv", "--no-model", "-o", "two/")[0] == 0
    for name in ("rules.csv", "findings.csv", "criteria.csv"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


class TestBrat:
    def test_is_what_parse_writes(self, run: Run, record: Path, tmp_path: Path) -> None:
        """``export --to brat`` takes documents, too: corrected JSON can be annotated further."""
        document = run("parse", str(record), "--format", "json", "--no-model")[1]
        assert run("parse", str(record), "--format", "brat", "--no-model", "-o", "one/")[0] == 0
        (tmp_path / "trial.json").write_text(document, encoding="utf-8")
        assert run("export", "trial.json", "--to", "brat", "-o", "two/")[0] == 0
        for name in ("trial.txt", "trial.ann"):
            assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


class TestOmissions:
    @pytest.mark.parametrize("option", ["--list", "-v"])
    def test_are_listed(self, run: Run, record: Path, option: str) -> None:
        """Each is one line: record, criterion, part, reason, words; then the count."""
        _, _, err = run("export", str(record), "--to", "fhir", "--no-model", option)
        listed, count = err.splitlines()
        assert listed.startswith(f"critparse: {record} I2: unstructured: ") and "“fit enough for everything”" in listed
        assert count.endswith("1 part is not expressed in fhir")

    def test_none(self, run: Run) -> None:
        """A record that a standard holds wholly is said to be so."""
        stdin = b"Inclusion criteria:\n- Age over 18 years\n"
        assert run("export", "-", "--to", "fhir", "--no-model", stdin=stdin)[2] == (
            "critparse: standard input: fhir holds everything\n"
        )


class TestDocuments:
    def test_are_exported_as_they_are(self, run: Run, record: Path, tmp_path: Path) -> None:
        """What ``parse --format json`` wrote gives the same as the record, also from a pipe."""
        expected = run("export", str(record), "--to", "fhir", "--no-model")[1]
        document = run("parse", str(record), "--format", "json", "--no-model")[1]
        (tmp_path / "parsed.json").write_text(document, encoding="utf-8")
        assert run("export", "parsed.json", "--to", "fhir")[1] == expected
        assert run("export", "-", "--to", "fhir", stdin=document.encode())[1] == expected

    @pytest.mark.parametrize("format", ["json", "jsonl"])
    def test_several_in_one_file(self, run: Run, tmp_path: Path, format: str) -> None:
        """Arrays and JSON lines of documents are read, too."""
        (tmp_path / "two.jsonl").write_text(LINES)
        (tmp_path / "parsed").write_text(
            run("parse", "two.jsonl", "--format", format, "--no-model")[1], encoding="utf-8"
        )
        assert run("export", "parsed", "--to", "usdm", "-o", "out/")[0] == 0
        assert len(list((tmp_path / "out").iterdir())) == 2

    def test_corrections_count(self, run: Run, record: Path) -> None:
        """The document is not parsed anew: a changed rule is exported."""
        document = json.loads(run("parse", str(record), "--format", "json", "--no-model")[1])
        document["criteria"][0]["rule"]["range"]["lower"]["value"] = 21
        out = run("export", "-", "--to", "fhir", stdin=json.dumps(document).encode())[1]
        assert '"value": 21' in out and '"value": 18' not in out

    def test_damaged_document_is_one_line(self, run: Run, record: Path) -> None:
        """A document that breaks the schema is refused by name of the field, and the others go on."""
        document = json.loads(run("parse", str(record), "--format", "json", "--no-model")[1])
        broken = {**document, "texts": 3}
        code, out, err = run("export", "-", "--to", "fhir", stdin=json.dumps([broken, document]).encode())
        assert code == 2 and json.loads(out) and "texts" in err.splitlines()[0]

    def test_infinite_numbers_are_refused(self, run: Run, record: Path) -> None:
        """No standard has a place for them, nor has the schema."""
        document = run("parse", str(record), "--format", "json", "--no-model")[1]
        assert '"value": 18.0' in document
        code, _, err = run("export", "-", "--to", "fhir", stdin=document.replace("18.0", "1e999").encode())
        assert code == 2 and "finite" in err and "\n" not in err.strip()

    @pytest.mark.parametrize("text", ['{"schema_version": "1.0", "source_format"', "[" * 100_000 + '"schema_version"'])
    def test_no_document_at_all(self, run: Run, text: str) -> None:
        """What only looks like a document is left to the readers of records."""
        code, _, err = run("export", "-", "--to", "fhir", "--no-model", stdin=text.encode())
        assert code in (0, 2) and "internal error" not in err


class TestTable:
    @pytest.mark.parametrize("standard", standards())
    def test_every_standard_speaks_of_every_part(self, standard: str) -> None:
        """Its table names every connective, kind and feature, and nothing else."""
        table = capabilities(standard)
        assert set(table) == set(PARTS)
        assert {capability.ability for capability in table.values()} <= {"exact", "rewritten", "no"}

    @pytest.mark.parametrize("standard", standards())
    def test_omissions_speak_of_parts(self, standard: str) -> None:
        """An omission names a criterion, the registry's fields or nothing, a part of the table, and words."""
        trial = critparse.parse({"id": "X", "eligibility": TEXT}, model=False)
        ids = {criterion.id for criterion in trial.walk()} | {"", "registry"}
        for omission in critparse.export(trial, standard).omissions:
            assert omission.criterion in ids and omission.part in PARTS and omission.reason and omission.text

    def test_unknown_standard(self) -> None:
        """The error names what there is."""
        trial = critparse.parse(TEXT, format="text", model=False)
        with pytest.raises(UnknownTarget, match=r"'hl7'.*fhir"):
            critparse.export(trial, "hl7")

    def test_features_of_a_statement(self) -> None:
        """A statement uses its kind and whatever it says."""
        rule = critparse.parse_criterion("ALT > 3 × ULN within 2 weeks", model=False).rule
        assert features(rule) == ("measurement", "range relative to a limit of normal", "windows")  # type: ignore[arg-type]

    def test_page_is_not_stale(self) -> None:
        """docs/exports.md is what scripts/export_capabilities.py writes."""
        page = (ROOT / "docs" / "exports.md").read_text("utf8")
        assert page == module_at("scripts/export_capabilities.py").rendered(), "run `make docs`"
