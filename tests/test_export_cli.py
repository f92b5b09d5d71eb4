"""``critparse export``: inputs, places to write to, what is said of omissions; the table of standards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import ROOT, Run, module_at

import critparse
from critparse.errors import UnknownTarget
from critparse.exports import capabilities, standards
from critparse.exports.capability import PARTS
from critparse.exports.parts import features

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

    def test_several_records_need_a_folder(self, run: Run, tmp_path: Path) -> None:
        """Two Bundles in one stream are no JSON: refused in one line."""
        (tmp_path / "two.jsonl").write_text(LINES)
        code, _, err = run("export", "two.jsonl", "--to", "fhir", "--no-model")
        assert code == 2 and "several need a folder" in err.splitlines()[-1]

    def test_inputs_are_not_overwritten(self, run: Run, record: Path) -> None:
        """An output that would replace its input is refused."""
        code, _, err = run("export", str(record), "--to", "fhir", "--no-model", "-o", str(record))
        assert code == 2 and "one of the inputs" in err and record.read_text(encoding="utf-8") == TEXT

    def test_unknown_standard(self, run: Run, record: Path) -> None:
        """A standard that does not exist is named, with those that do."""
        code, _, err = run("export", str(record), "--to", "hl7")
        assert code == 2 and "'hl7' is none of" in err and "usdm" in err


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
