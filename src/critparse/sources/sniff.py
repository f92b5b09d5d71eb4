"""The readers there are, and which of them takes an input. A new reader is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from critparse.errors import MalformedInput, UnknownFormat
from critparse.sources import (
    aact,
    ctgov_v1,
    ctgov_v2,
    ctgov_xml,
    ctis,
    euctr,
    ictrp,
    isrctn,
    nci_cts,
    page,
    registry_page,
    simple,
    text,
)
from critparse.sources.containers import Content
from critparse.sources.reader import ElementReader, FieldsReader, Reader, TextReader
from critparse.sources.record import Record

AUTO = "auto"
READERS: tuple[Reader, ...] = (
    page.READER,
    ctgov_v2.READER,
    ctgov_v1.READER,
    ctgov_xml.READER,
    ctgov_xml.TABLE_READER,
    aact.READER,
    nci_cts.READER,
    ictrp.READER,
    ictrp.XML_READER,
    ctis.READER,
    euctr.READER,
    euctr.TEXT_READER,
    isrctn.READER,
    isrctn.XML_READER,
    registry_page.READER,
    simple.READER,
    text.READER,
)


def formats() -> tuple[str, ...]:
    """The names of the formats that can be read."""
    return tuple(reader.name for reader in READERS)


def tables(reader: Reader | None) -> tuple[frozenset[str], ...]:
    """The columns of the tables that the reader, or any of them, takes."""
    asked = READERS if reader is None else (reader,)
    return tuple(r.columns for r in asked if isinstance(r, FieldsReader) and r.columns)


def tags(reader: Reader | None) -> frozenset[str]:
    """The names of the XML elements that the reader, or any of them, takes as records."""
    asked = READERS if reader is None else (reader,)
    return frozenset().union(*(r.tags for r in asked if isinstance(r, ElementReader)))


def named(format: str) -> Reader | None:
    """The reader of a format; ``None`` for ``"auto"``.

    Raises:
        UnknownFormat: there is no reader of that name.
    """
    if format == AUTO:
        return None
    for reader in READERS:
        if reader.name == format:
            return reader
    raise UnknownFormat(where=f"the format {format!r}", known=", ".join(formats()))


def read_content(content: Content, where: str, reader: Reader | None) -> Record:
    """Read one record with the given reader, or with the one that recognises it best.

    Raises:
        UnknownFormat: no reader recognises it.
        MalformedInput: the reader cannot make sense of it.
    """
    chosen = reader or _best(content, where)
    if isinstance(content, str) and isinstance(chosen, TextReader):
        return chosen.read(content, where)
    if isinstance(content, Mapping) and isinstance(chosen, FieldsReader):
        return chosen.read(content, where)
    if isinstance(content, Element) and isinstance(chosen, ElementReader):
        return chosen.read(content, where)
    raise MalformedInput(
        where=where, format=chosen.name, reason=f"it should be {_kind(chosen)}, not {_kind_of(content)}"
    )


def _best(content: Content, where: str) -> Reader:
    """The reader that is surest of the content; of equals the first listed."""
    scores = [(_score(reader, content), reader) for reader in READERS]
    score, reader = max(scores, key=lambda pair: pair[0])
    if score <= 0:
        raise UnknownFormat(where=where, known=", ".join(formats()))
    return reader


def _score(reader: Reader, content: Content) -> float:
    if isinstance(reader, TextReader):
        return reader.recognises(content) if isinstance(content, str) else 0.0
    if isinstance(reader, FieldsReader):
        return reader.recognises(content) if isinstance(content, Mapping) else 0.0
    return reader.recognises(content) if isinstance(content, Element) else 0.0


def _kind(reader: Reader) -> str:
    """What a reader takes, for messages."""
    if isinstance(reader, ElementReader):
        return "XML"
    return "text" if isinstance(reader, TextReader) else "a JSON object or table row"


def _kind_of(content: Content) -> str:
    """What a record is, for messages."""
    return "XML" if isinstance(content, Element) else "text" if isinstance(content, str) else "a JSON object"
