"""Tables for spreadsheets and databases: statements of rules, findings and criteria, one a row (docs/tables.md).

CSV is here; Parquet, which needs pyarrow, in :mod:`critparse.exports.tables.parquet`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from critparse.exports import Files
from critparse.exports.capability import PARTS, Capabilities, Capability, Exported
from critparse.exports.reports.sheet import harmless
from critparse.exports.tables.columns import TABLES
from critparse.exports.tables.rows import Cell, rows
from critparse.schema import ParsedTrial

if TYPE_CHECKING:
    from _csv import Writer

__all__ = ["CAPABILITIES", "CsvTables", "csv_files", "export", "to_csv"]

_BY_PATH = Capability("rewritten", "`path`, `connective` and `negated` of each statement; whole in `rule` of criteria")
_NOTES = {
    "at_least": Capability("rewritten", "`path` and `connective`; the count stands in `rule` of criteria"),
    "range": Capability("exact", "`lower`, `upper`, `unit_ucum`"),
    "range relative to a limit of normal": Capability("exact", "`relative_to`"),
    "scope": Capability("rewritten", "the person; the words stand in `rule` of criteria"),
    "windows": Capability("exact", "as JSON"),
    "qualifiers": Capability("exact", "as JSON"),
    "dose": Capability("exact", "as JSON"),
    "alternatives": Capability("exact", "as JSON"),
    "unread": Capability("exact", "the words"),
    "unstructured": Capability("exact", "the words, with `reason`"),
}
CAPABILITIES: Capabilities = {
    **dict.fromkeys(PARTS, Capability("exact")),
    **dict.fromkeys(("all_of", "any_of", "not", "if_then"), _BY_PATH),
    **_NOTES,
}
"""How tables express the parts of a rule; nothing is left out."""


def csv_files(trial: ParsedTrial) -> Files:
    """``.rules.csv``, ``.findings.csv`` and ``.criteria.csv``."""
    return {f".{table}.csv": to_csv([trial], table) for table in TABLES}


def export(trial: ParsedTrial) -> Exported:
    """The files; nothing is left out."""
    return Exported(csv_files(trial))


def to_csv(trials: Iterable[ParsedTrial], table: str) -> str:
    """A table of any number of trials as RFC 4180, header first.

    Cells of text are on one line, and no spreadsheet takes them for a formula. Raises KeyError for an unknown table.
    """
    out = io.StringIO()
    write = csv.writer(out).writerow
    write([column.name for column in TABLES[table]])
    for trial in trials:
        for row in rows(trial, table):
            write([written(cell) for cell in row])
    return out.getvalue()


class CsvTables:
    """The tables of any number of trials, a file each (``paths``, by name of the table), which are replaced.

    Trials are taken as they come and not kept. ``close`` ends the files.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._open = ExitStack()
        self._writers: dict[str, Writer] = {}

    def add(self, trial: ParsedTrial) -> None:
        """Write the rows of a trial, all or, when one cannot be made, none. Raises OSError."""
        found = {table: [[written(cell) for cell in row] for row in rows(trial, table)] for table in TABLES}
        for table, path in self._paths.items() if not self._writers else ():
            file = self._open.enter_context(path.open("w", encoding="utf-8", errors="backslashreplace", newline=""))
            self._writers[table] = csv.writer(file)
            self._writers[table].writerow([column.name for column in TABLES[table]])
        for table, writer in self._writers.items():
            writer.writerows(found[table])

    def close(self) -> None:
        """End the files."""
        self._open.close()


def written(cell: Cell) -> str:
    """A cell as CSV has it: nothing for null, true and false, numbers as they are, text without danger."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return harmless(cell) if isinstance(cell, str) else repr(cell)
