"""Mentions of things in the text, and the codes they are linked to."""

from __future__ import annotations

from pydantic import Field

from critparse.schema.base import Model
from critparse.schema.text import Span


class Concept(Model):
    """A code in a vocabulary. ``system`` is the usual short name: MESH, LOINC, DRUGBANK, UCUM, OMOP …

    ``score``: how likely the code is right; ``method``: how it was found (docs/concepts.md lists the methods).
    """

    system: str
    code: str
    display: str
    score: float = Field(ge=0, le=1)
    method: str


class Entity(Model):
    """A mention. ``spans`` has several members only when it is discontinuous; ``concepts``: best first.

    ``candidates``: without a code that is sure, what it might be, for a person to choose from; best first.

    ``confidence``: how likely an annotator would mark just these words with this label.
    """

    id: str
    label: str
    spans: tuple[Span, ...]
    text: str
    negated: bool = False
    confidence: float = Field(default=1.0, ge=0, le=1)
    attributes: dict[str, str] = Field(default_factory=dict)
    concepts: tuple[Concept, ...] = ()
    candidates: tuple[Concept, ...] = ()


class Linked(Model):
    """What a mention is linked to. ``concepts``: codes of one concept, best first, none when critparse is not sure.

    ``candidates``: what else it might be, best first, for a person to choose from; only given when there is no code.
    """

    text: str
    label: str | None = None
    concepts: tuple[Concept, ...] = ()
    candidates: tuple[Concept, ...] = ()


class Relation(Model):
    """How two entities of a criterion hang together, by their ids: ``Has_value`` from a measurement to its value …

    ``AND``, ``OR`` and ``Subsumes`` join things of a kind; ``OR`` has no direction and goes from the first in the text.
    """

    type: str
    first: str
    second: str
    confidence: float = Field(ge=0, le=1)


class Hint(Model):
    """A problem that an annotator might mark in a criterion, and how likely: ``Subjective_judgement`` …"""

    problem: str
    confidence: float = Field(ge=0, le=1)
