"""Readers of trial records, one per format, and the sniffer that chooses among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from critparse.errors import CritparseError, EmptyInput, InputError, MalformedInput, describe
from critparse.sources import aact, aact_files, containers, euctr, ictrp_export, markup, spreadsheet
from critparse.sources.clean import CleanText
from critparse.sources.containers import Item
from critparse.sources.load import JSON_LINES, MAX_BYTES, checked, decode, lines_of, read_bytes
from critparse.sources.reader import ElementReader, Reader, TextReader
from critparse.sources.record import Record
from critparse.sources.sniff import AUTO, formats, named, read_content, tables, tags
from critparse.sources.xml import looks_like_xml

__all__ = [
    "MAX_BYTES",
    "CleanText",
    "Record",
    "Source",
    "formats",
    "open_items",
    "read",
    "read_item",
    "read_items",
    "read_many",
]

Source = str | bytes | Path | Mapping[str, Any]
"""A ``str`` is the text itself, a ``Path`` a file, bytes and mappings any known format."""


def read(source: Source, *, format: str = AUTO, where: str | None = None, max_bytes: int = MAX_BYTES) -> Record:
    """Read one trial record.

    ``format`` is ``"auto"`` or one of :func:`formats`; ``where`` names the input in messages; ``max_bytes`` bounds it.

    Raises:
        InputError: one of its kinds (see :mod:`critparse.errors`): not found, empty, binary, too large, malformed, of
            unknown format, or holding several records.
    """
    name, reader, items = _open(source, format, where, max_bytes)
    first = next(items, None)
    if first is None:
        raise EmptyInput(where=name)
    if next(items, None) is not None:
        raise InputError(where=name, reason="it holds several records where one is expected")
    record = _read_item(first, reader)
    if isinstance(record, CritparseError):
        raise record
    return record


def read_many(
    source: Source, *, format: str = AUTO, where: str | None = None, max_bytes: int = MAX_BYTES
) -> Iterator[Record | CritparseError]:
    """Read every record of a source: JSON lines, a JSON array, a page of studies, XML, a table, a single record, or
    the download of AACT (a folder, a zip file, or its ``eligibilities.txt``).

    A record that cannot be read comes as the error in its place.

    Raises:
        InputError: the source as a whole cannot be read (at the call, not at the first record).
    """
    _, reader, items = _open(source, format, where, max_bytes)
    return (_read_item(item, reader) for item in items)


def read_items(items: Iterable[Item], *, format: str = AUTO) -> Iterator[Record | CritparseError]:
    """Read records that were split, fetched or queried already; an error takes the place of its record.

    Raises:
        UnknownFormat: there is no such format (at the call).
    """
    reader = named(format)
    return (_read_item(item, reader) for item in items)


def open_items(
    source: Source, *, format: str = AUTO, where: str | None = None, max_bytes: int = MAX_BYTES
) -> tuple[str, Iterator[Item]]:
    """The records of a source as :func:`read_many` splits them, unread, and the format to :func:`read_item` them in.

    Raises:
        InputError: the source as a whole cannot be read (at the call).
    """
    _, reader, items = _open(source, format, where, max_bytes)
    return (reader.name if reader else AUTO), items


def read_item(item: Item, format: str = AUTO) -> Record | CritparseError:
    """Read one record that was split already; an error takes its place."""
    return _read_item(item, named(format))


def _open(source: Source, format: str, where: str | None, max_bytes: int) -> tuple[str, Reader | None, Iterator[Item]]:
    """The name of a source, the reader asked for, and the source's items."""
    reader = named(format)
    name = where or describe(source if isinstance(source, Path) else None)
    if isinstance(source, Mapping):
        return name, reader, containers.object_items(source, name)
    if isinstance(source, Path) and reader in {None, aact.READER} and aact_files.is_dataset(source):
        return name, aact.READER, aact_files.items(source, name)
    suffix = source.suffix.lower() if isinstance(source, Path) else ""
    if isinstance(source, Path) and suffix in JSON_LINES and not isinstance(reader, TextReader):
        return name, reader, containers.json_lines_items(lines_of(source, name, max_bytes), name)
    data = read_bytes(source, name, max_bytes) if isinstance(source, Path) else source
    if isinstance(data, bytes) and spreadsheet.is_spreadsheet(data):
        known = tables(reader)
        return name, reader, spreadsheet.items(data, name, max_bytes, lambda row: containers.names_columns(row, known))
    text = decode(data, name, max_bytes) if isinstance(data, bytes) else checked(data, name, max_bytes)
    return name, reader, _items(text, name, suffix, reader)


def _items(text: str, where: str, suffix: str, reader: Reader | None) -> Iterator[Item]:
    """Split a text into records, by what its name says and what it looks like."""
    if isinstance(reader, TextReader):
        return _text_items(text, where, reader)
    if containers.looks_like_json_lines(text):
        return containers.json_lines_items(text.split("\n"), where)
    if suffix == ".json" or containers.looks_like_json(text):
        return containers.object_items(containers.parse_json(text, where), where)
    if isinstance(reader, ElementReader) or (reader is None and (suffix == ".xml" or looks_like_xml(text))):
        return containers.xml_items(text, where, tags(reader))
    if ictrp_export.looks_like_export(text):
        return ictrp_export.items(text, where)
    if containers.looks_like_table(text, tables(reader)):
        return containers.table_items(text, where, tables(reader))
    if reader is not None or suffix in {".csv", ".tsv"}:
        wanted = reader.name if reader else "table"
        raise MalformedInput(where=where, format=wanted, reason="it is neither JSON nor a table with known columns")
    return _text_items(text, where, None)


def _text_items(text: str, where: str, reader: TextReader | None) -> Iterator[Item]:
    """A text, unless plain text is asked for: a web page as what there is to read on it, protocols one by one."""
    if reader is named("text"):
        return containers.text_items([text], where)
    page = markup.text_of(text) if markup.looks_like_page(text) else text
    return containers.text_items(euctr.protocols(page), where)


def _read_item(item: Item, reader: Reader | None) -> Record | CritparseError:
    where, content = item
    if isinstance(content, CritparseError):
        return content
    try:
        return read_content(content, where, reader)
    except CritparseError as error:
        return error
