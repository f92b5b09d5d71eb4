"""The published model: its JSON Schema, what it refuses, and that it survives a round trip."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ValidationError
from support import module_at

from critparse.schema import (
    LEAF_KINDS,
    AgeLimit,
    AllOf,
    Anchor,
    AnyOf,
    AtLeast,
    Bound,
    Concept,
    Criterion,
    Dose,
    Entity,
    FieldEvidence,
    Finding,
    Frequency,
    IfThen,
    Leaf,
    Not,
    Note,
    ParsedTrial,
    ParserInfo,
    Qualifier,
    Range,
    Registry,
    Scope,
    SourceText,
    Span,
    SpanEvidence,
    Subject,
    TimeWindow,
    Unit,
    Unstructured,
)

TEXT = "Inclusion:\n- Aged 18 or over\n- ALT at most 3 x ULN"


def _span(start: int, end: int) -> Span:
    return Span(text_id="eligibility", start=start, end=end)


def _rules() -> AllOf:
    """A rule with every kind of node and every optional part of a leaf."""
    limit = Range(
        upper=Bound(value=3, inclusive=True),
        unit=Unit(ucum=None, text="/m2"),
        relative_to="uln",
        evidence=(_span(31, 50),),
    )
    full = Leaf(
        kind="measurement",
        subject=Subject(
            text="ALT",
            spans=(_span(31, 34),),
            concepts=(Concept(system="LOINC", code="1742-6", display="ALT", score=1, method="lexicon"),),
        ),
        range=limit,
        values=("1", "2"),
        qualitative="elevated",
        present=False,
        windows=(
            TimeWindow(
                kind="recency", range=limit, anchor=Anchor(event="screening", text="screening", relation="before")
            ),
        ),
        qualifiers=(Qualifier(kind="severity", value="severe", text="severe", span=_span(0, 3)),),
        dose=Dose(amount=limit, route="oral", frequency=Frequency(count=limit, interval=limit), duration=limit),
        scope=Scope(person="subgroup", text="women"),
        evidence=(_span(31, 50),),
        confidence=0.5,
    )
    leaves = tuple(Leaf(kind=kind, subject=Subject(text=kind)) for kind in LEAF_KINDS)  # type: ignore[arg-type]
    return AllOf(
        rules=(
            AnyOf(rules=leaves, ambiguous=True),
            Not(rule=full),
            AtLeast(count=2, rules=leaves[:3]),
            IfThen(condition=leaves[0], rule=full),
            Unstructured(subject=Subject(text="?"), reason="no grammar for it"),
        )
    )


def _trial() -> ParsedTrial:
    child = Criterion(id="I1.1", kind="inclusion", span=_span(13, 28), text=TEXT[13:28], rule=_rules())
    entity = Entity(id="T1", label="age", spans=(_span(13, 17),), text="Aged", negated=True, attributes={"a": "b"})
    criterion = Criterion(
        id="I1",
        kind="inclusion",
        span=_span(11, 50),
        text=TEXT[11:],
        marker="-",
        entities=(entity,),
        rule=_rules(),
        children=(child,),
    )
    finding = Finding(
        code="AGE01",
        severity="error",
        message="m",
        suggestion="s",
        check_version="1",
        evidence=(
            SpanEvidence(text_id="eligibility", start=13, end=28),
            FieldEvidence(field="minimum_age", value="15 Years"),
        ),
    )
    return ParsedTrial(
        parser=ParserInfo(name="critparse", version="0", model="none"),
        trial_id="T-1",
        source_format="text",
        texts=(SourceText(id="eligibility", label="Eligibility criteria", text=TEXT),),
        registry=Registry(minimum_age=AgeLimit(value=15, unit="years", text="15 Years"), sex="all", conditions=("x",)),
        criteria=(criterion,),
        notes=(Note(span=_span(0, 10), reason="heading"),),
        findings=(finding,),
    )


@pytest.fixture(scope="module")
def export() -> ModuleType:
    """The script that writes the schema."""
    return module_at("scripts/export_schema.py")


def _objects(node: Any) -> list[dict[str, Any]]:
    """Every JSON object in a document, at any depth."""
    if isinstance(node, dict):
        return [node, *(found for value in node.values() for found in _objects(value))]
    return [found for value in node for found in _objects(value)] if isinstance(node, list) else []


class TestJsonSchema:
    def test_the_file_agrees_with_the_models(self, export: ModuleType) -> None:
        """docs/schema.json is what the models give; `make docs` writes it."""
        assert export.TARGET.read_text(encoding="utf-8") == export.rendered()

    def test_it_is_a_valid_schema(self, export: ModuleType) -> None:
        """It keeps the rules of JSON Schema 2020-12."""
        jsonschema.Draft202012Validator.check_schema(export.schema())

    def test_a_document_with_everything_in_it_conforms(self, export: ModuleType) -> None:
        """What the models write is what the schema describes."""
        document = json.loads(_trial().model_dump_json())
        assert list(jsonschema.Draft202012Validator(export.schema()).iter_errors(document)) == []

    def test_schema_and_models_refuse_the_same_unknown_field(self, export: ModuleType) -> None:
        """Neither the schema nor the models take more than they know, in any part of the document."""
        document = json.loads(_trial().model_dump_json())
        validator = jsonschema.Draft202012Validator(export.schema())
        one_of_each = {tuple(part): part for part in _objects(document)}
        del one_of_each["a",]  # the free attributes of an entity
        for part in one_of_each.values():
            part["surprise"] = 1
            assert not validator.is_valid(document)
            with pytest.raises(ValidationError):
                ParsedTrial.model_validate(document)
            del part["surprise"]
        assert validator.is_valid(document)

    def test_every_field_is_always_written(self, export: ModuleType) -> None:
        """The schema requires all of them, so that readers need not ask whether one is there."""
        schema = export.schema()
        for name, definition in {"ParsedTrial": schema, **schema["$defs"]}.items():
            assert set(definition.get("required", ())) == set(definition["properties"]), name


class TestModels:
    def test_round_trip(self) -> None:
        """A document read back is equal, and writes the same bytes."""
        trial = _trial()
        written = trial.model_dump_json()
        again = ParsedTrial.model_validate_json(written)
        assert again == trial
        assert again.model_dump_json() == written

    def test_models_are_frozen(self) -> None:
        """A result cannot be changed behind its reader's back."""
        with pytest.raises(ValidationError, match="frozen"):
            _trial().title = "other"

    @pytest.mark.parametrize(
        ("model", "fields"),
        [
            (Span, {"text_id": "t", "start": 3, "end": 2}),
            (Span, {"text_id": "t", "start": -1, "end": 2}),
            (Span, {"text_id": "t", "start": 0.5, "end": 2}),
            (AgeLimit, {"value": 1, "unit": "fortnights"}),
            (Concept, {"system": "s", "code": "c", "display": "d", "score": 1.5, "method": "m"}),
            (AtLeast, {"count": 0, "rules": []}),
            (Leaf, {"kind": "wish", "subject": {"text": "x"}}),
            (Not, {"rule": {"kind": "maybe"}}),
            (ParsedTrial, {"schema_version": "2.0"}),
        ],
    )
    def test_impossible_values_are_refused(self, model: type[BaseModel], fields: dict[str, Any]) -> None:
        """Reversed spans, unknown units and kinds, scores out of range."""
        with pytest.raises(ValidationError):
            model.model_validate(fields)

    def test_an_empty_span_is_allowed(self) -> None:
        """It marks a place."""
        assert _trial().text_of(_span(4, 4)) == ""

    def test_text_of_gives_the_slice(self) -> None:
        """The characters that a span covers."""
        trial = _trial()
        assert trial.text_of(trial.criteria[0].span) == trial.criteria[0].text

    def test_walk_visits_parents_before_children(self) -> None:
        """Every criterion once, in document order."""
        assert [criterion.id for criterion in _trial().walk()] == ["I1", "I1.1"]

    def test_the_age_of_a_document_is_null_where_there_is_none(self) -> None:
        """A missing bound is null, never 0."""
        document = json.loads(_trial().model_dump_json())
        assert document["registry"]["maximum_age"] is None
        assert document["criteria"][0]["rule"]["rules"][1]["rule"]["range"]["lower"] is None
