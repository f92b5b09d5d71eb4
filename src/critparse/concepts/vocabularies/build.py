"""Building a vocabulary: its source's files streamed into one database, in steps that survive being killed."""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from critparse._version import __version__
from critparse.concepts.vocabularies.folder import partial_of, path_of
from critparse.concepts.vocabularies.lines import Lines
from critparse.concepts.vocabularies.steps import Damage, Row, Source, Step
from critparse.concepts.vocabularies.store import (
    INDEXES,
    TRIGRAM_TABLES,
    VERSION,
    Progress,
    Store,
    has_trigrams,
    translated,
)
from critparse.errors import VocabularyError, VocabularySourceError

Report = Callable[[str, int, int], None]
"""Told how far each stage is: its name, what is done, and of how much."""
_TOLERATED, _TOLERATED_SHARE = 10, 0.001  # damaged lines of a file: so many, or so large a share of it
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """When a batch is committed: after so many lines read, rows kept or bytes read, whichever comes first."""

    lines: int = 200_000
    rows: int = 50_000
    bytes: int = 32_000_000


def build(
    name: str,
    source: Source,
    *,
    replace: bool = False,
    report: Report | None = None,
    pace: Pace = Pace(),
) -> Path:
    """Build the vocabulary ``name`` and give its path. Killed and called again, it goes on at the last commit.

    The result does not depend on interruptions.

    Raises:
        VocabularySourceError: a file is missing or damaged.
        VocabularyError: the name is taken (without ``replace``), the disk is full, another build is running.
    """
    path = path_of(name)
    if path.exists() and not replace:
        raise VocabularyError(where=name, reason="it is there already; give another name, or --replace")
    partial = partial_of(path)
    with translated(name):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(partial, name, source) as store:
            _Build(store, report or _silent, pace).run(source)
            store.finish()
        partial.replace(path)
    return path


def _silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


def _opened(partial: Path, name: str, source: Source) -> Store:
    """What an earlier build of the same has left, else a new file."""
    plan = _plan(source)
    if partial.exists():
        try:
            store = Store(partial)
            if _fits(store, plan, source):
                return store
            store.database.close()
            _log.warning(
                "%s: the files or options are not those of the build that was interrupted; starting again", name
            )
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise
            _log.warning("%s: what an earlier build left is damaged; starting again", name)
        for file in (partial, partial.with_name(partial.name + "-journal")):
            file.unlink(missing_ok=True)
    store = Store(partial)
    with store.transaction():
        store.put(plan=plan)
    return store


def _plan(source: Source) -> dict[str, Any]:
    filters = source.filters
    return {
        "kind": source.kind,
        "where": str(source.where.resolve()),
        "vocabularies": sorted(filters.vocabularies),
        "domains": sorted(filters.domains),
        "everything": filters.everything,
        "hierarchy": filters.hierarchy,
        "version": VERSION,
    }


def _fits(store: Store, plan: dict[str, Any], source: Source) -> bool:
    """Whether a build that was begun is of the same, and the files are those that its steps have read."""
    if store.get("plan") != plan:
        return False
    begun = ((step, store.progress(step.name)) for step in source.steps(store.database))
    return all(known is None or (known.size, known.modified) == _state(step.path) for step, known in begun)


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


class _Build:
    """One run of a build: the steps of the source, then what is made of all rows together."""

    def __init__(self, store: Store, report: Report, pace: Pace) -> None:
        self.store = store
        self.report = report
        self.pace = pace

    def run(self, source: Source) -> None:
        for step in source.steps(self.store.database):
            self._read(step)
        if not self.store.database.execute("SELECT 1 FROM concept LIMIT 1").fetchone():
            raise VocabularySourceError(
                where=source.where, reason="no concept is left; do the filters name what is there?"
            )
        self._index_trigrams()
        self._index()
        self._describe(source)

    # --- one file

    def _read(self, step: Step) -> None:
        progress = self.store.progress(step.name)
        if progress is None:
            size, modified = _state(step.path)
            progress = Progress(step.name, str(step.path), size, modified, offset=step.start, line=step.line)
        with Lines(step.path, progress.offset, progress.line) as lines:
            rows = step.rows(lines)
            while not progress.done:
                progress = self._batch(step, lines, rows, progress)
                self.report(step.name, min(progress.offset, progress.size), progress.size)
        if progress.damaged:
            _log.warning(
                "%s: %d damaged lines were left out (the first: %s)", step.path.name, progress.damaged, progress.example
            )

    def _batch(self, step: Step, lines: Lines, rows: Iterator[Row | Damage | None], progress: Progress) -> Progress:
        """Read and write the next rows, and how far that is, in one transaction."""
        kept: list[Row] = []
        damaged, example = progress.damaged, progress.example
        last_line, last_offset = progress.line + self.pace.lines, progress.offset + self.pace.bytes
        done = True
        for row in rows:
            if isinstance(row, Damage):
                damaged += 1
                example = example or f"line {lines.number}: {row.reason}"
            elif row is not None:
                kept.append(row)
            if lines.number >= last_line or len(kept) >= self.pace.rows or lines.offset >= last_offset:
                done = False
                break
        after = progress.on(
            offset=lines.offset,
            line=lines.number,
            kept=progress.kept + len(kept),
            damaged=damaged,
            example=example,
            done=done,
        )
        _refuse_damaged(step, after)
        with self.store.transaction():
            step.write(self.store.database, kept)
            self.store.save(after)
        return after

    # --- all rows together

    def _index_trigrams(self) -> None:
        if not has_trigrams():
            _log.warning("this Python's SQLite (%s) has no trigram index: no candidates", sqlite3.sqlite_version)
            return
        last = self.store.database.execute("SELECT coalesce(max(id), 0) FROM name").fetchone()[0]
        progress = self.store.progress("trigrams")
        if progress is None:
            progress = Progress("trigrams", "", last, 0)
            with self.store.transaction():
                for statement in TRIGRAM_TABLES:
                    self.store.database.execute(statement)
                self.store.save(progress)
        while not progress.done:
            end = min(progress.kept + self.pace.rows, last)
            with self.store.transaction():
                self.store.database.execute(
                    "INSERT INTO trigram (rowid, form) SELECT id, form FROM padded WHERE id > ? AND id <= ?",
                    (progress.kept, end),
                )
                if end == last:
                    self.store.database.execute("INSERT INTO trigram_count SELECT term, doc FROM trigram_term")
                progress = progress.on(kept=end, done=end == last)
                self.store.save(progress)
            self.report("trigrams", end, last)

    def _index(self) -> None:
        for number, statement in enumerate(INDEXES):
            self.report("indexes", number, len(INDEXES))
            with self.store.transaction():
                self.store.database.execute(statement)
        self.report("indexes", len(INDEXES), len(INDEXES))

    def _describe(self, source: Source) -> None:
        about = dict(source.about(self.store.database))
        if missing := about.pop("missing"):
            _log.warning("nothing was found of %s", ", ".join(missing))
        rows = self.store.database.execute(
            "SELECT system, domain, count(*), sum(standard = 'S') FROM concept GROUP BY system, domain ORDER BY 1, 2"
        ).fetchall()
        with self.store.transaction():
            self.store.put(
                kind=source.kind,
                licence=source.licence,
                counts=rows,
                names=self.store.database.execute("SELECT count(*) FROM name").fetchone()[0],
                mappings=self.store.database.execute("SELECT count(*) FROM mapping").fetchone()[0],
                candidates=has_trigrams(),
                **about,
                built=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                built_by=f"critparse {__version__}",
            )


def _refuse_damaged(step: Step, progress: Progress) -> None:
    """Raises VocabularySourceError when more lines are damaged than a few that can be left out."""
    tolerated = 0 if step.strict else max(_TOLERATED, int(progress.line * _TOLERATED_SHARE))
    if progress.damaged <= tolerated:
        return
    more = "" if step.strict else f" ({progress.damaged} of the first {progress.line} lines are damaged)"
    raise VocabularySourceError(where=step.path, reason=f"{progress.example}{more}")
