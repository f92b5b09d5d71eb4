"""Rules and trials made by hand, for tests of the export to OMOP."""

from __future__ import annotations

from typing import Any, Literal

from critparse.schema import (
    Anchor,
    Bound,
    Concept,
    Criterion,
    Leaf,
    ParsedTrial,
    ParserInfo,
    Range,
    Registry,
    Rule,
    SourceText,
    Span,
    Subject,
    TimeWindow,
    Unit,
)


def leaf(kind: Any, concept: int | None = None, **fields: Any) -> Leaf:
    """A statement about a concept."""
    name = f"subject {concept}"
    codes = (
        () if concept is None else (Concept(system="OMOP", code=str(concept), display=name, score=1, method="exact"),)
    )
    return Leaf(kind=kind, subject=Subject(text=fields.pop("text", name), concepts=codes), **fields)


def limit(lower: float | None = None, upper: float | None = None, unit: str | None = None, *, open_: str = "",
          of: Literal["uln", "lln"] | None = None) -> Range:  # fmt: skip
    """A range; ``open_`` names the ends ("<", ">", "<>") that are not in it."""
    return Range(
        lower=None if lower is None else Bound(value=lower, inclusive=">" not in open_),
        upper=None if upper is None else Bound(value=upper, inclusive="<" not in open_),
        unit=None if unit is None else Unit(ucum=unit, text=unit),
        relative_to=of,
    )


def within(value: float, unit: str, event: str | None = None) -> tuple[TimeWindow, ...]:
    """In the last so many weeks."""
    anchor = None if event is None else Anchor(event=event, text=event, relation="before")
    return (TimeWindow(kind="recency", range=limit(upper=value, unit=unit), anchor=anchor),)


def ago(value: float, unit: str) -> tuple[TimeWindow, ...]:
    """At least so long ago."""
    return (TimeWindow(kind="recency", range=limit(lower=value, unit=unit)),)


def lasting(range_: Range) -> tuple[TimeWindow, ...]:
    """For so long."""
    return (TimeWindow(kind="duration", range=range_),)


def trial_of(*rules: tuple[Literal["inclusion", "exclusion"], Rule], registry: Registry | None = None) -> ParsedTrial:
    """A trial of these criteria."""
    span = Span(text_id="eligibility", start=0, end=4)
    return ParsedTrial(
        parser=ParserInfo(name="critparse", version="0", model="none"),
        source_format="text",
        texts=(SourceText(id="eligibility", label="Eligibility", text="text"),),
        registry=registry or Registry(),
        criteria=tuple(
            Criterion(id=f"{kind[0].upper()}{number}", kind=kind, span=span, text="text", rule=rule)
            for number, (kind, rule) in enumerate(rules, start=1)
        ),
    )


def with_ids(trial: ParsedTrial) -> ParsedTrial:
    """The trial as if a vocabulary had been asked: every linked subject has a concept id, equal ones the same."""
    ids: dict[str, int] = {}
    return ParsedTrial.model_validate(_numbered(trial.model_dump(mode="json"), ids))


def _numbered(value: Any, ids: dict[str, int]) -> Any:
    if isinstance(value, list):
        return [_numbered(one, ids) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: _numbered(one, ids) for key, one in value.items()}
    if "subject" in found and (concepts := found["subject"]["concepts"]):
        name = concepts[0]["display"]
        code = {"system": "OMOP", "code": str(ids.setdefault(name, 1000 + len(ids))), "method": "vocabulary"}
        found["subject"]["concepts"] = [{**concepts[0], **code}, *concepts]
    return found
