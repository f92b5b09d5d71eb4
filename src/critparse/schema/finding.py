"""What a check found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from critparse.schema.base import Model

Severity = Literal["error", "warning", "info"]


class SpanEvidence(Model):
    """A passage that a finding rests on."""

    text_id: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class FieldEvidence(Model):
    """A registry field that a finding rests on, with its value as the record writes it."""

    field: str
    value: str


Evidence = SpanEvidence | FieldEvidence


class Finding(Model):
    """One problem in the record. A conflict has evidence on every side, at least two.

    ``confidence``: how often such findings proved right when they were read by hand; ``None``: too few were read.
    """

    code: str
    severity: Severity
    message: str
    suggestion: str
    check_version: str
    evidence: tuple[Evidence, ...]
    confidence: float | None = Field(default=None, ge=0, le=1)
