"""Sources that may hold several records: JSON (object, array, page of studies), JSON lines, tables with named columns.

Everything comes out as items: the name of the record for messages, and its content or the error that kept it from
being read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from critparse.errors import CritparseError, MalformedInput
from critparse.sources.simple import known_columns

Content = str | Mapping[str, Any]
Item = tuple[str, Content | CritparseError]

_JSON_START = re.compile(r'\s*+(?:\{\s*+(?:["}]|\Z)|\[\s*+(?:[{\]]|\Z))')
_MIN_COLUMNS = 2


def looks_like_json(text: str) -> bool:
    """Whether the text begins as a JSON object or an array of objects ("[Inclusion criteria]" does not)."""
    return _JSON_START.match(text) is not None


def looks_like_json_lines(text: str) -> bool:
    """Whether the first line begins an object and it or the next is one complete object."""
    first, _, rest = text.lstrip().partition("\n")
    second = rest.lstrip().partition("\n")[0]
    return first.startswith("{") and bool(second) and (_is_object(first) or _is_object(second))


def looks_like_table(text: str) -> bool:
    """Whether the first line names at least two fields of the simple record."""
    return _delimiter(text) is not None


def object_items(value: Any, where: str) -> Iterator[Item]:
    """An object as one record; an array or ``{"studies": [...]}`` as its members."""
    if isinstance(value, Mapping) and isinstance(value.get("studies"), list):
        value = value["studies"]
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


def table_items(text: str, where: str) -> Iterator[Item]:
    """One record for each row of a table whose first row names the columns; a ragged row is an error item."""
    rows = _rows(text, _delimiter(text) or ",")
    _, header = next(rows)
    for line, cells in rows:
        name = f"{where}, line {line}"
        if len(cells) == len(header):
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


def _delimiter(text: str) -> str | None:
    """The delimiter with which the first line names columns of the simple record."""
    header = text.lstrip("\r\n").split("\n", 1)[0]
    for delimiter in (",", ";", "\t"):
        names = [name.strip().strip('"') for name in header.split(delimiter)]
        if known_columns(names) >= _MIN_COLUMNS:
            return delimiter
    return None


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a delimited table with the line each begins on (from 1); quoted cells may hold line ends.

    Written out here because the cell limit of :mod:`csv` is a setting of the whole process, and too low for some texts.
    """
    cell = re.compile(rf'(?:"((?:[^"]++|"")*+)"|([^{delimiter}\r\n]*+))({delimiter}|\r\n|\r|\n|\Z)')
    position, line, first_line, cells = 0, 1, 1, list[str]()
    while position < len(text):
        match = cell.match(text, position)
        assert match is not None  # the second branch takes anything, even nothing, up to a delimiter or line end
        quoted, bare, stop = match.groups()
        cells.append(bare if quoted is None else quoted.replace('""', '"'))
        line += len(re.findall(r"\r\n|\r|\n", match[0]))
        position = match.end()
        if stop == delimiter and position < len(text):
            continue
        if stop == delimiter:
            cells.append("")
        if any(cells):
            yield first_line, cells
        cells, first_line = [], line
