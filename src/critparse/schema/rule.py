"""The rule tree: what a criterion says, in a form that a program can execute.

A rule says what the text says: the rule of an exclusion criterion is the condition that excludes.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from critparse.schema.base import Model
from critparse.schema.entity import Concept
from critparse.schema.quantity import Dose, Range, TimeWindow
from critparse.schema.text import Span

LeafKind = Literal[
    "age",
    "measurement",
    "condition",
    "drug",
    "procedure",
    "device",
    "observation",
    "reproductive",
    "allergy",
    "consent",
    "ability",
    "participation",
    "sex",
    "life_expectancy",
]
LEAF_KINDS: tuple[str, ...] = get_args(LeafKind)

ScopePerson = Literal["participant", "subgroup", "donor", "guardian", "partner", "child", "relative", "other"]


class Subject(Model):
    """What a leaf is about: the words, where they stand, and their codes. ``spans`` is empty when inferred."""

    text: str
    spans: tuple[Span, ...] = ()
    concepts: tuple[Concept, ...] = ()


class Qualifier(Model):
    """A restriction on the subject: severity, stage, course, history, response, certainty …"""

    kind: str
    value: str
    text: str
    span: Span | None = None


class Scope(Model):
    """Whom a rule is about when that is not every participant, and the words that say so."""

    person: ScopePerson
    text: str
    span: Span | None = None


class _LeafFields(Model):
    subject: Subject
    range: Range | None = None
    alternatives: tuple[Range, ...] = ()
    values: tuple[str, ...] = ()
    qualitative: str | None = None
    present: bool = True
    windows: tuple[TimeWindow, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()
    dose: Dose | None = None
    scope: Scope | None = None
    evidence: tuple[Span, ...] = ()
    unread: tuple[Span, ...] = ()
    confidence: float = Field(default=1.0, ge=0, le=1)


class Leaf(_LeafFields):
    """One statement about one subject.

    ``alternatives``: ``range`` once more in other units, as the text gives it in brackets. ``values``: the allowed
    values of a list ("ECOG 0, 1 or 2"). ``unread``: words beside the statement that critparse does not understand; they
    may narrow or widen it.
    """

    kind: LeafKind


class Unstructured(_LeafFields):
    """Words that critparse could not turn into a statement, and why."""

    kind: Literal["unstructured"] = "unstructured"
    reason: str


class AllOf(Model):
    """All of ``rules`` hold."""

    kind: Literal["all_of"] = "all_of"
    rules: tuple[Rule, ...]
    ambiguous: bool = False


class AnyOf(Model):
    """At least one of ``rules`` holds. ``ambiguous``: the text's conjunction can be read otherwise ("and/or")."""

    kind: Literal["any_of"] = "any_of"
    rules: tuple[Rule, ...]
    ambiguous: bool = False


class Not(Model):
    """``rule`` does not hold."""

    kind: Literal["not"] = "not"
    rule: Rule


class AtLeast(Model):
    """At least ``count`` of ``rules`` hold; ``evidence``: the words that say how many."""

    kind: Literal["at_least"] = "at_least"
    count: int = Field(ge=1)
    rules: tuple[Rule, ...]
    evidence: tuple[Span, ...] = ()


class IfThen(Model):
    """Whoever fulfils ``condition`` must fulfil ``rule``; others fulfil it anyway."""

    kind: Literal["if_then"] = "if_then"
    condition: Rule
    rule: Rule


Rule = Annotated[
    AllOf | AnyOf | Not | AtLeast | IfThen | Leaf | Unstructured,
    Field(discriminator="kind"),
]

for _model in (AllOf, AnyOf, Not, AtLeast, IfThen):
    _model.model_rebuild()
