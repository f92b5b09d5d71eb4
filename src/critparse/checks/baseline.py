"""Findings that are known: recorded once, and hidden until they change.

A baseline is a JSON file, sorted, one finding a line::

    {"version": 1, "findings": [
    {"trial_id": "…", "code": "…", "fingerprint": "…", "quotes": ["…", "…"]},
    …
    ]}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from critparse.errors import InputError, InputNotFound, MalformedInput, OutputError
from critparse.schema.base import Model


class Known(Model):
    """A finding of a baseline. Only the fingerprint counts; the rest is for people who read the file."""

    trial_id: str
    code: str
    fingerprint: str
    quotes: tuple[str, ...]


class _File(Model):
    version: Literal[1]
    findings: tuple[Known, ...]


class Baseline:
    """Findings that are known, and which of them a run has met."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._known = {entry.fingerprint: entry for entry in known}
        self._trials = {entry.trial_id for entry in self._known.values()}
        self._met: set[str] = set()
        self._read: set[str] = set()

    def meets(self, fingerprint: str) -> bool:
        """Whether the finding is known."""
        if fingerprint in self._known:
            self._met.add(fingerprint)
            return True
        return False

    def has_read(self, trial: str) -> None:
        """Take note that a trial was checked: what it no longer has is stale."""
        if trial in self._trials:
            self._read.add(trial)

    def stale(self) -> list[Known]:
        """What is known of trials of this run, and was not found again."""
        return [e for e in self._known.values() if e.trial_id in self._read and e.fingerprint not in self._met]

    def elsewhere(self) -> list[Known]:
        """What is known of trials that this run has not read."""
        return [entry for entry in self._known.values() if entry.trial_id not in self._read]


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        InputNotFound, InputError (no permission), MalformedInput.
    """
    try:
        return Baseline(_File.model_validate_json(path.read_bytes()).findings)
    except FileNotFoundError:
        raise InputNotFound(where=path) from None
    except OSError as error:
        raise InputError(where=path, reason=(error.strerror or str(error)).lower()) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = f"{place + ': ' if place else ''}{first['msg']}"
        raise MalformedInput(where=path, format="baseline", reason=reason) from None


def write_baseline(path: Path, known: Iterable[Known]) -> int:
    """Write a baseline, whole or not at all, and say how many findings it holds.

    Raises:
        OutputError: the file cannot be written.
    """
    unique = {entry.fingerprint: entry for entry in known}
    entries = sorted(unique.values(), key=lambda entry: (entry.trial_id, entry.code, entry.fingerprint))
    lines = ",\n".join(json.dumps(entry.model_dump(), ensure_ascii=False) for entry in entries)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(f'{{"version": 1, "findings": [\n{lines}\n]}}\n', encoding="utf-8", newline="")
        os.replace(part, path)  # noqa: PTH105  the point is that it is atomic
    except OSError as error:
        raise OutputError(where=path, reason=(error.strerror or str(error)).lower()) from error
    return len(entries)
