"""``critparse batch`` as a program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from support import ROOT, Run

from critparse.batch.limits import Limits
from critparse.batch.process import Result
from critparse.batch.run import Summary
from critparse.cli import batch_report
from critparse.cli.batch_report import JsonLines, Lines, Report

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
RECORDS = [
    {"id": "A1", "eligibility": "Inclusion criteria:\n- Age 18 to 75 years\n- HbA1c ≥ 7 %", "maximum_age": "70 Years"},
    {"id": "A2", "eligibility": "Exclusion criteria:\n- Pregnancy"},
]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Two records and a line that is none."""
    path = tmp_path / "records.jsonl"
    lines = [*(json.dumps(record) for record in RECORDS), "{broken"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_tables_summary_and_going_on(records: Path, run: Run) -> None:
    """Tables that DuckDB reads, a summary with errors by code; again: nothing to do; changed: refused, or restarted."""
    options = ("--no-model", "--workers", "1")
    code, out, err = run("batch", str(records), "tables", *options)
    assert (code, out) == (0, "")
    assert "3 records: 2 parsed, 1 errors\n3 criteria, 3 statements, " in err
    assert "\nCP103: 1 (docs/batch.md" in err and "the tables are in tables\n" in err
    assert duckdb.sql("select trial_id, upper from 'tables/rules/*.parquet' order by all").fetchall()[0] == ("A1", 75.0)
    assert duckdb.sql("select record, code from 'tables/errors/*.parquet'").fetchall() == [(2, "CP103")]
    findings = duckdb.sql("select code from 'tables/findings/*.parquet' where record = 0").fetchall()
    assert ("age-maximum-conflict",) in findings

    code, _, err = run("batch", str(records), "tables", *options)
    assert code == 0 and "3 records, 3 of them by an earlier run: 2 parsed" in err
    code, _, err = run("batch", str(records), "tables", *options, "--timeout", "5")
    assert code == 2 and err.count("\n") == 1
    assert "seconds per record was 60.0 and is 5.0; --restart begins anew" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["only"], "give at least one input and the folder for the tables"),
        (["none.jsonl", "out"], "cannot read none.jsonl: no such file"),
        (["here", "here/out"], "cannot write here/out: it is, or lies in, the input here"),
        (["here", "here"], "cannot write here: it is, or lies in, the input here"),
        (["here", "out", "--input-format", "klingon"], "no reader recognises it"),
        (["here", "file.txt/out"], "cannot write file.txt/out: not a directory"),
        (["here", "out", "--workers", "0"], "greater than or equal to 1"),
    ],
)
def test_bad_usage_is_one_clear_line(arguments: list[str], said: str, run: Run, tmp_path: Path) -> None:
    """And exit code 2; nothing is written."""
    (tmp_path / "here").mkdir()
    (tmp_path / "file.txt").write_text("x", encoding="utf-8")
    code, out, err = run("batch", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1) and said in err
    assert not (tmp_path / "out").exists() and not list((tmp_path / "here").iterdir())


def test_help_has_examples(run: Run) -> None:
    """Of the commands that people need."""
    code, out, _ = run("batch", "--help")
    assert code == 0 and "critparse batch records.jsonl.gz tables/ --workers 8" in out and "--restart" in out


@pytest.mark.parametrize(("module", "options"), [("pyarrow", ()), ("ray", ("--ray", "local"))])
def test_a_missing_extra_is_named(
    module: str, options: tuple[str, ...], records: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = run("batch", str(records), "out", *options)
    assert code == 2 and f"needs {module}: pip install 'critparse[" in err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_says_how_to_go_on(number: signal.Signals, tmp_path: Path) -> None:
    """Exit code 130, no traceback, no worker left; the same command then ends the work."""
    source = tmp_path / "r.jsonl"
    source.write_text("".join(json.dumps({**RECORDS[0], "id": f"B{i}"}) + "\n" for i in range(3000)), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "critparse",
        "batch",
        "r.jsonl",
        "out",
        "-w",
        "1",
        "--chunk-size",
        "5",
        "--no-model",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "out/trials/part-000001.parquet").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert "interrupted after" in said and said.endswith("which are in out; run the same command again to go on\n")
    assert "Traceback" not in said


@pytest.mark.slow
def test_no_room_is_one_clear_line(records: Path, tmp_path: Path) -> None:
    """A real refusal of the system: files may not grow beyond a limit."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "from critparse.cli import main; main(sys.argv[1:])\n"
    )
    command = [sys.executable, "-c", script, "batch", str(records), str(tmp_path / "out"), "-w", "1", "--no-model"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("out/trials/part-000000.parquet: file too large")
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").rglob("*.partial"))


def result(number: int, errors: int = 0) -> Result:
    """A result of ten records."""
    logs = ({"level": "error", "record": number * 10, "trial_id": "T7", "message": "x"},)
    rows = {"trials": 10 - errors, "criteria": 100, "rules": 200, "findings": 3, "errors": errors}
    return Result(number, number * 10, 10, {}, rows, {"CP611": errors} if errors else {}, logs, memory=500)


class TestReport:
    def test_time_left_by_what_is_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Records that are begun count; those of an earlier run do not count for the rate."""
        now = [100.0]
        monkeypatch.setattr(batch_report.time, "monotonic", lambda: now[0])
        report = Report()
        report.kept(20)
        for ordinal in (20, 21, 20):
            report.begun(ordinal)
        now[0] = 110.0
        report.done(result(2), 100.0)
        report.begun(30)
        state = report.state()
        assert (state["records"], state["written"], state["records_per_second"]) == (31, 30, 1.1)
        assert (state["criteria_per_second"], state["seconds_left"]) == (10.0, 63)
        assert report.sentence() == "31 records, 1.1/s, 0 errors, 1 min 03 s left"

    def test_lines_are_rare(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """One in half a minute, whatever happens."""
        now = [0.0]
        monkeypatch.setattr(batch_report.time, "monotonic", lambda: now[0])
        lines = Lines()
        for _ in range(100):
            now[0] += 1.0
            lines.tick()
        assert capsys.readouterr().err.count("critparse: 0 records") == 3

    def test_json_has_the_trial(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Every line is an object: entries of the log with record and trial, chunks, the end."""
        lines = JsonLines()
        lines.done(result(0, errors=1), None)
        lines.end(Summary(Path("out"), 10, 0, {"trials": 9, "errors": 1}, {"CP611": 1}))
        entry, chunk, done = map(json.loads, capsys.readouterr().err.splitlines())
        assert (entry["trial_id"], chunk["event"], done["event"], done["errors"]) == (
            "T7",
            "chunk",
            "done",
            {"CP611": 1},
        )

    def test_summary_says_errors_by_code(self, capsys: pytest.CaptureFixture[str]) -> None:
        """And how fast it was, and where the tables are; control characters of a name are made visible."""
        report = Report()
        report.done(result(0, errors=2), None)
        rows = {"trials": 8, "criteria": 100, "rules": 200, "findings": 3, "errors": 2}
        report.end(Summary(Path("o\x1b[31mut"), 10, 0, rows, {"CP611": 2}))
        said = capsys.readouterr().err
        assert said.startswith("10 records: 8 parsed, 2 errors\n100 criteria, 200 statements, 3 findings\nCP611: 2 ")
        assert "at most 500 MB a worker\n" in said and "\x1b" not in said


def test_limits_are_those_of_the_documentation() -> None:
    """A minute and two GB."""
    assert Limits() == Limits(seconds=60.0, megabytes=2000)
