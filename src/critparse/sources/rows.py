"""Rows of delimited tables; cells with delimiters, quotes or line ends are quoted as in CSV.

Written out here because the cell limit of :mod:`csv` is a setting of the whole process, and too low for some texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

Row = dict[str, Any]

_LINE_END = re.compile(r"\r\n|\r|\n")


def rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a text that have any content, with the line each begins on (from 1)."""
    stop = re.escape(delimiter)
    cell = re.compile(rf'(?:"((?:[^"]++|"")*+)"|([^{stop}\r\n]*+))({stop}|\r\n|\r|\n|\Z)')
    position, line, first_line, cells = 0, 1, 1, list[str]()
    while position < len(text):
        match = cell.match(text, position)
        assert match is not None  # the second branch takes anything, even nothing, up to a delimiter or line end
        quoted, bare, end = match.groups()
        cells.append(bare if quoted is None else quoted.replace('""', '"'))
        line += len(_LINE_END.findall(match[0]))
        position = match.end()
        if end == delimiter and position < len(text):
            continue
        if end == delimiter:
            cells.append("")
        if any(cells):
            yield first_line, cells
        cells, first_line = [], line


def streamed_rows(lines: IO[str], delimiter: str, max_length: int) -> Iterator[tuple[int, list[str] | None]]:
    """The rows of an open file, as of :func:`rows`, of which only one is in memory.

    A row goes on in the next line while a quoted cell is open. One of more than ``max_length`` characters comes as
    ``None``, and reading goes on with the line below the one where it became too long.
    """
    number, first, parts, length, quotes = 0, 1, list[str](), 0, 0
    while line := lines.readline(max_length + 1):
        number += 1
        parts.append(line)
        length += len(line)
        quotes += line.count('"')
        if length > max_length:
            while line and not line.endswith("\n"):
                line = lines.readline(max_length)
            yield first, None
        elif quotes % 2:
            continue
        else:
            yield from ((first, cells) for _, cells in rows("".join(parts), delimiter))
        first, parts, length, quotes = number + 1, [], 0, 0
    if parts:
        yield from ((first, cells) for _, cells in rows("".join(parts), delimiter))
