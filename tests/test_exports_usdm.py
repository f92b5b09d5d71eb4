"""CDISC USDM exports: order, categories, population, and the published schema where it is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError
from support import FIRST_TRIAL

import critparse
from critparse.exports.usdm.model import Criteria
from critparse.schema import Rule

TEXT = "Inclusion criteria:\n- Age ≥ 18 years\n- HbA1c < 7% & stable\nExclusion criteria:\n- Pregnancy\n"
SCHEMA = os.environ.get("CRITPARSE_USDM_SCHEMA")


def document(**fields: object) -> dict[str, Any]:
    """The export of a small record."""
    trial = critparse.parse({"id": "NCT00000001", "title": "A trial", "eligibility": TEXT, **fields}, model=False)
    found: dict[str, Any] = json.loads(critparse.export(trial, "usdm").files[".json"])
    return found


def test_criteria_are_chained_in_order() -> None:
    """Each criterion knows its neighbours, its category by CDISC's codes and its item; the population lists them."""
    found = document()
    criteria = found["eligibilityCriteria"]
    assert [(c["identifier"], c["previousId"], c["nextId"]) for c in criteria] == [
        ("I1", None, "criterion-I2"),
        ("I2", "criterion-I1", "criterion-E1"),
        ("E1", "criterion-I2", None),
    ]
    assert [(c["category"]["code"], c["category"]["decode"]) for c in criteria] == [
        ("C25532", "Inclusion Criteria"),
        ("C25532", "Inclusion Criteria"),
        ("C25370", "Exclusion Criteria"),
    ]
    assert {c["category"]["codeSystem"] for c in criteria} == {"http://www.cdisc.org"}
    assert found["population"]["criterionIds"] == [c["id"] for c in criteria]
    assert [c["criterionItemId"] for c in criteria] == [i["id"] for i in found["eligibilityCriterionItems"]]


def test_text_is_html() -> None:
    """What looks like markup in the text is escaped."""
    items = document()["eligibilityCriterionItems"]
    assert [item["text"] for item in items] == [
        "<p>- Age ≥ 18 years</p>",
        "<p>- HbA1c &lt; 7% &amp; stable</p>",
        "<p>- Pregnancy</p>",
    ]


def test_the_rule_goes_along() -> None:
    """The extension holds the rule as the document has it, and the same in words."""
    trial = critparse.parse(TEXT, format="text", model=False)
    found = json.loads(critparse.export(trial, "usdm").files[".json"])["eligibilityCriteria"]
    for criterion, made in zip(trial.criteria, found, strict=True):
        values = {e["url"]: e["valueString"] for e in made["extensionAttributes"]}
        assert TypeAdapter(Rule).validate_json(values["urn:critparse:rule"]) == criterion.rule
    assert values["urn:critparse:explained"] == "pregnancy"


def test_population() -> None:
    """Both ages make a planned age, in CDISC's units; sexes and healthy volunteers as the record says."""
    population = document(minimum_age="6 Months", maximum_age="5 Years", sex="All", healthy_volunteers=True)[
        "population"
    ]
    age = population["plannedAge"]
    assert [(age[end]["value"], age[end]["unit"]["standardCode"]["code"]) for end in ("minValue", "maxValue")] == [
        (6, "C29846"),
        (5, "C29848"),
    ]
    assert [sex["code"] for sex in population["plannedSex"]] == ["C16576", "C20197"]
    assert population["includesHealthySubjects"] is True and population["notes"] == []


def test_what_has_no_place_is_a_note_and_an_omission() -> None:
    """One end of the ages, an unknown answer about volunteers, and criteria beside the list are notes."""
    record = {
        "id": "X",
        "eligibility": TEXT,
        "minimum_age": "18 Years",
        "description": "Inclusion Criteria:\n- Asthma\n",
    }
    exported = critparse.export(critparse.parse(record, model=False), "usdm")
    population = json.loads(exported.files[".json"])["population"]
    assert population["plannedAge"] is None and population["includesHealthySubjects"] is False
    notes = [note["text"] for note in population["notes"]]
    assert notes[0] == "Planned age: minimum 18 years, no other limit"
    assert "healthy volunteers" in notes[1] and notes[2].endswith("- Asthma")
    assert [o.criterion for o in exported.omissions] == ["", "", "description:I1", "I1", "I2", "E1"]


def test_the_model_refuses_a_broken_chain() -> None:
    """Our own model holds documents to what USDM asks: required fields, types, references that lead somewhere."""
    found = document()
    found["eligibilityCriteria"][1]["previousId"] = None
    with pytest.raises(ValidationError, match="previousId"):
        Criteria.model_validate(found)
    del found["eligibilityCriteria"][1]["category"]
    with pytest.raises(ValidationError, match="category"):
        Criteria.model_validate(found)


@pytest.mark.skipif(not SCHEMA, reason="CRITPARSE_USDM_SCHEMA does not name the JSON schema of USDM 4.0")
def test_published_schema_accepts_it() -> None:
    """The schema of USDM 4.0 has no complaint about population, criteria and items."""
    definitions = json.loads(Path(SCHEMA or "").read_text("utf8"))
    exported = critparse.export(critparse.parse(FIRST_TRIAL, model=False), "usdm")
    found = json.loads(exported.files[".json"])
    parts = {
        "StudyDesignPopulation": [found["population"]],
        "EligibilityCriterion": found["eligibilityCriteria"],
        "EligibilityCriterionItem": found["eligibilityCriterionItems"],
    }
    for name, values in parts.items():
        schema = {"$defs": definitions["$defs"], "$ref": f"#/$defs/{name}"}
        for value in values:
            jsonschema.Draft202012Validator(schema).validate(value)
