"""What a batch has written, as JSON lines: ``manifest.jsonl`` in its folder.

The first line says what it is made with, then comes a line for each chunk in their order, at the end one with the sums.
A line is added, and brought to the disk, when the chunk's files are there. So a run that is killed at any moment leaves
whole lines, and at most one torn one, which the next run cuts off. No line says when or how it was made: two runs with
the same input give the same manifest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from critparse.batch.folder import digest_of, name_of, prepare, writing
from critparse.errors import BatchBusy, BatchChanged, OutputError
from critparse.exports.tables.columns import BATCH_TABLES

NAME = "manifest.jsonl"
LAYOUT = 1
"""Version of folder and manifest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A chunk that is written. ``input``: digest of its records; ``files``: of its files, by name."""

    chunk: int
    records: int
    input: str
    rows: Mapping[str, int]
    errors: Mapping[str, int]
    files: Mapping[str, str]


class Manifest:
    """The manifest of one folder, open for one run; no other can open it meanwhile."""

    def __init__(self, folder: Path, header: Mapping[str, Any], *, restart: bool = False) -> None:
        """Open it, or begin it. Chunks whose files are not as they were written are cut off, to be made again.

        Raises:
            BatchChanged: it was begun with another ``header``.
            BatchBusy: another run has it open.
            OutputError: the folder cannot be used, or holds something else.
        """
        self.folder = folder
        self.entries: list[Entry] = []
        self._header = {"batch": LAYOUT, **header}
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / NAME).exists() and any(folder.iterdir()):
                raise OutputError(where=folder, reason=f"it is not empty, and there is no {NAME} in it to go on with")
            self._file = (folder / NAME).open("a+b")
        try:
            self._lock()
            self._take_up(restart=restart)
            prepare(folder, len(self.entries))
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, entry: Entry) -> None:
        """A further chunk is written. Raises OutputError."""
        assert entry.chunk == len(self.entries)
        self._write(_chunk_line(entry))
        self.entries.append(entry)

    def finish(self) -> None:
        """There are no more chunks. Raises OutputError."""
        self._write({"records": self.records, "rows": self.rows, "errors": self.errors, "complete": True})

    @property
    def records(self) -> int:
        """Records in all chunks."""
        return sum(entry.records for entry in self.entries)

    @property
    def rows(self) -> dict[str, int]:
        """Rows by table."""
        return {table: sum(entry.rows[table] for entry in self.entries) for table in BATCH_TABLES}

    @property
    def errors(self) -> dict[str, int]:
        """Rows of the table ``errors`` by code."""
        codes = sorted({code for entry in self.entries for code in entry.errors})
        return {code: sum(entry.errors.get(code, 0) for entry in self.entries) for code in codes}

    def _take_up(self, *, restart: bool) -> None:
        """Read what is there, up to the first line that cannot be relied on, and cut off the rest."""
        header, entries, ends = _read(self._file)
        if header is not None and not restart:
            self._compare(header)
            for entry in entries:
                if any(digest_of(self.folder, name) != digest for name, digest in entry.files.items()):
                    break
                self.entries.append(entry)
        with writing(self.folder / NAME):
            self._file.truncate(ends[len(self.entries)] if header is not None and not restart else 0)
        if header is None or restart:
            self._write(self._header)

    def _compare(self, found: Mapping[str, Any]) -> None:
        wanted = json.loads(json.dumps(self._header))
        for key in {**wanted, **found}:
            if wanted.get(key) != found.get(key):
                was, now = (json.dumps(value.get(key), ensure_ascii=False) for value in (found, wanted))
                raise BatchChanged(where=self.folder, reason=f"{key.replace('_', ' ')} was {was} and is {now}")

    def _write(self, line: Mapping[str, Any]) -> None:
        with writing(self.folder / NAME):
            self._file.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def _lock(self) -> None:
        """Held until the file is closed, or the process is gone."""
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BatchBusy(where=self.folder) from error


def entry_of(number: int, digest: str, files: Mapping[str, str], counts: Mapping[str, Any]) -> Entry:
    """The entry of a chunk; ``files``: digests by table; ``counts``: ``records``, ``rows`` and ``errors``."""
    named = {name_of(table, number): files[table] for table in BATCH_TABLES}
    return Entry(chunk=number, input=digest, files=named, **counts)


def _chunk_line(entry: Entry) -> dict[str, Any]:
    return {
        "chunk": entry.chunk,
        "records": entry.records,
        "input": entry.input,
        "rows": dict(entry.rows),
        "errors": dict(entry.errors),
        "files": dict(entry.files),
    }


def _read(file: IO[bytes]) -> tuple[dict[str, Any] | None, list[Entry], list[int]]:
    """The header, the entries, and where each of them ends (the header first): up to the first torn line."""
    file.seek(0)
    header: dict[str, Any] | None = None
    entries: list[Entry] = []
    ends: list[int] = []
    for line in file:
        try:
            value = json.loads(line) if line.endswith(b"\n") else None
            if header is None:
                header = value if isinstance(value, dict) and "batch" in value else None
            elif isinstance(value, dict) and value.get("chunk") == len(entries):
                entries.append(Entry(**value))
            else:
                break
        except (ValueError, TypeError):
            break
        if header is None:
            break
        ends.append((ends[-1] if ends else 0) + len(line))
    return header, entries, ends
