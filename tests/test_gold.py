"""NCT01741857 from page to findings, compared as a whole with the gold file that states what its text says."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import notation
import pytest
import yaml

import critparse
from critparse.schema import Criterion, FieldEvidence, Finding, ParsedTrial

HERE = Path(__file__).parent
CORPORA = HERE.parent / "corpora"
PAGE = CORPORA / "NCT01741857.txt"
GOLD: dict[str, Any] = yaml.safe_load((CORPORA / "NCT01741857.gold.yaml").read_text(encoding="utf-8"))


def flat(criteria: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The criteria of the gold file, parents before their children."""
    for stated in criteria:
        yield stated
        yield from flat(stated.get("children", ()))


STATED = list(flat(GOLD["criteria"]))


@pytest.fixture(scope="module")
def trial() -> ParsedTrial:
    """The parse under test."""
    return critparse.parse(PAGE)


@pytest.fixture(scope="module")
def parsed(trial: ParsedTrial) -> dict[str, Criterion]:
    """Its criteria by id."""
    return {criterion.id: criterion for criterion in trial.walk()}


def one_line(text: str) -> str:
    """The words one blank apart."""
    return " ".join(text.split())


def test_the_gold_states_every_key_it_is_read_for() -> None:
    """No key of the gold file that nobody compares, no id twice."""
    assert set(GOLD) == {"trial_id", "title", "source_format", "texts", "registry", "criteria", "notes", "findings"}
    for stated in STATED:
        assert set(stated) - {"children", "section"} == {"id", "kind", "marker", "starts", "rule"}
    assert len({stated["id"] for stated in STATED}) == len(STATED)


def test_the_record_is_recognised(trial: ParsedTrial) -> None:
    """Format, id and title are those of the page."""
    assert (trial.trial_id, trial.title, trial.source_format) == (
        GOLD["trial_id"],
        GOLD["title"],
        GOLD["source_format"],
    )


def test_the_texts_are_parts_of_the_page(trial: ParsedTrial) -> None:
    """Each text begins and ends where the gold says, and is an unchanged piece of the page."""
    page = PAGE.read_text(encoding="utf-8")
    assert {text.id for text in trial.texts} == set(GOLD["texts"])
    for text in trial.texts:
        begins, ends = GOLD["texts"][text.id]
        assert text.text in page
        assert text.text.strip().startswith(begins), text.id
        assert text.text.strip().endswith(ends), text.id


def test_the_registry_fields_are_read(trial: ParsedTrial) -> None:
    """Every structured field has the page's value."""
    found = trial.registry.model_dump(mode="json")
    for end in ("minimum_age", "maximum_age"):
        found[end] = found[end] and f"{found[end]['value']:g} {found[end]['unit']}"
    assert found == GOLD["registry"]


def test_the_criteria_form_the_stated_tree(trial: ParsedTrial) -> None:
    """Ids, kinds, markers, sections, beginnings and nesting of both copies, in order."""

    def stated(criteria: Iterable[dict[str, Any]]) -> list[Any]:
        return [
            (one["id"], one["kind"], one["marker"], one.get("section"), one["starts"], stated(one.get("children", ())))
            for one in criteria
        ]

    def found(criteria: Iterable[Criterion], gold: Iterable[dict[str, Any]]) -> list[Any]:
        length = {one["id"]: len(one["starts"]) for one in flat(gold)}
        return [
            (c.id, c.kind, c.marker, c.section, one_line(c.text)[: length.get(c.id, 60)], found(c.children, gold))
            for c in criteria
        ]

    assert found(trial.criteria, GOLD["criteria"]) == stated(GOLD["criteria"])


@pytest.mark.parametrize("stated", STATED, ids=[stated["id"] for stated in STATED])
def test_a_criterion_has_the_stated_rule(stated: dict[str, Any], parsed: dict[str, Criterion]) -> None:
    """The rule, sub-list included, is the one the gold states, and nothing beside it."""
    expected, actual = notation.expected_tree(stated["rule"]), notation.tree_of(parsed[stated["id"]].rule)
    lines = "\n".join(difflib.ndiff(notation.shown(expected), notation.shown(actual)))
    assert notation.matches(expected, actual), f"{parsed[stated['id']].text}\n- expected, + found:\n{lines}"


def test_every_other_word_is_in_a_note_with_its_reason(trial: ParsedTrial) -> None:
    """The notes hold, by text and reason, exactly the words stated."""
    found: dict[str, dict[str, list[str]]] = {}
    for note in trial.notes:
        found.setdefault(note.span.text_id, {}).setdefault(note.reason, []).append(one_line(trial.text_of(note.span)))
    joined = {text: {why: " ".join(words) for why, words in reasons.items()} for text, reasons in found.items()}
    assert joined == {
        text: {why: " ".join(words) for why, words in reasons.items()} for text, reasons in GOLD["notes"].items()
    }


def test_the_findings_are_those_stated_and_no_others(trial: ParsedTrial) -> None:
    """Codes and severities, in order: the age conflict once for all three places, the unit once for both copies."""
    found = [(finding.code, finding.severity) for finding in trial.findings]
    assert found == [(stated["code"], stated["severity"]) for stated in GOLD["findings"]]


@pytest.mark.parametrize("stated", GOLD["findings"], ids=[stated["code"] for stated in GOLD["findings"]])
def test_a_finding_quotes_every_place(stated: dict[str, Any], trial: ParsedTrial, parsed: dict[str, Criterion]) -> None:
    """Each piece of evidence is the stated field, or a passage of the stated criterion that holds the quoted words."""
    finding: Finding = next(finding for finding in trial.findings if finding.code == stated["code"])
    assert len(finding.evidence) == len(stated["evidence"])
    for evidence, expected in zip(finding.evidence, stated["evidence"], strict=True):
        if isinstance(evidence, FieldEvidence):
            assert {"field": evidence.field, "value": evidence.value} == expected
            continue
        within = parsed[expected["in"]]
        text = next(text for text in trial.texts if text.id == evidence.text_id)
        assert evidence.text_id == within.span.text_id
        assert within.span.start <= evidence.start < evidence.end <= within.span.end
        assert expected["quote"] in one_line(text.text[evidence.start : evidence.end])


def test_the_age_message_names_all_three_places(trial: ParsedTrial) -> None:
    """A reader of the message alone learns both ages and where each stands."""
    message = next(finding.message for finding in trial.findings if finding.code == "age-maximum-conflict")
    assert message.count("60") >= 2
    assert "70" in message


def test_the_incomplete_unit_is_kept_as_written(parsed: dict[str, Criterion]) -> None:
    """The dose of cyclophosphamide has its unit in the record's words and no UCUM code: nothing is guessed."""
    for name in ("I3.2", "description:I3.2"):
        units = [unit for unit in _units(parsed[name].rule) if "m2" in unit["text"]]
        assert units
        assert all(unit["ucum"] is None for unit in units)


def _units(value: Any) -> Iterator[dict[str, Any]]:
    """Every unit anywhere in a model."""
    dumped = value.model_dump() if hasattr(value, "model_dump") else value
    if isinstance(dumped, dict):
        if set(dumped) == {"ucum", "text"}:
            yield dumped
        for inner in dumped.values():
            yield from _units(inner)
    elif isinstance(dumped, list | tuple):
        for inner in dumped:
            yield from _units(inner)
