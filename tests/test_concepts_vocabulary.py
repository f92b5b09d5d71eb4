"""A parse that links to a vocabulary of the user's own: standard concepts first, critparse's codes behind them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from vocabulary_files import write_athena

import critparse
from critparse.cli import main
from critparse.errors import UnknownVocabulary

FOLDER = "CRITPARSE_VOCABULARIES"
TEXT = (
    "Inclusion Criteria:\n- Type II diabetes\n- Creatinine < 1.5 mg/dL\nExclusion Criteria:\n- Our own score above 3\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the vocabulary ``omop``."""
    place = tmp_path_factory.mktemp("vocabularies")
    source = write_athena(tmp_path_factory.mktemp("athena"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER, str(place))
        with pytest.raises(SystemExit) as end:
            main(["vocab", "build", "omop", "--athena", str(source)])
        assert end.value.code == 0
    return place


@pytest.fixture(autouse=True)
def vocabularies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the vocabularies are."""
    monkeypatch.setenv(FOLDER, str(folder))


def codes(concepts: tuple[critparse.schema.Concept, ...]) -> list[tuple[str, str, str]]:
    """System, code, method."""
    return [(concept.system, concept.code, concept.method) for concept in concepts]


def test_codes_are_mapped_to_standard_concepts() -> None:
    """By the code that critparse found: MeSH maps to SNOMED CT, LOINC is standard itself."""
    trial = critparse.parse(TEXT, model=False, vocab="omop")
    found = {entity.text: codes(entity.concepts) for criterion in trial.walk() for entity in criterion.entities}
    assert found["Type II diabetes"][:2] == [("OMOP", "201826", "mapped"), ("MESH", "D003924", "exact")]
    assert ("SNOMEDCT", "44054006", "crossref") in found["Type II diabetes"]
    assert found["Creatinine"][:2] == [("OMOP", "3016723", "mapped"), ("LOINC", "2160-0", "exact")]
    assert trial.parser.vocabulary == "omop"


def test_rules_carry_the_same_codes() -> None:
    """The subject of a leaf, too."""
    trial = critparse.parse(TEXT, model=False, vocab="omop")
    (creatinine,) = [c.rule for c in trial.criteria if c.text.startswith("- Creatinine")]
    assert creatinine.subject.concepts[0].code == "3016723"


def test_a_name_that_only_the_vocabulary_has() -> None:
    """Found by its own name."""
    found = critparse.link("our own score", label="Observation", vocab="omop")
    assert ("OMOP", "2000000001", "vocabulary") in codes(found.concepts)
    assert critparse.link("our own score", label="Observation").concepts == ()


def test_without_it_the_document_names_none() -> None:
    """And has no codes of it."""
    trial = critparse.parse(TEXT, model=False)
    assert trial.parser.vocabulary is None
    assert not any(c.system == "OMOP" for x in trial.walk() for e in x.entities for c in e.concepts)


def test_an_unknown_vocabulary_is_one_clear_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """From Python an exception, from the command line one line and exit code 2."""
    with pytest.raises(UnknownVocabulary, match="did you mean 'omop'"):
        critparse.parse(TEXT, vocab="omopp")
    (tmp_path / "trial.txt").write_text(TEXT, encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        main(["parse", str(tmp_path / "trial.txt"), "--vocab", "omopp"])
    assert end.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    """``critparse concepts`` with a vocabulary, as JSON."""
    with pytest.raises(SystemExit) as end:
        main(["concepts", "T2DM", "--label", "Condition", "--vocab", "omop", "--format", "jsonl"])
    assert end.value.code == 0
    linked = json.loads(capsys.readouterr().out)
    assert linked["concepts"][0] | {"score": 1.0} == {
        "system": "OMOP",
        "code": "201826",
        "display": "Type 2 diabetes mellitus",
        "score": 1.0,
        "method": "mapped",
    }
