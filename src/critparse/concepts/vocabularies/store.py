"""The file of a vocabulary: its tables, and how it is written so that a build can be killed and gone on with.

``concept``   one row a concept: its own system and code, its kind (``domain``), whether it is standard (S), a class (C)
              or neither, and whether it is valid. ``rank`` orders the names it could be shown by.
``name``      one row a name, in its normal form; ``acronym``: only itself in capitals.
``also``      further codes of a concept (UMLS).
``mapping``   from a concept to the standard one that stands for it.
``ancestor``  pairs of concepts: every ancestor, or only parents (meta ``hierarchy``).
``trigram``   full-text index over ``name`` by runs of three characters; ``trigram_count``: how many names have each.
``source``    one row a step of the build: how far it is, what it kept.
``meta``      what the vocabulary is and was made from.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from critparse.errors import VocabularyError

APPLICATION_ID = 0x43507643  # "CPvC"
VERSION = 1
_CACHE = 64 * 1024  # KiB
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source (
    step TEXT PRIMARY KEY, file TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
    "offset" INTEGER NOT NULL, line INTEGER NOT NULL, kept INTEGER NOT NULL, damaged INTEGER NOT NULL,
    example TEXT NOT NULL, done INTEGER NOT NULL
);
CREATE TABLE concept (
    id INTEGER PRIMARY KEY, system TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, domain TEXT NOT NULL,
    standard TEXT NOT NULL, valid INTEGER NOT NULL, rank INTEGER NOT NULL
);
CREATE TABLE name (id INTEGER PRIMARY KEY, concept INTEGER NOT NULL, form TEXT NOT NULL, acronym INTEGER NOT NULL);
CREATE TABLE also (
    concept INTEGER NOT NULL, system TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (concept, system, code)
) WITHOUT ROWID;
CREATE TABLE mapping (source INTEGER NOT NULL, target INTEGER NOT NULL, PRIMARY KEY (source, target)) WITHOUT ROWID;
CREATE TABLE ancestor (ancestor INTEGER NOT NULL, descendant INTEGER NOT NULL);
"""
INDEXES = (
    "CREATE INDEX IF NOT EXISTS name_by_form ON name (form)",
    "CREATE INDEX IF NOT EXISTS concept_by_code ON concept (code, system)",
    "CREATE INDEX IF NOT EXISTS also_by_code ON also (code, system)",
    "CREATE INDEX IF NOT EXISTS ancestor_by_id ON ancestor (ancestor, descendant)",
)
"""Made at the end, from sorted rows."""
TRIGRAM_TABLES = (
    "CREATE VIEW padded AS SELECT id, '^' || form || '$' AS form FROM name",
    # the names themselves stay in ``name``; which rows have a trigram is enough to choose whom to compare
    """CREATE VIRTUAL TABLE trigram USING fts5(
        form, content = 'padded', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = 'none',
        columnsize = 0
    )""",
    "CREATE VIRTUAL TABLE trigram_term USING fts5vocab(trigram, 'row')",
    "CREATE TABLE trigram_count (term TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step is: the file as it was, the place behind the last line committed, what was kept.

    ``example`` is what was wrong with the first damaged line.
    """

    step: str
    file: str
    size: int
    modified: int
    offset: int = 0
    line: int = 0
    kept: int = 0
    damaged: int = 0
    example: str = ""
    done: bool = False

    def on(self, **changes: Any) -> Progress:
        """The same with changes."""
        return replace(self, **changes)


class Store:
    """The database while it is built. Everything written inside ``transaction`` is there as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            sqlite3.Error: it is locked by another build, or no database; see :func:`translated`.
        """
        self.path = path
        self.database = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._prepare()
        except BaseException:
            self.database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def _prepare(self) -> None:
        run = self.database.execute
        run("PRAGMA locking_mode = EXCLUSIVE")  # two builds of the same file: the second is told
        run("PRAGMA journal_mode = TRUNCATE")
        run("PRAGMA synchronous = NORMAL")  # also the machine may stop at any moment
        run(f"PRAGMA cache_size = -{_CACHE}")
        run("PRAGMA temp_store = FILE")  # sorting for the indexes is on disk
        with self.transaction():
            if run("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _TABLES.split(";\n"):
                    run(statement)
                run(f"PRAGMA application_id = {APPLICATION_ID}")
                run(f"PRAGMA user_version = {VERSION}")

    def finish(self) -> None:
        """Leave one file, without a journal."""
        self.database.execute("PRAGMA journal_mode = DELETE")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.rollback()
            raise
        self.database.execute("COMMIT")

    def progress(self, step: str) -> Progress | None:
        """How far a step is, None when it has not begun."""
        row = self.database.execute("SELECT * FROM source WHERE step = ?", (step,)).fetchone()
        return Progress(*row[:-1]).on(done=bool(row[-1])) if row else None

    def save(self, progress: Progress) -> None:
        """Note how far a step is; inside the transaction that takes it there."""
        p = progress
        values = (p.step, p.file, p.size, p.modified, p.offset, p.line, p.kept, p.damaged, p.example, p.done)
        self.database.execute(
            "INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (step) DO UPDATE SET "
            '"offset" = excluded."offset", line = excluded.line, kept = excluded.kept, damaged = excluded.damaged, '
            "example = excluded.example, done = excluded.done",
            values,
        )

    def get(self, key: str) -> Any:
        """A value of ``meta``, None when it is not there."""
        return read_meta(self.database).get(key)

    def put(self, **values: Any) -> None:
        """Set values of ``meta``, as JSON."""
        rows = [(key, json.dumps(value, ensure_ascii=False, sort_keys=True)) for key, value in values.items()]
        self.database.executemany("REPLACE INTO meta VALUES (?, ?)", rows)


def read_meta(database: sqlite3.Connection) -> dict[str, Any]:
    """All values of ``meta``."""
    return {key: json.loads(value) for key, value in database.execute("SELECT key, value FROM meta")}


def has_trigrams() -> bool:
    """Whether this Python's SQLite can index trigrams (FTS5, SQLite 3.34)."""
    try:
        with sqlite3.connect(":memory:") as database:
            database.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize = 'trigram')")
        database.close()
    except sqlite3.Error:
        return False
    return True


@contextmanager
def translated(where: object) -> Iterator[None]:
    """What goes wrong with files and the database, as an error of ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise VocabularyError(where=where, reason=_reason(error)) from error
    except OSError as error:
        raise VocabularyError(where=where, reason=(error.strerror or str(error)).lower()) from error


def _reason(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return "another build of it is running"
    if "full" in text:
        return "the disk is full; make room and run the same command again, it goes on where it was"
    if "not a database" in text or "malformed" in text:
        return "the file is damaged"
    return text
