"""Places that take all records of a run: pages with an overview, tables over all trials, a record a line."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from critparse.cli.inputs import Input, Outcome
from critparse.cli.outputs import (
    Folder,
    Output,
    Write,
    encoded,
    is_folder,
    opened,
    refuse_input,
    writing,
)
from critparse.errors import OutputError
from critparse.exports import export_to, line
from critparse.exports.capability import Exported, Omission
from critparse.exports.streams import Streamed
from critparse.schema import ParsedTrial
from critparse.sources.load import JSON_LINES


def place(path: str | None, to: str, sources: Sequence[Input]) -> Output:
    """The output of ``critparse export``.

    Raises:
        OutputError: the standard makes several files, and there is no place for them.
        MissingExtra: it cannot be written without a package that is not installed.
    """
    if to == "html":
        return pages(path, sources)
    if to in ("csv", "parquet"):
        return AllTables(path, to, sources)

    def write(trial: ParsedTrial) -> Exported:
        return export_to(trial, to)

    if path is not None and is_folder(path, sources):
        return Folder(Path(path), write, sources)
    return Lines(path, to, write, sources)


def pages(path: str | None, sources: Sequence[Input]) -> Output:
    """One page with all trials, or a folder with one for each and an index."""
    if path is not None and is_folder(path, sources):
        return PageFolder(Path(path), sources)
    return OnePage(path, sources)


class OnePage:
    """All trials on one page."""

    def __init__(self, path: str | None, sources: Sequence[Input]) -> None:
        from critparse.exports.html.page import Pages

        self._page = Pages(lambda: sys.stdout if path is None else opened(Path(path), sources))
        self._taken = self._shown = 0

    def add(self, outcome: Outcome) -> Sequence[Omission]:
        self._taken += 1
        if outcome.trial is not None:
            self._page.add(outcome.trial)
            self._shown += 1
        return ()

    def close(self) -> None:
        with self._page:
            if self._shown:  # nothing to show leaves an old file alone
                self._page.end(self._taken - self._shown)


class PageFolder(Folder):
    """A page for each trial, and one that leads to them."""

    def __init__(self, folder: Path, sources: Sequence[Input]) -> None:
        from critparse.exports.html.page import INDEX, Index, html_files

        super().__init__(folder, lambda trial: Exported(html_files(trial, up=True)), sources)
        self._index = Index(lambda: opened(folder / f"{INDEX}.html", sources))
        self._taken = self._shown = 0
        self.used.add(INDEX)

    def add(self, outcome: Outcome) -> Sequence[Omission]:
        self._taken += 1
        return super().add(outcome)

    def save(self, outcome: Outcome, trial: ParsedTrial, files: Mapping[str, str | bytes]) -> str:
        name = super().save(outcome, trial, files)
        self._index.add(trial, f"{name}.html")
        self._shown += 1
        return name

    def close(self) -> None:
        with self._index:
            if self._shown:
                self._index.end(self._taken - self._shown)


class _Tables(Protocol):
    def add(self, trial: ParsedTrial) -> None: ...

    def close(self) -> None: ...


class AllTables:
    """The tables, each over all trials: ``FOLDER/rules.csv`` and so on, or ``NAME.rules.csv`` for ``-o NAME.csv``."""

    def __init__(self, path: str | None, to: str, sources: Sequence[Input]) -> None:
        from critparse.exports.tables.columns import TABLES

        if path is None:
            reason = f"{to} is {len(TABLES)} tables ({', '.join(TABLES)}); give them a place with -o FOLDER/"
            raise OutputError(where="standard output", reason=reason)
        given = Path(path)
        inside = is_folder(path, sources)
        self._folder = given if inside else given.parent
        stem = "" if inside else f"{given.name.removesuffix(f'.{to}')}."
        paths = {table: self._folder / f"{stem}{table}.{to}" for table in TABLES}
        for one in paths.values():
            refuse_input(one, sources)
        self._tables = _tables(to, paths)

    def add(self, outcome: Outcome) -> Sequence[Omission]:
        if outcome.trial is not None:
            with writing(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
                self._tables.add(outcome.trial)
        return ()

    def close(self) -> None:
        with writing(self._folder):
            self._tables.close()


def _tables(to: str, paths: Mapping[str, Path]) -> _Tables:
    if to == "csv":
        from critparse.exports.tables import CsvTables

        return CsvTables(paths)
    from critparse.exports.tables.parquet import ParquetTables

    return ParquetTables(paths)


class Lines:
    """One stream: the file of a single record as it is, of several records one line of JSON each.

    What counts is how many records there are, readable or not, so that failures do not change the shape. Into a file
    named ``.jsonl`` or ``.ndjson`` go lines in any case.
    """

    def __init__(self, path: str | None, to: str, write: Write, sources: Sequence[Input]) -> None:
        self._path = Path(path) if path is not None else None
        self._where = path or "standard output"
        self._to = to
        self._make = write
        self._sources = sources
        self._lines = self._path is not None and self._path.suffix.lower() in JSON_LINES
        self._count = 0
        self._first: tuple[ParsedTrial, Exported] | None = None  # until it is known whether there are several
        self._stream = Streamed(lambda: sys.stdout if path is None else opened(Path(path), sources))

    def add(self, outcome: Outcome) -> Sequence[Omission]:
        self._count += 1
        trial = outcome.trial
        exported = self._make(trial) if trial is not None else None
        if self._count > 1 and self._first is not None:
            self._write_line(*self._first)
            self._first = None
        if trial is None or exported is None:
            return ()
        if self._count == 1 and not self._lines:
            self._first = (trial, exported)
        else:
            self._write_line(trial, exported)
        return exported.omissions

    def close(self) -> None:
        if self._first is not None:
            self._write_alone(*self._first)
        self._stream.close()

    def _write_line(self, trial: ParsedTrial, exported: Exported) -> None:
        written = line(trial, exported, self._to)
        if written is None:
            raise OutputError(where=self._where, reason="it takes one record; several need a folder (-o FOLDER/)")
        self._stream.out.write(written)

    def _write_alone(self, trial: ParsedTrial, exported: Exported) -> None:
        files = exported.files
        if self._path is not None and len(files) > 1:
            folder = Folder(self._path.parent, self._make, self._sources, stem=self._path.stem)
            folder.save(Outcome(self._sources[0], 1, trial), trial, files)
            return
        if len(files) > 1:
            reason = f"{self._to} makes several files; give them a place with -o"
            raise OutputError(where=self._where, reason=reason)
        (content,) = files.values()
        self._stream.out.write(encoded(content).decode("utf-8"))
