"""The tables as Parquet files. Needs the extra ``[parquet]`` (pyarrow)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from critparse._version import __version__
from critparse.errors import MissingExtra, OutputError
from critparse.exports.capability import Exported
from critparse.exports.tables import CAPABILITIES
from critparse.exports.tables.columns import TABLES
from critparse.exports.tables.rows import Row, rows
from critparse.schema import SCHEMA_VERSION, ParsedTrial

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CAPABILITIES", "ParquetTables", "export", "schema", "to_parquet", "write_parquet"]

_BATCH = 500
"""Trials in one row group: bounds memory."""


def write_parquet(trials: Iterable[ParsedTrial], folder: Path) -> None:
    """Write ``rules.parquet``, ``findings.parquet`` and ``criteria.parquet``, all trials into the same files.

    Trials are taken as they come and not kept. The folder is made; files of these names in it are replaced.

    Raises:
        MissingExtra: pyarrow is not installed.
        OutputError: the files cannot be written.
    """
    tables = ParquetTables({table: folder / f"{table}.parquet" for table in TABLES})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tables.begin()
        with closing(tables):
            for trial in trials:
                tables.add(trial)
    except OSError as error:
        raise OutputError(where=folder, reason=(error.strerror or str(error)).lower()) from error


class ParquetTables:
    """The tables of any number of trials, a file each (``paths``, by name of the table), which are replaced.

    Trials are taken as they come; no more than :data:`_BATCH` of them are kept. ``close`` ends the files.

    Raises:
        MissingExtra: pyarrow is not installed.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._pyarrow = _pyarrow()
        self._paths = paths
        self._open = ExitStack()
        self._writers: dict[str, Any] = {}
        self._rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self._trials = 0

    def begin(self) -> None:
        """Open the files, if they are not open yet. Raises OSError."""
        for table, path in self._paths.items() if not self._writers else ():
            writer = self._pyarrow.parquet.ParquetWriter(path, schema(table))
            self._writers[table] = self._open.enter_context(writer)

    def add(self, trial: ParsedTrial) -> None:
        """Write the rows of a trial, all or, when one cannot be made, none. Raises OSError."""
        found = {table: list(rows(trial, table)) for table in TABLES}
        self.begin()
        for table, kept in self._rows.items():
            kept.extend(found[table])
        self._trials += 1
        if self._trials % _BATCH == 0:
            self._flush()

    def close(self) -> None:
        """Write what is kept, and end the files."""
        with self._open:
            self._flush()

    def _flush(self) -> None:
        for table, writer in self._writers.items():
            writer.write_table(_arrow(self._rows[table], table))
            self._rows[table].clear()


def export(trial: ParsedTrial) -> Exported:
    """The files of one trial. Raises MissingExtra."""
    return Exported(to_parquet(trial))


def to_parquet(trial: ParsedTrial) -> dict[str, bytes]:
    """The files of one trial, by the ending of their names: ``.rules.parquet`` and so on. Raises MissingExtra."""
    pyarrow = _pyarrow()
    files: dict[str, bytes] = {}
    for table in TABLES:
        buffer = io.BytesIO()
        pyarrow.parquet.write_table(_arrow(rows(trial, table), table), buffer)
        files[f".{table}.parquet"] = buffer.getvalue()
    return files


def schema(table: str) -> pa.Schema:
    """The pyarrow schema of a table, from its written columns, whose descriptions go with the fields.

    Raises:
        MissingExtra: pyarrow is not installed.
        KeyError: there is no such table.
    """
    pyarrow = _pyarrow()
    types = {
        "text": pyarrow.string(),
        "json": pyarrow.string(),
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
    }
    fields = [
        pyarrow.field(
            column.name,
            types[column.type],
            nullable=not column.always,
            metadata={"description": column.description, "type": column.type},
        )
        for column in TABLES[table]
    ]
    return pyarrow.schema(fields, metadata={"critparse_version": __version__, "schema_version": SCHEMA_VERSION})


def _arrow(found: Iterable[Row], table: str) -> pa.Table:
    pyarrow = _pyarrow()
    names = [column.name for column in TABLES[table]]
    records = [dict(zip(names, row, strict=True)) for row in found]
    return pyarrow.Table.from_pylist(records, schema=schema(table))


def _pyarrow() -> Any:
    try:
        pyarrow = import_module("pyarrow")
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtra(what="Parquet", packages="pyarrow", extra="parquet") from error
    return pyarrow
