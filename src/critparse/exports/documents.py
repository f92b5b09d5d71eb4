"""The document itself, as JSON for people or as one line."""

from __future__ import annotations

from critparse.exports import Files
from critparse.schema import ParsedTrial


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
