"""Spreadsheets (.xlsx) of records: the sheets whose first row names known columns, row by row.

Needs the extra ``[xlsx]``. A workbook is a zip of XML: its unpacked size, rows and columns are bounded, and no XML
entity is expanded.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from critparse.errors import EmptyInput, InputTooLarge, MalformedInput, MissingExtra
from critparse.sources.containers import Item

_MAGIC = b"PK\x03\x04"
_WORKBOOK = "xl/workbook.xml"
_MAX_UNPACKED = 10  # times the bound on the file itself
_MAX_COLUMNS = 256
_MAX_ROWS = 1_048_576  # of a sheet, by the format's own definition
_log = logging.getLogger(__name__)


def is_spreadsheet(data: bytes) -> bool:
    """Whether the bytes are a zip with a workbook in it."""
    if not data.startswith(_MAGIC):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def items(data: bytes, where: str, max_bytes: int, knows: Callable[[Iterable[str]], bool]) -> Iterator[Item]:
    """One record for each row below a header that ``knows``; sheets with other headers are passed over.

    Raises:
        MissingExtra: the packages of ``[xlsx]`` are not installed.
        InputTooLarge: it would unpack to more than ten times ``max_bytes``.
        MalformedInput: it is damaged, or has no sheet with known columns.
        EmptyInput: it has such a sheet, and no row in it.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > _MAX_UNPACKED * max_bytes:
        raise InputTooLarge(where=where, size=unpacked, limit=_MAX_UNPACKED * max_bytes)
    rows = list(_records(data, where, knows))
    if not rows:
        raise MalformedInput(where=where, format="xlsx", reason="no sheet has a first row with known columns")
    found = [item for item in rows if item is not None]
    if not found:
        raise EmptyInput(where=where)
    return iter(found)


def _records(data: bytes, where: str, knows: Callable[[Iterable[str]], bool]) -> Iterator[Item | None]:
    """The records; ``None`` for each header."""
    for sheet, rows in _sheets(data, where):
        header: list[str] | None = None
        for number, cells in enumerate(rows, start=1):
            if not any(cells):
                continue
            if header is None:
                header = [cell or "" for cell in cells]
                if not knows(header):
                    _log.debug("%s: the sheet %r has no known columns", where, sheet)
                    break
                yield None
                continue
            named = {name: cell for name, cell in zip(header, cells, strict=False) if name}
            yield f"{where}, sheet {sheet}, row {number}", named


def _sheets(data: bytes, where: str) -> Iterator[tuple[str, Iterator[list[str | None]]]]:
    """The name of each sheet and its rows as texts."""
    load_workbook = _load_workbook()
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its size need not be so
            yield sheet.title, _rows(sheet)
    except (MalformedInput, GeneratorExit):
        raise
    except Exception as error:  # the library lets every error of zip, XML and numbers through
        reason = f"the workbook is damaged ({type(error).__name__})"
        raise MalformedInput(where=where, format="xlsx", reason=reason) from error


def _rows(sheet: Any) -> Iterator[list[str | None]]:
    for row in sheet.iter_rows(values_only=True, max_col=_MAX_COLUMNS, max_row=_MAX_ROWS):
        cells = [_text(value) for value in row]
        while cells and cells[-1] is None:
            cells.pop()
        yield cells


def _text(value: Any) -> str | None:
    """What a cell shows: whole numbers without decimals, dates as ISO."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) or None


def _load_workbook() -> Callable[..., Any]:
    try:
        import defusedxml  # noqa: F401  # with it openpyxl expands no entities
        from openpyxl import load_workbook
    except ImportError:
        raise MissingExtra(what="reading spreadsheets", packages="openpyxl and defusedxml", extra="xlsx") from None
    loader: Callable[..., Any] = load_workbook
    return loader
