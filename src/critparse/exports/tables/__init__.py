"""Tables for spreadsheets and databases: statements of rules, findings and criteria, one a row (docs/tables.md).

CSV is here; Parquet, which needs pyarrow, in :mod:`critparse.exports.tables.parquet`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from critparse.exports.capability import PARTS, Capabilities, Capability, Exported
from critparse.exports.reports.sheet import harmless
from critparse.exports.tables.columns import TABLES
from critparse.exports.tables.rows import Cell, rows
from critparse.schema import ParsedTrial

__all__ = ["CAPABILITIES", "export", "to_csv"]

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


def export(trial: ParsedTrial) -> Exported:
    """``.rules.csv``, ``.findings.csv`` and ``.criteria.csv``."""
    return Exported({f".{table}.csv": to_csv([trial], table) for table in TABLES})


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


def written(cell: Cell) -> str:
    """A cell as CSV has it: nothing for null, true and false, numbers as they are, text without danger."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return harmless(cell) if isinstance(cell, str) else repr(cell)
