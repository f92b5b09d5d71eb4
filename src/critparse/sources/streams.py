"""Sources of any size as streams of records, unread: folders, zip files, JSON lines, Parquet, AACT.

Of a source, one record at a time is in memory, or one member of a folder or zip file that is no table of records.
"""

from __future__ import annotations

import gzip
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import IO, cast

from critparse import extras
from critparse.errors import (
    CritparseError,
    EmptyInput,
    InputError,
    InputNotFound,
    InputTooLarge,
    MalformedInput,
)
from critparse.sources import MAX_BYTES, aact, aact_db, aact_files, containers, fetch, open_items
from critparse.sources.containers import Item
from critparse.sources.load import JSON_LINES, lines_in
from critparse.sources.rows import streamed_rows
from critparse.sources.sniff import AUTO, named, tables

STDIN = "-"
_TABLES = (".csv", ".tsv")
_PARQUET = ".parquet"
_ROWS = 64  # of Parquet, in memory at a time
_BLOCK = 1 << 20
_MAX_HEADER = 100_000  # characters


class Meter:
    """How far reading is: ``records``, and which ``fraction`` of the source (0 to 1), ``None`` where nobody knows."""

    def __init__(self) -> None:
        self.records = 0
        self.fraction: float | None = None

    @property
    def total(self) -> float | None:
        """How many records there are in the whole source, by what has been read."""
        return self.records / self.fraction if self.fraction else None

    def part(self, done: float, total: int) -> None:
        """``done`` of ``total`` have been read."""
        self.fraction = min(1.0, done / total) if total > 0 else None


@dataclass(frozen=True, slots=True)
class Stream:
    """A source to be read once, from its beginning. ``name`` is for messages (no password in it)."""

    name: str
    open: Callable[[Meter], Iterator[tuple[str, Item]]]
    """Gives records with the format to read them in (:func:`critparse.sources.read_item`)."""


def stream(given: str, *, format: str = AUTO) -> Stream:
    """The source that a PATH argument names: what can be said against it at once is said at once.

    Besides files it takes ``-`` (standard input, JSON lines), a folder (with all in it, by name), a zip file, what
    AACT has as download or database, and numbers of ClinicalTrials.gov. Files may be compressed (``.gz``).

    Raises:
        InputError: there is no such thing. UnknownFormat: there is no such format.
        MissingExtra: it cannot be read without a package that is not installed.
    """
    named(format)
    if given == STDIN:
        return Stream("standard input", partial(_with_format, format, _standard_input))
    if aact_db.is_connection(given):
        database = aact_db.Database.of(given)
        return Stream(database.name, partial(_with_format, aact.NAME, lambda _: database.items()))
    path = Path(given)
    number = fetch.trial_number(given)
    if number is not None and not path.exists():
        fetcher = fetch.Fetcher.of(refresh=False, offline=False)
        return Stream(number, partial(_with_format, format, lambda _: iter([(number, fetcher.fetch(number))])))
    if "\0" in given or not path.exists():
        raise InputNotFound(where=given)
    if path.suffix == _PARQUET:
        extras.pyarrow()
    return Stream(given, partial(_path_items, path, given, format))


def _path_items(path: Path, where: str, format: str, meter: Meter) -> Iterator[tuple[str, Item]]:
    with _translated(where):
        if path.is_dir():
            if aact_files.is_dataset(path):
                yield from _with_format(aact.NAME, partial(_aact, path, where), meter)
            else:
                yield from _folder(path, where, format, meter)
        elif path.suffix.lower() == ".zip":
            if _holds_aact(path):
                yield from _with_format(aact.NAME, partial(_aact, path, where), meter)
            else:
                yield from _archive(path, where, format, meter)
        else:
            yield from _file(path, where, format, meter)


def _folder(path: Path, where: str, format: str, meter: Meter) -> Iterator[tuple[str, Item]]:
    """All files in a folder and the folders in it, by name; one that cannot be read is an error item."""
    inside = sorted(member for member in path.iterdir() if _may_hold_records(member.name))
    for number, member in enumerate(inside):
        name, inner = f"{where.rstrip('/')}/{member.name}", Meter()
        try:
            for item in _path_items(member, name, format, inner):
                meter.part(number + (inner.fraction or 0.0), len(inside))
                yield item
        except InputError as error:
            yield format, (name, error)


def _archive(path: Path, where: str, format: str, meter: Meter) -> Iterator[tuple[str, Item]]:
    """All files in a zip file, in its order; no more than the bound on an input is unpacked at a time."""
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir() and _may_hold_records(info.filename)]
        for number, info in enumerate(members):
            name = f"{where}/{info.filename}"
            try:
                with _translated(name), archive.open(info) as file:
                    for item in _open_file(file, Path(info.filename), name, format):
                        meter.part(number + file.tell() / max(1, info.file_size), len(members))
                        yield item
            except InputError as error:
                yield format, (name, error)


def _may_hold_records(name: str) -> bool:
    """Whether a member of a folder or zip file is neither hidden, nor what macOS adds to zip files, nor settings."""
    steps = name.split("/")
    return not steps[-1].startswith(".") and "__MACOSX" not in steps and not name.endswith(".toml")


def _file(path: Path, where: str, format: str, meter: Meter) -> Iterator[tuple[str, Item]]:
    """The records of a file; how far it has been read is known by its bytes."""
    if path.suffix.lower() == _PARQUET:
        yield from _with_format(format, partial(_parquet, path, where), meter)
        return
    size = path.stat().st_size
    if aact_files.is_dataset(path):
        yield from _with_format(aact.NAME, partial(_aact, path, where), meter)
    elif size <= MAX_BYTES and path.suffix.lower() not in (*JSON_LINES, ".gz"):
        chosen, items = open_items(path, format=format, where=where)
        yield from ((chosen, item) for item in items)
    else:
        with path.open("rb") as raw, _unpacked(raw, path) as (file, inside):
            for item in _open_file(file, inside, where, format):
                meter.part(raw.tell(), size)
                yield item


@contextmanager
def _unpacked(raw: IO[bytes], path: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """What is in a file, decompressed where need be, and the name that tells what it is."""
    if path.suffix.lower() != ".gz":
        yield raw, path
        return
    with gzip.open(raw) as file:
        yield cast("IO[bytes]", file), path.with_suffix("")


def _open_file(file: IO[bytes], path: Path, where: str, format: str) -> Iterator[tuple[str, Item]]:
    """The records of an open file: line by line or row by row where it is such a file, else as a whole."""
    suffix = path.suffix.lower()
    if suffix in JSON_LINES:
        lines = containers.json_lines_items(lines_in(file, where, MAX_BYTES), where)
        yield from ((format, item) for item in lines)
        return
    if suffix in _TABLES:
        yield from ((format, item) for item in _table(file, where))
        return
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputTooLarge(where=where, size=len(data), limit=MAX_BYTES)
    chosen, items = open_items(data, format=format, where=where)
    yield from ((chosen, item) for item in items)


def _table(file: IO[bytes], where: str) -> Iterator[Item]:
    """The rows of a table in UTF-8 of any size, as :func:`containers.table_items` has those of a small one."""
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="\n")
    try:
        delimiter = containers.delimiter_of(text.readline(_MAX_HEADER), tables(None))
        if delimiter is None:
            raise MalformedInput(where=where, format="table", reason="its first line names no known columns")
        text.seek(0)
        yield from containers.row_items(streamed_rows(text, delimiter, MAX_BYTES), where)
    finally:
        text.detach()  # whoever opened the file closes it


def _parquet(path: Path, where: str, meter: Meter) -> Iterator[Item]:
    """The rows of a Parquet file, a few at a time."""
    pyarrow = extras.pyarrow()
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            total, number = file.metadata.num_rows, 0
            for batch in file.iter_batches(batch_size=_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    meter.part(number, total)
                    yield f"{where}, row {number}", row
    except pyarrow.ArrowException as error:
        reason = f"the Parquet file is damaged ({' '.join(str(error).split())[:200]})"
        raise InputError(where=where, reason=reason) from error


def _aact(path: Path, where: str, meter: Meter) -> Iterator[Item]:
    """AACT as downloaded. Its rows are counted by their line ends; texts have none, as a rule."""
    total = _aact_rows(path)
    for number, item in enumerate(aact_files.items(path, where), 1):
        meter.part(number, total)
        yield item


def _aact_rows(path: Path) -> int:
    def count(file: IO[bytes]) -> int:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b"")) - 1

    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(_aact_member(archive)) as packed:
            return count(packed)
    with (path / aact_files.MAIN if path.is_dir() else path).open("rb") as file:
        return count(file)


def _holds_aact(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return bool(_aact_member(archive))


def _aact_member(archive: zipfile.ZipFile) -> str:
    names = (name for name in archive.namelist() if name.rpartition("/")[2] == aact_files.MAIN)
    return next(names, "")


def _standard_input(_meter: Meter) -> Iterator[Item]:
    return containers.json_lines_items(lines_in(sys.stdin.buffer, "standard input", MAX_BYTES), "standard input")


def _with_format(format: str, read: Callable[[Meter], Iterator[Item]], meter: Meter) -> Iterator[tuple[str, Item]]:
    for item in read(meter):
        yield format, item


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """What goes wrong with files and zip files, as an error of ours."""
    try:
        yield
    except CritparseError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, gzip.BadGzipFile) as error:
        raise InputError(where=where, reason=f"it is damaged ({error})") from error
    except RuntimeError as error:  # how zipfile says it
        raise InputError(where=where, reason="it is encrypted") from error
    except OSError as error:
        raise InputError(where=where, reason=(error.strerror or str(error)).lower()) from error


def all_items(streams: Sequence[Stream], meter: Meter) -> Iterator[tuple[str, Item]]:
    """The records of all sources, one source after the other.

    Raises:
        EmptyInput: there is no record at all. InputError: a source as a whole cannot be read.
    """
    for number, source in enumerate(streams):
        inner = Meter()
        for item in source.open(inner):
            meter.records += 1
            known = inner.fraction is not None
            meter.fraction = (number + (inner.fraction or 0.0)) / len(streams) if known else None
            yield item
        meter.fraction = (number + 1) / len(streams)
    if not meter.records:
        raise EmptyInput(where=", ".join(source.name for source in streams))
