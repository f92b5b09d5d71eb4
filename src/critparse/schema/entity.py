"""Mentions of things in the text, and the codes they are linked to."""

from __future__ import annotations

from pydantic import Field

from critparse.schema.base import Model
from critparse.schema.text import Span


class Concept(Model):
    """A code in a vocabulary. ``system`` is the usual short name: MESH, LOINC, DRUGBANK, UCUM, OMOP …"""

    system: str
    code: str
    display: str
    score: float = Field(ge=0, le=1)
    method: str


class Entity(Model):
    """A mention. ``spans`` has several members only when it is discontinuous; ``concepts``: best first."""

    id: str
    label: str
    spans: tuple[Span, ...]
    text: str
    negated: bool = False
    attributes: dict[str, str] = Field(default_factory=dict)
    concepts: tuple[Concept, ...] = ()
