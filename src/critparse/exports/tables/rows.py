"""The rows of the tables, as Python values in the order of the written columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from critparse.exports.passages import Passages
from critparse.exports.tables.columns import TABLES, Column
from critparse.exports.wording import curie
from critparse.rules.explain import explain
from critparse.schema import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Criterion,
    FieldEvidence,
    Finding,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Rule,
    Span,
    SpanEvidence,
    Unstructured,
)

Cell = str | int | float | bool | None
Row = tuple[Cell, ...]


class Placed(NamedTuple):
    """A leaf and where it stands in the rule of its criterion."""

    leaf: Leaf | Unstructured
    path: str
    connective: str | None = None
    negated: bool = False


def leaves(rule: Rule, path: str = "/rule", connective: str | None = None, negated: bool = False) -> Iterator[Placed]:
    """Every statement of a rule, in order."""
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules) | AtLeast(rules=rules):
            for number, member in enumerate(rules):
                yield from leaves(member, f"{path}/rules/{number}", rule.kind, negated)
        case Not(rule=inner):
            yield from leaves(inner, f"{path}/rule", rule.kind, not negated)
        case IfThen(condition=condition, rule=then):
            yield from leaves(condition, f"{path}/condition", rule.kind, negated)
            yield from leaves(then, f"{path}/rule", rule.kind, negated)
        case _:
            yield Placed(rule, path, connective, negated)


def rows(trial: ParsedTrial, table: str) -> Iterator[Row]:
    """The rows of a table of :data:`~critparse.exports.tables.columns.TABLES`. Raises KeyError for another."""
    make = {"rules": _rules, "findings": _findings, "criteria": _criteria}[table]
    for record in make(trial):
        yield _in_order(TABLES[table], record)


def _in_order(columns: Sequence[Column], record: dict[str, Cell]) -> Row:
    return tuple(record[column.name] for column in columns)


def _rules(trial: ParsedTrial) -> Iterator[dict[str, Cell]]:
    passages = Passages(trial)
    for criterion in trial.criteria:
        for placed in leaves(criterion.rule):
            span = _hull(placed.leaf, criterion)
            owner = passages.owner(SpanEvidence(text_id=span.text_id, start=span.start, end=span.end))
            yield {
                "trial_id": trial.trial_id,
                "criterion_id": criterion.id,
                "item_id": (owner or criterion).id,
                "kind": criterion.kind,
                "path": placed.path,
                "connective": placed.connective,
                "negated": placed.negated,
                **_statement(trial, placed.leaf),
                **_place(trial, span),
            }


def _statement(trial: ParsedTrial, leaf: Leaf | Unstructured) -> dict[str, Cell]:
    best = leaf.subject.concepts[0] if leaf.subject.concepts else None
    range_ = leaf.range
    unit = range_.unit if range_ else None
    return {
        "leaf_kind": leaf.kind,
        "subject": leaf.subject.text or None,
        "system": best.system if best else None,
        "code": best.code if best else None,
        "display": best.display if best else None,
        "codes": _json([curie(concept) for concept in leaf.subject.concepts]),
        **_limit("lower", range_.lower if range_ else None),
        **_limit("upper", range_.upper if range_ else None),
        "unit_ucum": unit.ucum if unit else None,
        "unit_text": (unit.text or None) if unit else None,
        "relative_to": range_.relative_to if range_ else None,
        "alternatives": _models(leaf.alternatives),
        "values": _json(list(leaf.values)),
        "qualitative": leaf.qualitative,
        "present": leaf.present,
        "windows": _models(leaf.windows),
        "qualifiers": _models(leaf.qualifiers),
        "dose": _json(leaf.dose.model_dump(mode="json")) if leaf.dose else None,
        "scope": leaf.scope.person if leaf.scope else None,
        "unread": _json([trial.text_of(span) for span in leaf.unread]),
        "reason": leaf.reason if isinstance(leaf, Unstructured) else None,
        "confidence": leaf.confidence,
    }


def _limit(name: str, bound: Bound | None) -> dict[str, Cell]:
    return {name: bound.value if bound else None, f"{name}_inclusive": bound.inclusive if bound else None}


def _hull(leaf: Leaf | Unstructured, criterion: Criterion) -> Span:
    """From the first to the last word that the statement rests on; the criterion, where it names none."""
    here = [span for span in (*leaf.evidence, *leaf.subject.spans) if span.text_id == criterion.span.text_id]
    if not here:
        return criterion.span
    return Span(
        text_id=criterion.span.text_id, start=min(span.start for span in here), end=max(span.end for span in here)
    )


def _place(trial: ParsedTrial, span: Span) -> dict[str, Cell]:
    return {"text_id": span.text_id, "start": span.start, "end": span.end, "words": trial.text_of(span) or None}


def _findings(trial: ParsedTrial) -> Iterator[dict[str, Cell]]:
    passages = Passages(trial)
    for number, finding in enumerate(trial.findings, 1):
        criteria = [passages.of(piece).criterion for piece in finding.evidence]
        yield {
            "trial_id": trial.trial_id,
            "number": number,
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.message,
            "suggestion": finding.suggestion or None,
            "confidence": finding.confidence,
            "check_version": finding.check_version,
            "criteria": _json(list(dict.fromkeys(criterion.id for criterion in criteria if criterion))),
            "fields": _json(_fields(finding)),
            "evidence": _models(finding.evidence),
        }


def _fields(finding: Finding) -> dict[str, str]:
    return {piece.field: piece.value for piece in finding.evidence if isinstance(piece, FieldEvidence)}


def _criteria(trial: ParsedTrial) -> Iterator[dict[str, Cell]]:
    parents = {child.id: criterion.id for criterion in trial.walk() for child in criterion.children}
    for criterion in trial.walk():
        statements = [placed.leaf for placed in leaves(criterion.rule)]
        yield {
            "trial_id": trial.trial_id,
            "criterion_id": criterion.id,
            "parent_id": parents.get(criterion.id),
            "kind": criterion.kind,
            "section": criterion.section,
            "rule_words": explain(criterion.rule),
            "rule": _json(criterion.rule.model_dump(mode="json")),
            "statements": len(statements),
            "unread_statements": sum(isinstance(leaf, Unstructured) for leaf in statements),
            **_place(trial, criterion.span),
        }


def _models(models: Sequence[BaseModel]) -> str | None:
    return _json([model.model_dump(mode="json") for model in models])


def _json(value: Sequence[object] | Mapping[str, object]) -> str | None:
    """The value as JSON; none where it is empty."""
    return json.dumps(value, ensure_ascii=False) if value else None
