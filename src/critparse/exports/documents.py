"""The document itself, as JSON for people or as one line; and back."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from critparse.errors import EmptyInput, InputError, InputNotFound, InputTooLarge, MalformedInput
from critparse.exports import Files
from critparse.schema import ParsedTrial
from critparse.sources import MAX_BYTES

_FORMAT = "a parsed document"


def to_json(trial: ParsedTrial) -> str:
    """The document, indented, without a line end after it."""
    return trial.model_dump_json(indent=2)


def to_jsonl(trial: ParsedTrial) -> str:
    """The document on one line, which it ends."""
    return trial.model_dump_json() + "\n"


def json_files(trial: ParsedTrial) -> Files:
    """One ``.json`` file."""
    return {".json": to_json(trial) + "\n"}


def jsonl_files(trial: ParsedTrial) -> Files:
    """One ``.jsonl`` file of one line."""
    return {".jsonl": to_jsonl(trial)}


def read_documents(path: Path) -> list[ParsedTrial]:
    """The documents in a file that ``critparse parse --format json`` or ``jsonl`` wrote; null entries are passed over.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputTooLarge(where=path, size=path.stat().st_size, limit=MAX_BYTES)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputNotFound(where=path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(where=path, reason=str(error)) from error
    if not text.strip():
        raise EmptyInput(where=path)
    try:
        return [ParsedTrial.model_validate(value) for value in _values(text) if value is not None]
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise MalformedInput(where=path, format=_FORMAT, reason=f"{place}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise MalformedInput(where=path, format=_FORMAT, reason=str(error) or type(error).__name__) from error


def _values(text: str) -> list[object]:
    """The values of one JSON text or of JSON lines."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    return value if isinstance(value, list) else [value]
