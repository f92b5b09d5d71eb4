"""The published data model: frozen pydantic models and nothing else. See ``docs/schema.md``."""

from __future__ import annotations

from critparse.schema.criterion import Criterion, CriterionKind
from critparse.schema.entity import Concept, Entity, Hint, Linked, Relation
from critparse.schema.finding import Evidence, FieldEvidence, Finding, Severity, SpanEvidence
from critparse.schema.quantity import (
    Anchor,
    Bound,
    Dose,
    Frequency,
    Range,
    Reference,
    TimeWindow,
    Unit,
    WindowKind,
)
from critparse.schema.rule import (
    LEAF_KINDS,
    AllOf,
    AnyOf,
    AtLeast,
    IfThen,
    Leaf,
    LeafKind,
    Not,
    Qualifier,
    Rule,
    Scope,
    Subject,
    Unstructured,
)
from critparse.schema.text import Note, NoteReason, SourceText, Span
from critparse.schema.trial import SCHEMA_VERSION, AgeLimit, ParsedTrial, ParserInfo, Registry

__all__ = [
    "LEAF_KINDS",
    "SCHEMA_VERSION",
    "AgeLimit",
    "AllOf",
    "Anchor",
    "AnyOf",
    "AtLeast",
    "Bound",
    "Concept",
    "Criterion",
    "CriterionKind",
    "Dose",
    "Entity",
    "Evidence",
    "FieldEvidence",
    "Finding",
    "Frequency",
    "Hint",
    "IfThen",
    "Leaf",
    "LeafKind",
    "Linked",
    "Not",
    "Note",
    "NoteReason",
    "ParsedTrial",
    "ParserInfo",
    "Qualifier",
    "Range",
    "Reference",
    "Registry",
    "Relation",
    "Rule",
    "Scope",
    "Severity",
    "SourceText",
    "Span",
    "SpanEvidence",
    "Subject",
    "TimeWindow",
    "Unit",
    "Unstructured",
    "WindowKind",
]
