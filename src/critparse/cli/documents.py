"""Documents that ``critparse parse`` wrote as JSON, an array of them or JSON lines, read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from critparse.errors import CritparseError, MalformedInput
from critparse.schema import ParsedTrial

_MARKS = (b'"schema_version"', b'"source_format"')
_OPENING = (b"{", b"[")


def read_documents(source: bytes | Path, where: str) -> Iterator[ParsedTrial | CritparseError] | None:
    """The documents of a file or of bytes; None when they are something else, which the readers of records may know.

    Raises:
        InputError: the file cannot be read.
    """
    from critparse.sources.load import MAX_BYTES, read_bytes

    data = read_bytes(source, where, MAX_BYTES) if isinstance(source, Path) else source
    if not data.lstrip().startswith(_OPENING) or not all(mark in data for mark in _MARKS):
        return None
    values = _values(data)
    if not values or not all(isinstance(value, dict) and "schema_version" in value for value in values):
        return None
    return (_document(value, where) for value in values)


def _values(data: bytes) -> list[Any]:
    """The members of a JSON array, a JSON object, or the lines of JSON lines; none when it is no JSON."""
    for parts in ([data], data.splitlines()):
        try:
            values = [json.loads(part) for part in parts if part.strip()]
        except (ValueError, RecursionError):
            continue
        return values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return []


def _document(value: dict[str, Any], where: str) -> ParsedTrial | CritparseError:
    try:
        return ParsedTrial.model_validate(value)
    except ValueError as error:  # pydantic's ValidationError; its first line counts the errors, the next names one
        reason = " ".join(" ".join(str(error).splitlines()[1:3]).split())
        return MalformedInput(where=where, format="a document of critparse", reason=reason)
