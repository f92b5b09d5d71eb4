"""Sources that may hold several records: JSON (object, array, page of studies), JSON lines, XML, tables with columns.

Everything comes out as items: the name of the record for messages, and its content or the error that kept it from
being read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from critparse.errors import CritparseError, MalformedInput
from critparse.sources.rows import rows
from critparse.sources.xml import elements

Content = str | Mapping[str, Any] | Element
Item = tuple[str, Content | CritparseError]

_JSON_START = re.compile(r'\s*+(?:\{\s*+(?:["}]|\Z)|\[\s*+(?:[{\]]|\Z))')
_MIN_COLUMNS = 2
_DELIMITERS = (",", ";", "\t", "|")
_LISTS = (
    ("studies",),  # ClinicalTrials.gov API v2
    ("FullStudiesResponse", "FullStudies"),  # its API v1
    ("StudyFieldsResponse", "StudyFields"),
    ("trials",),  # NCI CTS API v1
    ("data",),  # and v2
)
"""Where pages of several APIs keep their records."""


def looks_like_json(text: str) -> bool:
    """Whether the text begins as a JSON object or an array of objects ("[Inclusion criteria]" does not)."""
    return _JSON_START.match(text) is not None


def looks_like_json_lines(text: str) -> bool:
    """Whether the first line begins an object and it or the next is one complete object."""
    first, _, rest = text.lstrip().partition("\n")
    second = rest.lstrip().partition("\n")[0]
    return first.startswith("{") and bool(second) and (_is_object(first) or _is_object(second))


def looks_like_table(text: str, tables: Iterable[Collection[str]]) -> bool:
    """Whether the first line names at least two columns of one of the known tables."""
    return delimiter_of(text, tables) is not None


def names_columns(header: Iterable[str], tables: Iterable[Collection[str]]) -> bool:
    """Whether the cells name at least two columns of one of the known tables."""
    names = {name.strip().strip('"').lower() for name in header}
    return any(len(names.intersection(columns)) >= _MIN_COLUMNS for columns in tables)


def object_items(value: Any, where: str) -> Iterator[Item]:
    """An object as one record; an array or a page such as ``{"studies": [...]}`` as its members."""
    value = _unwrapped(value)
    if isinstance(value, Mapping):
        yield where, value
    elif isinstance(value, list):
        for number, member in enumerate(value, start=1):
            name = f"{where}, record {number}"
            yield name, member if isinstance(member, Mapping) else _not_an_object(name, member)
    else:
        yield where, _not_an_object(where, value)


def json_lines_items(lines: Iterable[str | CritparseError], where: str) -> Iterator[Item]:
    """One record for each line that is not blank; a broken line, or one that could not be read, is an error item."""
    for number, line in enumerate(lines, start=1):
        name = f"{where}, line {number}"
        if isinstance(line, CritparseError):
            yield name, line
            continue
        if not line.strip():
            continue
        try:
            value = parse_json(line, name)
        except CritparseError as error:
            yield name, error
        else:
            yield name, value if isinstance(value, Mapping) else _not_an_object(name, value)


def text_items(texts: Sequence[str], where: str) -> Iterator[Item]:
    """One record for each text."""
    for number, text in enumerate(texts, start=1):
        yield where if len(texts) == 1 else f"{where}, record {number}", text


def xml_items(text: str, where: str, tags: Collection[str]) -> Iterator[Item]:
    """One record for each outermost element with one of these names; an error item where the XML cannot be read."""
    number = 0
    for number, element in enumerate(elements(text, where, tags), start=1):
        yield where if number == 1 else f"{where}, record {number}", element
    if not number:
        expected = ", ".join(f"<{tag}>" for tag in sorted(tags))
        yield where, MalformedInput(where=where, format="XML", reason=f"it holds no record (none of {expected})")


def table_items(text: str, where: str, tables: Iterable[Collection[str]]) -> Iterator[Item]:
    """One record for each row of a table whose first row names the columns; a ragged row is an error item."""
    yield from row_items(rows(text, delimiter_of(text, tables) or ","), where)


def row_items(found: Iterator[tuple[int, list[str] | None]], where: str) -> Iterator[Item]:
    """One record for each row below the first, which names the columns; a ragged or endless row is an error item."""
    header: list[str] | None = None
    for line, cells in found:
        name = f"{where}, line {line}"
        if cells is None:
            yield name, MalformedInput(where=name, format="table", reason="the row does not end; is a quote missing?")
        elif header is None:
            header = cells
        elif len(cells) == len(header):
            yield name, {column: cell or None for column, cell in zip(header, cells, strict=True)}
        else:
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            yield name, MalformedInput(where=name, format="table", reason=reason)


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text.

    Raises:
        MalformedInput: with line and column.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        message = error.msg[:1].lower() + error.msg[1:] + ("; the input seems to be cut off" if cut else "")
        reason = f"line {error.lineno}, column {error.colno}: {message}"
        raise MalformedInput(where=where, format="JSON", reason=reason) from None
    except RecursionError:
        raise MalformedInput(where=where, format="JSON", reason="it is nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise MalformedInput(where=where, format="JSON", reason=str(error).split(";")[0]) from None


def _is_object(line: str) -> bool:
    try:
        return line.startswith("{") and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _not_an_object(where: str, value: Any) -> MalformedInput:
    return MalformedInput(where=where, format="JSON", reason=f"a record is an object, not {type(value).__name__}")


def _unwrapped(value: Any) -> Any:
    """The list of records in a page of an API; anything else as it is."""
    for path in _LISTS:
        inner = value
        for name in path:
            inner = inner.get(name) if isinstance(inner, Mapping) else None
        if isinstance(inner, list):
            return inner
    return value


def delimiter_of(text: str, tables: Iterable[Collection[str]]) -> str | None:
    """The delimiter with which the first line names columns of a known table."""
    known = [frozenset(columns) for columns in tables]
    header = text.lstrip("\r\n").split("\n", 1)[0]
    return next((sign for sign in _DELIMITERS if names_columns(header.split(sign), known)), None)
