"""Reading the lexicon's own data files; a damaged file raises ResourceError, never a bare KeyError."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

from critparse.errors import ResourceError

_PACKAGE = "critparse.lexicon"


def data_bytes(name: str) -> bytes:
    """The bytes of ``data/<name>``. Raises ResourceError when the file is missing."""
    try:
        return resources.files(_PACKAGE).joinpath("data", name).read_bytes()
    except OSError as error:
        raise ResourceError(file=name, reason=error.strerror or "cannot be opened") from error


def data_text(name: str) -> str:
    """The text of ``data/<name>``, unpacked when the name ends in ``.gz``."""
    raw = data_bytes(name)
    try:
        return (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8")
    except (OSError, EOFError, ValueError) as error:
        raise ResourceError(file=name, reason=f"damaged ({error})") from error


def data_lines(name: str) -> Iterator[tuple[int, str]]:
    """(line number, line) of every line that is neither blank nor a ``#`` comment."""
    for number, line in enumerate(data_text(name).split("\n"), start=1):
        line = line.rstrip("\r")
        if line.strip() and not line.startswith("#"):
            yield number, line


def data_rows(name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a TSV file whose first line after the comments names exactly ``columns``."""
    return parse_rows(name, data_lines(name), columns)


def parse_rows(name: str, lines: Iterable[tuple[int, str]], columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows as dicts of stripped cells; trailing empty cells may be left out of a line."""
    numbered = iter(lines)
    _, header = next(numbered, (0, ""))
    if tuple(header.split("\t")) != tuple(columns):
        raise ResourceError(file=name, reason=f"its columns are not {', '.join(columns)}")
    rows = []
    for number, line in numbered:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) > len(columns):
            raise ResourceError(file=name, reason=f"line {number} has {len(cells)} cells, not {len(columns)}")
        rows.append(dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=True)))
    return rows
