"""The document: a parsed trial record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from critparse.schema.base import Model
from critparse.schema.criterion import Criterion
from critparse.schema.finding import Finding
from critparse.schema.text import Note, SourceText, Span

SCHEMA_VERSION: Literal["1.0"] = "1.0"
_UCUM = {"years": "a", "months": "mo", "weeks": "wk", "days": "d", "hours": "h", "minutes": "min"}


class ParserInfo(Model):
    """What produced the document. ``vocabulary``: the user's own that mentions were linked to, if any."""

    name: str
    version: str
    model: str
    vocabulary: str | None = None

    @property
    def cited(self) -> str:
        """Version and model in a few words."""
        return f"{self.version} ({self.model})"


class AgeLimit(Model):
    """A registry age; ``text`` is what the record writes."""

    value: float = Field(allow_inf_nan=False)
    unit: Literal["years", "months", "weeks", "days", "hours", "minutes"]
    text: str = ""

    @property
    def ucum(self) -> str:
        """The unit in UCUM."""
        return _UCUM[self.unit]


class Registry(Model):
    """The registry's own structured fields. ``None``: the record does not say, or says that there is no limit."""

    minimum_age: AgeLimit | None = None
    maximum_age: AgeLimit | None = None
    sex: Literal["all", "female", "male"] | None = None
    healthy_volunteers: bool | None = None
    conditions: tuple[str, ...] = ()
    enrollment: int | None = None
    phase: str | None = None


class ParsedTrial(Model):
    """A whole record: its texts, its fields, what critparse read in them and what it found."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    parser: ParserInfo
    trial_id: str | None = None
    title: str | None = None
    source_format: str
    texts: tuple[SourceText, ...]
    registry: Registry
    criteria: tuple[Criterion, ...] = ()
    notes: tuple[Note, ...] = ()
    findings: tuple[Finding, ...] = ()

    def text_of(self, span: Span) -> str:
        """The characters that ``span`` covers."""
        return next(t for t in self.texts if t.id == span.text_id).slice(span)

    def walk(self) -> Iterator[Criterion]:
        """Every criterion, parents before their children, in document order."""
        stack = list(reversed(self.criteria))
        while stack:
            criterion = stack.pop()
            yield criterion
            stack.extend(reversed(criterion.children))
