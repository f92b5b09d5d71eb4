"""``critparse concepts``: mentions, criteria, classes, other people's pipelines."""

from __future__ import annotations

import json

import pytest
import spacy
from support import Run

from critparse.schema import Linked


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page on which no row is folded."""
    monkeypatch.setenv("COLUMNS", "200")


def linked(out: str) -> list[Linked]:
    """What JSON lines say."""
    return [Linked.model_validate_json(line) for line in out.splitlines()]


def test_a_mention_has_its_codes(run: Run) -> None:
    """One line a code, the way it was found, and the score."""
    code, out, err = run("concepts", "type II DM")
    assert (code, err) == (0, "")
    first = out.splitlines()[1]
    assert first.split()[:3] == ["type", "II", "DM"]
    assert "D003924" in first and "abbreviation" in first and "0.85" in first


def test_a_criterion_shows_its_mentions(run: Run) -> None:
    """What is no name by itself is read as a criterion."""
    code, out, _ = run("concepts", "no history of stroke or asthma", "--format", "jsonl")
    assert code == 0
    assert {found.text: found.concepts[0].code for found in linked(out)} == {"stroke": "D020521", "asthma": "D001249"}


def test_candidates_are_marked(run: Run) -> None:
    """A question mark stands before what is no code."""
    code, out, _ = run("concepts", "supine hypertension", "--label", "Condition")
    rows = out.splitlines()[1:]
    assert code == 0 and rows and all(" ?  " in row for row in rows)
    assert any("D006973" in row for row in rows)


def test_nothing_at_all_is_said(run: Run) -> None:
    """Rather than an empty table."""
    _, out, _ = run("concepts", "zzqx", "--label", "Drug")
    assert "no concept and no candidate" in out


def test_tab_separated_rows(run: Run) -> None:
    """One row a code, with a header; ranks count, candidates have a question mark."""
    _, out, _ = run("concepts", "warfarin", "supine hypertension", "--format", "tsv", "--label", "Condition")
    header, *rows = [line.split("\t") for line in out.splitlines()]
    assert header == ["text", "label", "rank", "system", "code", "display", "method", "score"]
    assert all(len(row) == len(header) for row in rows)
    assert next(row[2] for row in rows if row[0] == "supine hypertension") == "?1"


def test_json_is_a_list(run: Run) -> None:
    """Of what each text is linked to."""
    _, out, _ = run("concepts", "warfarin", "--format", "json")
    (found,) = json.loads(out)
    assert found["concepts"][0]["code"] == "D014859" and found["candidates"] == []


def test_lines_of_standard_input(run: Run) -> None:
    """A dash reads mentions, one a line; blank lines are none."""
    code, out, _ = run("concepts", "-", "--label", "Drug", "--format", "jsonl", stdin=b"warfarin\n\nmetformin\n")
    assert code == 0
    assert [found.concepts[0].code for found in linked(out)] == ["D014859", "D008687"]


def test_the_drugs_of_a_class(run: Run) -> None:
    """By name, each by its first code; what is no class is said to be none."""
    code, out, err = run("concepts", "SGLT2 inhibitors", "--members", "--format", "jsonl")
    assert (code, err) == (0, "")
    names = [concept.display.lower() for concept in linked(out)[0].concepts]
    assert {"dapagliflozin", "empagliflozin", "sotagliflozin"} <= set(names)
    code, _, err = run("concepts", "asthma", "--members")
    assert code == 0 and "asthma" in err and "no class of drugs" in err


def test_another_pipeline_finds_the_mentions(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it names is linked; a pipeline that is not there is one line and exit code 2."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "CHEMICAL", "pattern": "warfarin"}])  # type: ignore[attr-defined]
    monkeypatch.setattr(spacy, "load", lambda name: nlp if name == "mine" else _missing(name))
    code, out, _ = run("concepts", "on warfarin for stroke", "--pipeline", "mine", "--format", "jsonl")
    assert code == 0 and [(found.text, found.label) for found in linked(out)] == [("warfarin", "Drug")]
    code, out, err = run("concepts", "asthma", "--pipeline", "en_core_nope")
    assert (code, out) == (2, "") and err.startswith("critparse: cannot use the pipeline en_core_nope")


def _missing(name: str) -> spacy.language.Language:
    raise OSError(f"[E050] Can't find model '{name}'. It doesn't seem to be a package.")


def test_nothing_dangerous_reaches_the_terminal(run: Run) -> None:
    """Control characters of a mention are shown as pictures."""
    _, out, _ = run("concepts", "\x1b[31mwarfarin", "--label", "Drug")
    assert "\x1b" not in out


def test_what_is_measured_says_how(run: Run) -> None:
    """Specimen, unit and plausible range of an analyte; ends and direction of a score."""
    _, out, _ = run("concepts", "serum creatinine", "MMSE", "--label", "Measurement")
    creatinine, score = (line for line in out.splitlines() if "CRITPARSE" in line)
    assert "serum, mg/dL, " in creatinine
    assert "0 to 30, higher is better" in score
