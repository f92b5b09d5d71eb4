"""The command line: outputs, exit codes, one line per failure, nothing dangerous on the terminal."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support import FIRST_TRIAL, ROOT, Run
from typer.testing import CliRunner

import critparse.checks
import critparse.parser
from critparse import __version__
from critparse.cli import app
from critparse.cli.messages import progress
from critparse.exports.terminal import show, visible
from critparse.schema import FieldEvidence, Finding, ParsedTrial, SpanEvidence

RECORD = FIRST_TRIAL
TEXT = "Inclusion criteria:\n- Age 18 to 75 years\n- ALT > 3 x ULN\nExclusion criteria:\n- Pregnant\n"
LINES = (
    '{"id": "A1", "eligibility": "Inclusion:\\n- Age 18 or older"}\n'
    '{"id": "B2", "eligibility": "Inclusion:\\n- ANC > 1"}\n'
)


@pytest.fixture
def trial_file(tmp_path: Path) -> Path:
    """A small record of plain text."""
    path = tmp_path / "trial.txt"
    path.write_text(TEXT)
    return path


def one_line(err: str) -> bool:
    """Whether stderr is a single complaint."""
    return err.startswith("critparse: ") and err.count("\n") == 1 and "Traceback" not in err


# --- parse


def test_json_is_the_document(run: Run, trial_file: Path) -> None:
    """``--format json`` prints a document that the models accept, with nothing on stderr."""
    code, out, err = run("parse", str(trial_file), "--format", "json")
    assert (code, err) == (0, "")
    trial = ParsedTrial.model_validate_json(out)
    assert [criterion.id for criterion in trial.criteria] == ["I1", "I2", "E1"]
    assert trial.texts[0].text == TEXT


def test_jsonl_has_one_line_per_record(run: Run, tmp_path: Path) -> None:
    """A file of several records gives as many lines."""
    (tmp_path / "two.jsonl").write_text(LINES)
    code, out, _ = run("parse", "two.jsonl", "--format", "jsonl")
    assert code == 0
    assert [json.loads(line)["trial_id"] for line in out.splitlines()] == ["A1", "B2"]


def test_json_of_several_records_is_an_array(run: Run, tmp_path: Path) -> None:
    """The shape depends on how many records there are, not on how many could be read."""
    (tmp_path / "two.jsonl").write_text(LINES)
    assert [document["trial_id"] for document in json.loads(run("parse", "two.jsonl", "--format", "json")[1])] == [
        "A1",
        "B2",
    ]
    (tmp_path / "half.jsonl").write_text(LINES.replace('{"id": "A1"', "{"))
    code, out, err = run("parse", "half.jsonl", "--format", "json")
    assert code == 2 and one_line(err)
    assert [document["trial_id"] for document in json.loads(out)] == ["B2"]


def test_dash_reads_standard_input(run: Run) -> None:
    """``-``, and no path at all, read what is piped in."""
    assert "age 18 to 75 years" in run("parse", "-", stdin=TEXT.encode())[1]
    assert "age 18 to 75 years" in run("parse", stdin=TEXT.encode())[1]


def test_folder_input_gives_a_file_each(run: Run, tmp_path: Path) -> None:
    """Every file of a folder is parsed, into a folder of files with unique, harmless names."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXT)
    (folder / "a.text").write_text(TEXT)
    (folder / "b.jsonl").write_text(LINES.replace("A1", "../../up"))
    code, out, err = run("parse", "in", "--format", "json", "-o", "out")
    assert (code, out, err) == (0, "", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "B2.json",
        "_.._up.json",
        "a-2.json",
        "a.json",
    ]


def test_globs_are_expanded(run: Run, trial_file: Path) -> None:
    """A pattern that the shell left alone is expanded; one that fits nothing is an error."""
    assert run("parse", "tri*.txt", "--format", "jsonl")[1].count("\n") == 1
    code, _, err = run("parse", "x*.txt")
    assert code == 2 and one_line(err) and "no file matches" in err


def test_output_file_holds_what_would_be_printed(run: Run, trial_file: Path, tmp_path: Path) -> None:
    """``-o FILE`` writes the same bytes."""
    printed = run("parse", str(trial_file))[1]
    run("parse", str(trial_file), "-o", "table.txt")
    assert (tmp_path / "table.txt").read_text(encoding="utf-8") == printed


def test_brat_writes_text_and_annotations(run: Run, trial_file: Path, tmp_path: Path) -> None:
    """The pair of files stands side by side; the text is the one given."""
    assert run("parse", str(trial_file), "--format", "brat", "-o", "gold/")[0] == 0
    assert (tmp_path / "gold" / "trial.txt").read_text() == TEXT
    assert "Measurement" in (tmp_path / "gold" / "trial.ann").read_text(encoding="utf-8")


def test_inputs_are_never_overwritten(run: Run, trial_file: Path) -> None:
    """An output that would replace an input is refused."""
    for arguments in (("--format", "brat", "-o", "."), ("-o", str(trial_file))):
        code, _, err = run("parse", str(trial_file), *arguments)
        assert code == 2 and one_line(err) and "one of the inputs" in err
    assert trial_file.read_text() == TEXT


def test_unreadable_input_leaves_an_old_output_alone(run: Run, tmp_path: Path) -> None:
    """The output is opened when there is something to write."""
    (tmp_path / "old.json").write_text("old")
    assert run("parse", "missing.txt", "--format", "json", "-o", "old.json")[0] == 2
    assert (tmp_path / "old.json").read_text() == "old"


# --- table


def test_table_has_header_criteria_and_count(run: Run) -> None:
    """Registry fields, both kinds, children, unread words, the narrative's copy and the last line are there."""
    code, out, _ = run("parse", str(RECORD))
    assert code == 0
    assert out.startswith("NCT01741857  Umbilical Cord")
    for words in (
        "ages: 15 years to 60 years",
        "Inclusion criteria ─",
        "Exclusion criteria ─",
        "SLEDAI ≥ 8",
        "I3.1",
        "(not read: ",
    ):
        assert words in out
    assert "Full description: inclusion criteria ─" in out and "description:I1" in out
    assert "age 15 to 70 years" in out.split("Full description: inclusion")[1]
    assert "criteria · " in out.splitlines()[-1] and "structured" in out.splitlines()[-1]


def test_table_lines_fit_and_lose_nothing(run: Run, tmp_path: Path) -> None:
    """In a pipe, long criteria are wrapped, never cut, and no line ends in blanks."""
    words = [f"word{i}" for i in range(200)]
    (tmp_path / "long.txt").write_text("Inclusion criteria:\n- " + " ".join(words) + "\n")
    out = run("parse", "long.txt")[1]
    assert set(words) <= set(out.split())
    assert all(len(line) <= 120 and line == line.rstrip() for line in out.splitlines())


def test_markup_and_escapes_of_records_are_text(run: Run, tmp_path: Path) -> None:
    """``[red]`` prints as such; control characters become pictures."""
    (tmp_path / "x.txt").write_text(
        "Inclusion criteria:\n- Patients [red]with[/red] gout \x1b[31m\x07\u202e\n- Age > 18 :smile:\n"
    )
    out = run("parse", "x.txt")[1]
    assert "[red]with[/red] gout ␛[31m␇\N{REPLACEMENT CHARACTER}" in out
    assert ":smile:" in out and "\x1b" not in out and "\x07" not in out and "\u202e" not in out


def test_messages_show_no_control_characters(run: Run) -> None:
    """Nor do file names in complaints."""
    code, _, err = run("parse", "a\x1b[31m\nb.txt")
    assert code == 2 and one_line(err) and "\x1b" not in err


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_that_want_them(
    no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch, trial_file: Path
) -> None:
    """A terminal gets colours unless NO_COLOR is set; anything else gets none."""
    from critparse.exports.table import render

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.delenv("COLORTERM", raising=False)
    table = render(critparse.parse(trial_file))
    terminal, pipe = Terminal(), io.StringIO()
    show(table, terminal)
    show(table, pipe)
    assert ("\x1b[1;36m" in terminal.getvalue()) is coloured
    assert "\x1b" not in pipe.getvalue()


def test_columns_set_the_width_of_a_pipe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS is respected."""
    monkeypatch.setenv("COLUMNS", "60")
    assert max(len(line) for line in run("parse", str(RECORD))[1].splitlines()) == 60


def test_visible_keeps_words_and_folds_blanks() -> None:
    """Ordinary text stays as it is, on one line."""
    assert visible("a\tb\n  c é ≥") == "a b c é ≥"
    assert visible("\ud800\x9b") == "\N{REPLACEMENT CHARACTER}" * 2


# --- check


@pytest.fixture
def finding(monkeypatch: pytest.MonkeyPatch) -> str:
    """Every record has one warning, from a check of the test's own."""

    def findings(trial: ParsedTrial) -> tuple[Finding, ...]:
        where = trial.criteria[0].span
        passage = SpanEvidence(text_id=where.text_id, start=where.start, end=where.end)
        field = FieldEvidence(field="minimum_age", value="16 [b]Years[/b]")
        return (
            Finding(
                code="test-code",
                severity="warning",
                message="Ages differ.",
                suggestion="Look.",
                check_version="1",
                evidence=(passage, field),
            ),
        )

    monkeypatch.setattr(critparse.checks, "run", findings)
    return "test-code"


@pytest.mark.parametrize(("level", "code"), [("never", 0), ("error", 0), ("warning", 1)])
def test_fail_on_sets_the_exit_code(run: Run, trial_file: Path, finding: str, level: str, code: int) -> None:
    """Exit code 1 means a finding at or above the level."""
    assert run("check", str(trial_file), "--fail-on", level)[0] == code


def test_findings_come_with_their_passages(run: Run, trial_file: Path, finding: str) -> None:
    """Severity, code, message, both passages with their places, what to do."""
    out = run("check", str(trial_file))[1]
    assert "WARNING test-code  Ages differ." in out
    assert "“- Age 18 to 75 years”  Eligibility" in out and ", I1" in out
    assert "“16 [b]Years[/b]”  registry field minimum_age" in out
    assert "→ Look." in out


def test_findings_as_json_are_quoted(run: Run, trial_file: Path, finding: str) -> None:
    """The findings as in the document, with source and quotes."""
    (row,) = json.loads(run("check", str(trial_file), "--format", "json")[1])
    assert row["source"] == str(trial_file)
    assert row["findings"][0]["code"] == finding
    assert row["findings"][0]["quotes"] == ["- Age 18 to 75 years", "16 [b]Years[/b]"]


def test_no_findings_are_said(run: Run, trial_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence would look like a failure."""
    monkeypatch.setattr(critparse.checks, "run", lambda trial: ())
    assert "No findings" in run("check", str(trial_file))[1]


# --- failures


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "empty"),
        ("binary.dat", bytes(range(256)) * 8, "binary"),
        ("cut.json", b'{"id": "X", "eligibility": "Inclu', "cut off"),
    ],
)
@pytest.mark.parametrize("command", ["parse", "check"])
def test_unreadable_files_are_one_line(
    run: Run, tmp_path: Path, command: str, name: str, content: bytes, said: str
) -> None:
    """Empty, binary, truncated: what is wrong with which file, exit code 2."""
    (tmp_path / name).write_bytes(content)
    code, out, err = run(command, name)
    assert (code, out) == (2, "") or (code, out) == (2, "[]\n")
    assert one_line(err) and name in err and said in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["parse", "missing.txt"],
        ["parse", "."],
        ["parse", "x\0y"],
        ["parse", "--format", "pdf", "-"],
        ["parse", "--input-format", "pdf", "-"],
        ["parse", "--frmat", "json"],
        ["parse", "-", "-o", "no/such/folder/x.json"],
        ["check", "--fail-on", "info", "-"],
        ["frobnicate"],
        ["evaluate"],
        ["evaluate", "thresholds"],
        ["evaluate", "thresholds", "--corpus", "missing.zip"],
    ],
)
def test_bad_usage_is_one_line(run: Run, arguments: Sequence[str]) -> None:
    """Whatever is wrong with the command, it is said once, without a traceback."""
    code, out, err = run(*arguments, stdin=TEXT.encode())
    assert (code, out) == (2, "") and one_line(err)


def test_one_bad_file_does_not_stop_the_others(run: Run, trial_file: Path, tmp_path: Path) -> None:
    """The others are parsed, and the exit code still says that something was not."""
    (tmp_path / "bad.txt").write_bytes(b"")
    code, out, err = run("parse", "bad.txt", str(trial_file), "gone.txt", "--format", "jsonl")
    assert code == 2 and out.count("\n") == 1 and err.count("\n") == 2


def test_defects_are_one_line_and_can_be_debugged(run: Run, trial_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of critparse's own costs one record, one line; --debug adds the traceback."""

    def fail(record: object, **_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(critparse.parser, "parse_record", fail)
    code, _, err = run("parse", str(trial_file))
    assert code == 2 and one_line(err) and "a defect" in err and "CRITPARSE_DEBUG" in err
    code, _, err = run("--debug", "parse", str(trial_file))
    assert code == 2 and "Traceback" in err


def test_interruption_is_quiet(run: Run, trial_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C ends with 130 and says nothing."""

    def interrupt(record: object, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(critparse.parser, "parse_record", interrupt)
    assert run("parse", str(trial_file)) == (130, "", "")


# --- the program as such


def test_version_is_printed(run: Run) -> None:
    """``--version`` is one line."""
    assert run("--version") == (0, f"critparse {__version__}\n", "")


@pytest.mark.parametrize("command", [[], ["parse"], ["check"], ["evaluate"], ["evaluate", "thresholds"]])
def test_help_has_usage(command: list[str]) -> None:
    """Every command explains itself, with examples where there is something to do."""
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0 and "Usage:" in result.output
    if command and command != ["evaluate"]:
        assert "Example" in result.output and "critparse" in result.output


def test_progress_is_for_terminals() -> None:
    """Where no one watches, nothing is drawn."""
    items = [1, 2, 3]
    assert progress(items, "counting") is items


def program(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own."""
    code = "from critparse.cli import main; main()"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env=environment,
        timeout=120,
    )


def test_program_reads_a_pipe() -> None:
    """The program as a whole: standard input to JSON, nothing on stderr."""
    done = program("parse", "-", "--format", "json", stdin=TEXT.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["criteria"][0]["id"] == "I1"


def test_program_fails_in_one_line(tmp_path: Path) -> None:
    """The program as a whole: a directory without files."""
    done = program("parse", str(tmp_path))
    assert done.returncode == 2 and done.stdout == b"" and one_line(done.stderr.decode())


def test_help_loads_nothing_heavy() -> None:
    """``--help`` answers at once because spaCy, rich and the lexicon are not imported for it."""
    code = (
        "import sys\nfrom critparse.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "sys.exit(','.join(m for m in ('spacy', 'scispacy', 'numpy', 'rich') if m in sys.modules) or 0)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=environment, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
