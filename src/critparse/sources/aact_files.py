"""AACT as it is downloaded: one ``|``-delimited file for each table, in a folder or zipped.

Each row of ``eligibilities.txt`` is a record, completed by what the other files that are there say of the same trial.
The files are read as streams: of the whole of AACT, some gigabytes, one row at a time is in memory, and what has to be
looked up is in a temporary database on disk.
"""

from __future__ import annotations

import logging
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from critparse.errors import CritparseError, EmptyInput, InputError, InputTooLarge, MalformedInput
from critparse.sources import aact
from critparse.sources.containers import Item
from critparse.sources.rows import Row, streamed_rows

MAIN = "eligibilities.txt"
MAX_ROW = 1_000_000  # characters
MAX_UNPACKED = 20_000_000_000  # bytes, of the tables that are read; the whole of AACT has about four
MAX_RATIO = 200  # unpacked to packed; these tables have about five
_DELIMITER = "|"
_SMALL = 10_000_000  # bytes; below, no ratio is suspicious
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Joined:
    """A file to join: its columns, as they are called there and in the record. ``several`` rows make a list."""

    file: str
    columns: Mapping[str, str]
    several: bool = False


_JOINED = (
    _Joined("studies.txt", {n: n for n in ("brief_title", "official_title", "phase", "enrollment")}),
    _Joined("brief_summaries.txt", {"description": "brief_summary"}),
    _Joined("detailed_descriptions.txt", {"description": "detailed_description"}),
    _Joined("conditions.txt", {"name": "conditions"}, several=True),
)


def is_dataset(path: Path) -> bool:
    """Whether the path is the main file, a folder that has it, or a zip file."""
    try:
        if path.suffix.lower() == ".zip" or path.name == MAIN:
            return path.is_file()
        return path.is_dir() and (path / MAIN).is_file()
    except OSError:  # whoever opens it will say what is wrong
        return False


def items(path: Path, where: str) -> Iterator[Item]:
    """One record for each row of ``eligibilities.txt``; a row that cannot be read is an error item.

    Raises:
        InputError: the file or zip file as a whole cannot be read (at the call), or no longer (later).
    """
    found = _items(path, where)
    first = next(found, None)
    if first is None:
        raise EmptyInput(where=where)
    return _again(first, found)


def _again(first: Item, rest: Iterator[Item]) -> Iterator[Item]:
    yield first
    yield from rest


def _items(path: Path, where: str) -> Iterator[Item]:
    with _translated(where), _files(path, where) as files, closing(sqlite3.connect("")) as database:
        name = where if where.endswith(MAIN) else f"{where}, {MAIN}"
        joined = [_load(files, join, database) for join in _JOINED if join.file in files]
        with files.open(MAIN) as lines:
            for place, row in _rows(lines, name):
                if isinstance(row, CritparseError):
                    yield place, row
                    continue
                for join in joined:
                    row |= _looked_up(database, join, row.get("nct_id"))
                yield place, row


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """What goes wrong with files, zip files and the temporary database, as an error of ours."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        reason = "it is encrypted" if "encrypted" in str(error) else "the zip file is damaged"
        raise InputError(where=where, reason=reason) from error
    except sqlite3.Error as error:
        raise InputError(where=where, reason=f"its tables cannot be joined ({error})") from error
    except OSError as error:
        raise InputError(where=where, reason=(error.strerror or str(error)).lower()) from error


class _Files:
    """The tables of one download, by file name."""

    def __init__(self, folder: Path | None, archive: zipfile.ZipFile | None) -> None:
        self.folder = folder
        self.archive = archive
        wanted = {MAIN, *(join.file for join in _JOINED)}
        self.members: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist() if archive else ():
            name = info.filename.rpartition("/")[2]
            if name in wanted:
                self.members.setdefault(name, info)

    def __contains__(self, name: str) -> bool:
        return name in self.members if self.folder is None else (self.folder / name).is_file()

    @contextmanager
    def open(self, name: str) -> Iterator[IO[str]]:
        raw: IO[bytes]
        if self.folder is not None:
            raw = (self.folder / name).open("rb")
        else:
            assert self.archive is not None
            raw = self.archive.open(self.members[name])
        with TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="\n") as text:
            yield text


@contextmanager
def _files(path: Path, where: str) -> Iterator[_Files]:
    if path.suffix.lower() != ".zip":
        yield _Files(path if path.is_dir() else path.parent, None)
        return
    with zipfile.ZipFile(path) as archive:
        files = _Files(None, archive)
        if MAIN not in files:
            raise InputError(where=where, reason=f"the zip file holds no {MAIN}")
        for info in files.members.values():
            if info.file_size > _SMALL and info.file_size > MAX_RATIO * info.compress_size:
                raise InputError(where=where, reason=f"{info.filename} unpacks to suspiciously much")
        size = sum(info.file_size for info in files.members.values())
        if size > MAX_UNPACKED:
            raise InputTooLarge(where=where, size=size, limit=MAX_UNPACKED)
        yield files


def _rows(lines: IO[str], where: str) -> Iterator[tuple[str, Row | CritparseError]]:
    """The rows with the place of each; the first line names the columns."""
    header: list[str] | None = None
    for number, cells in streamed_rows(lines, _DELIMITER, MAX_ROW):
        place = f"{where}, line {number}"
        if cells is None:
            reason = f"the row has not ended after {MAX_ROW} characters; is a quotation mark missing?"
            yield place, MalformedInput(where=place, format=aact.NAME, reason=reason)
        elif header is None:
            header = [cell.strip().lower() for cell in cells]
            if "nct_id" not in header:
                raise MalformedInput(where=where, format=aact.NAME, reason="its first line names no column nct_id")
        elif len(cells) != len(header):
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            yield place, MalformedInput(where=place, format=aact.NAME, reason=reason)
        else:
            yield place, {column: cell or None for column, cell in zip(header, cells, strict=True)}


def _load(files: _Files, join: _Joined, database: sqlite3.Connection) -> _Joined:
    """Put what will be looked up of a file into the database."""
    table = join.file.removesuffix(".txt")
    database.execute(f"create table {table} (nct_id, {', '.join(join.columns)})")
    marks = ", ".join("?" * (len(join.columns) + 1))
    with files.open(join.file) as lines:
        for place, row in _rows(lines, join.file):
            if isinstance(row, CritparseError):
                _log.warning("%s: %s", place, row)
                continue
            values = [row.get(column) for column in ("nct_id", *join.columns)]
            database.execute(f"insert into {table} values ({marks})", values)  # noqa: S608  names of our own
    database.execute(f"create index {table}_by_trial on {table} (nct_id)")
    return join


def _looked_up(database: sqlite3.Connection, join: _Joined, trial_id: object) -> Row:
    """What a joined file says of a trial, under the names of the record."""
    table = join.file.removesuffix(".txt")
    query = f"select {', '.join(join.columns)} from {table} where nct_id = ? order by rowid"  # noqa: S608  as above
    found = database.execute(query, (trial_id,)).fetchall()
    if join.several:
        return {name: [row[i] for row in found] for i, name in enumerate(join.columns.values())}
    return dict(zip(join.columns.values(), found[0], strict=True)) if found else {}
