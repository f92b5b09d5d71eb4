"""Documents that ``critparse parse`` wrote as JSON, an array of them or JSON lines, among other records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from critparse.errors import CritparseError, MalformedInput
from critparse.schema import ParsedTrial

if TYPE_CHECKING:
    from critparse.sources.containers import Content

_MARKS = frozenset({"schema_version", "source_format", "criteria"})


def is_document(content: Content | CritparseError) -> bool:
    """Whether it is a document rather than a record that is still to be parsed."""
    return isinstance(content, Mapping) and content.keys() >= _MARKS


def document(where: str, content: Content | CritparseError) -> ParsedTrial | CritparseError:
    """The document, or the error that names the first thing wrong with it."""
    try:
        return ParsedTrial.model_validate(content)
    except ValueError as error:  # pydantic's ValidationError; its first line counts the errors, the next names one
        reason = " ".join(" ".join(str(error).splitlines()[1:3]).split())
        return MalformedInput(where=where, format="a document of critparse", reason=reason)
