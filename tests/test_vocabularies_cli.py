"""``critparse vocab``: what it prints, where files go, one line for whatever is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import Run
from typer.testing import CliRunner
from vocabulary_files import pack, write_athena, write_umls

from critparse.cli import app
from critparse.concepts.vocabularies.folder import FOLDER, default_folder


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the vocabularies of a test are; tables are as wide as they like."""
    monkeypatch.setenv("COLUMNS", "250")
    folder = tmp_path / "vocabularies"
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


@pytest.fixture
def built(run: Run, tmp_path: Path) -> str:
    """A vocabulary called omop."""
    write_athena(tmp_path / "athena")
    code, out, err = run("vocab", "build", "omop", "--athena", "athena")
    assert (code, err) == (0, "") and out.startswith("omop: 36 concepts, 43 names, 7 mappings, in ")
    return "omop"


def one_line(err: str) -> bool:
    """Whether stderr is a single complaint."""
    return err.startswith("critparse: ") and err.count("\n") == 1 and "Traceback" not in err


def test_life_of_a_vocabulary(run: Run, built: str, own_folder: Path) -> None:
    """Built, listed, shown, removed; then there is none."""
    assert [path.name for path in own_folder.iterdir()] == ["omop.sqlite"]
    (row,) = json.loads(run("vocab", "list", "--format", "json")[1])
    assert (row["name"], row["kind"], row["concepts"]) == ("omop", "athena", 36)
    out = run("vocab", "show", built)[1]
    for words in ("licence:", "v5.0 27-AUG-25", "CONCEPT_SYNONYM.csv", "SNOMEDCT", "2025-02-01", "by trigrams"):
        assert words in out
    assert json.loads(run("vocab", "show", built, "--format", "json")[1])["names"] == 43
    assert run("vocab", "remove", built) == (0, "removed omop\n", "")
    assert "no vocabulary in" in run("vocab", "list")[1]
    code, out, err = run("vocab", "remove", built)
    assert (code, out) == (2, "") and one_line(err)


def test_search(run: Run, built: str) -> None:
    """Exact names first, then similar ones; standard concepts with their ids."""
    rows = json.loads(run("vocab", "search", built, "Type 2 diabetes mellitus", "--format", "json", "--limit", "3")[1])
    assert [(row["method"], row["codes"][0]) for row in rows[:2]] == [
        ("vocabulary", "OMOP:201826"),
        ("similar", "OMOP:201254"),
    ]
    assert len(rows) == 3
    (best, *_) = json.loads(run("vocab", "search", built, "prednsone", "--label", "drug", "--format", "json")[1])
    assert best["codes"] == ["OMOP:1551099", "RXNORM:8640"]
    assert run("vocab", "search", built, "prednsone", "--label", "Device") == (0, "nothing found\n", "")
    assert "Diabetes" in run("vocab", "search", f"vocabularies/{built}.sqlite", "diabetes mellitus")[1]


def test_narrow_tables_cut_nothing_off(run: Run, built: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long cells go on below."""
    monkeypatch.setenv("COLUMNS", "60")
    out = run("vocab", "search", built, "Type 2 diabetes mellitus", "--limit", "1")[1]
    assert "…" not in out and max(map(len, out.splitlines())) <= 60
    assert sorted(set("SNOMEDCT:44054006") - set(out)) == []


def test_filters(run: Run, tmp_path: Path) -> None:
    """Repeated options; what they name in vain is said."""
    write_athena(tmp_path / "athena")
    arguments = ("--vocabulary", "SNOMED", "--vocabulary", "Snomd", "--domain", "Condition", "--no-hierarchy")
    code, out, err = run("vocab", "build", "small", "--athena", "athena", *arguments)
    assert code == 0 and out.startswith("small: 14 concepts") and one_line(err) and "snomd" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "v"], "one of --athena DIR, --rrf DIR, --csv FILE"),
        (["build", "v", "--athena", "athena", "--rrf", "umls"], "one of --athena"),
        (["build", "v", "--athena", "missing"], "no such file"),
        (["build", "v", "--athena", "umls"], "there is no CONCEPT.csv"),
        (["build", "v", "--rrf", "athena"], "neither MRCONSO.RRF"),
        (["build", "v", "--csv", "packed.csv"], "unpack it first"),
        (["build", "v", "--csv", "bad.csv"], "bad.csv: line 2: it has no name"),
        (["build", "../v", "--athena", "athena"], "a name has letters"),
        (["build", "v", "--athena", "athena", "--domain", "Disease"], "no concept is left"),
        (["show", "v"], "there is no vocabulary 'v'"),
        (["search", "v", "x"], "there is no vocabulary 'v'"),
        (["search", "omop", "x", "--label", "Disease"], "Disease"),
        (["search", "scispacy:nothing", "x"], "there is no such linker"),
        (["search", "athena/CONCEPT.csv", "x"], "the file is damaged"),
        (["list", "--format", "xml"], "xml"),
    ],
)
def test_what_is_wrong_is_one_line(run: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    """Exit code 2, nothing on stdout, one line that says what and where."""
    write_athena(tmp_path / "athena")
    write_umls(tmp_path / "umls")
    (tmp_path / "bad.csv").write_text("code,name\nA,\n")
    (tmp_path / "packed.csv").write_text("code,name\n")
    pack(tmp_path / "packed.csv")
    code, out, err = run("vocab", *arguments)
    assert (code, out) == (2, "") and one_line(err) and said in err


def test_a_damaged_vocabulary_does_not_hide_the_others(run: Run, built: str, own_folder: Path) -> None:
    """It is listed with what is wrong."""
    (own_folder / "broken.sqlite").write_text("not a database")
    rows = json.loads(run("vocab", "list", "--format", "json")[1])
    assert [row["name"] for row in rows] == ["broken", "omop"] and "damaged" in rows[0]["error"]
    assert "omop" in run("vocab", "list")[1]


def test_names_reach_the_terminal_harmless(run: Run, tmp_path: Path) -> None:
    """Control characters and markup of a table are text."""
    (tmp_path / "t.csv").write_text("code,name\nA1,pain [red]\x1b[31m killer\n")
    run("vocab", "build", "t", "--csv", "t.csv")
    out = run("vocab", "search", "t", "pain [red] killer")[1]
    assert "\x1b" not in out and "[red]␛[31m" in out


@pytest.mark.parametrize("command", ["build", "list", "show", "remove", "search"])
def test_help_has_examples(command: str) -> None:
    """Every command shows how it is used."""
    result = CliRunner().invoke(app, ["vocab", command, "--help"])
    assert result.exit_code == 0 and f"critparse vocab {command}" in result.output


def test_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the environment says, else the platform's place for users' data."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "vocabularies"
    monkeypatch.delenv(FOLDER)
    assert default_folder() == tmp_path / "critparse" / "vocabularies"
