"""The full export of WHO ICTRP: a table without header, whose columns are known by their number and order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.errors import MalformedInput
from critparse.sources.containers import Item
from critparse.sources.ictrp import export_columns
from critparse.sources.rows import rows

_START = re.compile(r'\s*+"?(?=[A-Za-z/_-]{0,12}\d)[\w/-]{6,30}"?,')


def looks_like_export(text: str) -> bool:
    """Whether the first row begins with a trial's number and has as many cells as the export has columns."""
    if not _START.match(text):
        return False
    first = next(rows(text, ","), None)
    return first is not None and len(first[1]) == len(export_columns())


def items(text: str, where: str) -> Iterator[Item]:
    """One record for each row; a ragged row is an error item."""
    columns = export_columns()
    for line, cells in rows(text, ","):
        name = f"{where}, line {line}"
        if len(cells) == len(columns):
            yield name, {column: cell or None for column, cell in zip(columns, cells, strict=True)}
        else:
            reason = f"the row has {len(cells)} cells, the export {len(columns)} columns"
            yield name, MalformedInput(where=name, format="ictrp", reason=reason)
