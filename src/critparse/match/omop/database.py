"""A DuckDB file opened for reading alone, and the tables and columns that are in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from critparse.errors import InputNotFound, MalformedInput, MissingExtra

FORMAT = "an OMOP CDM in DuckDB"
_SAFE = {  # what stands in the file is not to reach other files or the network, as views may
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
}
_COLUMNS = """
    SELECT lower(table_name), table_catalog, table_schema, lower(column_name) FROM information_schema.columns
    WHERE table_catalog = current_database() ORDER BY table_schema <> 'main', table_schema
"""
Row = tuple[Any, ...]


class Database:
    """Queries on one file. Every trouble that DuckDB has with it is a MalformedInput.

    Raises:
        MissingExtra: duckdb is not installed.
        InputNotFound: there is no such file.
        MalformedInput: it is no DuckDB file, or cannot be opened (another program may be writing it).
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise InputNotFound(where=path)
        self.path = path
        try:
            import duckdb
        except ImportError as error:
            raise MissingExtra(what="reading OMOP databases", packages="duckdb", extra="omop") from error
        self._error = duckdb.Error
        with self._reading():
            self._connection = duckdb.connect(str(path), read_only=True, config=dict(_SAFE))
        self._tables: dict[str, tuple[str, set[str]]] = {}
        for table, catalog, schema, column in self.rows(_COLUMNS):
            place = f"{_quoted(catalog)}.{_quoted(schema)}"
            held_in, columns = self._tables.setdefault(table, (place, set()))
            if held_in == place:
                columns.add(column)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def has(self, table: str) -> bool:
        """Whether there is a table (or view) of that name, in whatever schema."""
        return table in self._tables

    def columns(self, table: str) -> frozenset[str]:
        """The names of a table's columns, lower case; none for a table that is not there."""
        return frozenset(self._tables.get(table, ("", ()))[1])

    def name(self, table: str) -> str:
        """The table as SQL calls it."""
        return f"{self._tables[table][0]}.{table}"

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """The answer to a query, all at once."""
        with self._reading():
            found: list[Row] = self._connection.execute(sql, list(values)).fetchall()
        return found

    def batches(self, sql: str, size: int) -> Iterator[list[Row]]:
        """The answer to a query, so many rows at a time; others may be asked meanwhile."""
        with self._reading():
            cursor = self._connection.cursor().execute(sql)
        while True:
            with self._reading():
                found: list[Row] = cursor.fetchmany(size)
            if not found:
                return
            yield found

    def malformed(self, reason: str) -> MalformedInput:
        """The error for a file that is not what it should be."""
        return MalformedInput(where=self.path, format=FORMAT, reason=reason)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise self.malformed(reason) from error


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
