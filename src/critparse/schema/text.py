"""Texts, spans into them, and notes about what was not read as a criterion."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from critparse.schema.base import Model

NoteReason = Literal[
    "heading",  # names the section of the criteria that follow
    "introduction",  # leads into criteria without being one ("Patients must meet all of the following:")
    "empty",  # says that there is nothing ("None", "N/A")
    "separator",  # rulers, stray bullets, page furniture
    "narrative",  # prose about the study, no eligibility statement
    "revision",  # superseded wording that a registry keeps in the text
]


class Span(Model):
    """Half-open character range ``[start, end)`` of the text whose id is ``text_id``."""

    text_id: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.end < self.start:
            raise ValueError("a span ends before it starts")
        return self


class SourceText(Model):
    """One text of the record, exactly as given; every span points into one of these."""

    id: str
    label: str
    text: str

    def slice(self, span: Span) -> str:
        """The characters that ``span`` covers."""
        return self.text[span.start : span.end]


class Note(Model):
    """Text that is no criterion, and why."""

    span: Span
    reason: NoteReason
