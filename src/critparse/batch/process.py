"""The one pure function of a batch: from a chunk of records to its tables."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from critparse.batch.chunks import BatchItem, Chunk
from critparse.batch.limits import Limits, forget_peak, peak
from critparse.batch.logs import Collected
from critparse.documents import Loaded
from critparse.errors import (
    CritparseError,
    MissingExtra,
    RecordFailed,
    RecordTooBig,
    ResourceError,
    VocabularyError,
)
from critparse.exports.tables.columns import BATCH_TABLES, TABLES
from critparse.exports.tables.parquet import encoded
from critparse.exports.tables.rows import Row, rows
from critparse.schema import AgeLimit, ParsedTrial
from critparse.sources import read_item

_log = logging.getLogger(__name__)
_EVERY_RECORD = (ResourceError, VocabularyError, MissingExtra)
"""Errors that no record could do without what is missing: they end the batch."""

Rows = dict[str, list[Row]]
Begin = Callable[[int | None, str | None], None]
"""Told the record that is begun (``None``: the tables are) and, when it is known, the number of its trial."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a chunk: a Parquet file for each table, and their numbers of rows. ``first``: its first record.

    ``errors``: rows of the table ``errors`` by code. ``memory``: what the worker had at the end, in MB; ``spent``: it
    should not be used again. ``logs``: what was logged, with the record it is about.
    """

    number: int
    first: int
    records: int
    files: Mapping[str, bytes]
    rows: Mapping[str, int]
    errors: Mapping[str, int]
    logs: Sequence[Mapping[str, Any]] = field(default=(), compare=False)
    memory: int = field(default=0, compare=False)
    spent: bool = field(default=False, compare=False)

    @property
    def ordinals(self) -> range:
        """The numbers of its records."""
        return range(self.first, self.first + self.records)


def process(
    chunk: Chunk,
    parse: Loaded,
    limits: Limits,
    *,
    given_up: Mapping[int, CritparseError] | None = None,
    begin: Begin = lambda ordinal, trial_id: None,
    logs: Collected | None = None,
) -> Result:
    """The tables of a chunk.

    ``given_up``: records, by ordinal, that have been tried before and are not to be tried again, with the reason.

    Raises:
        ResourceError, VocabularyError, MissingExtra: no record can be parsed.
    """
    logs = logs or Collected()
    found: list[Rows] = []
    with parse.chunk():
        for item in chunk.items:
            with logs.about(item):
                known = (given_up or {}).get(item.ordinal)
                found.append(_error_rows(item, known) if known else _record(item, parse, limits, begin, logs))
        begin(None, None)
        files, found = _files(chunk.items, found)
    errors = Counter(str(row[3]) for made in found for row in made["errors"])
    return Result(
        number=chunk.number,
        first=chunk.items[0].ordinal,
        records=len(chunk.items),
        files=files,
        rows={table: sum(len(made[table]) for made in found) for table in BATCH_TABLES},
        errors=dict(sorted(errors.items())),
        logs=logs.take(),
    )


def _record(item: BatchItem, parse: Loaded, limits: Limits, begin: Begin, logs: Collected) -> Rows:
    """The rows of one record: of its document, or of the error it ends in."""
    trial_id = None
    begin(item.ordinal, None)
    forget_peak()
    before = peak()
    try:
        record = read_item((item.source, item.content), item.format)
        if isinstance(record, CritparseError):
            raise record
        trial_id = record.trial_id
        logs.trial_id = trial_id
        begin(item.ordinal, trial_id)
        made = _document_rows(item, parse(record))
        if before <= limits.megabytes < peak():
            raise RecordTooBig(megabytes=limits.megabytes)
    except _EVERY_RECORD:
        raise
    except CritparseError as error:
        return _error_rows(item, error, trial_id)
    except MemoryError:
        return _error_rows(item, RecordTooBig(megabytes=limits.megabytes), trial_id)
    except Exception as error:  # noqa: BLE001  a fault in one record must not cost the others
        _log.exception("the record %s failed", item.source)
        return _error_rows(item, _failed(error), trial_id)
    return made


def _failed(error: Exception) -> RecordFailed:
    return RecordFailed(reason=" ".join(f"{type(error).__name__}: {error}".split())[:500])


def _document_rows(item: BatchItem, trial: ParsedTrial) -> Rows:
    made = {table: [(item.ordinal, *row) for row in rows(trial, table)] for table in TABLES}
    registry = trial.registry
    row: Row = (
        item.ordinal,
        item.source,
        trial.trial_id,
        trial.title,
        trial.source_format,
        _age(registry.minimum_age),
        _age(registry.maximum_age),
        registry.sex,
        registry.healthy_volunteers,
        json.dumps(registry.conditions, ensure_ascii=False) if registry.conditions else None,
        registry.enrollment,
        registry.phase,
        len(made["criteria"]),
        len(made["rules"]),
        len(made["findings"]),
    )
    return {"trials": [row], **made, "errors": []}


def _age(age: AgeLimit | None) -> str | None:
    return None if age is None else json.dumps(age.model_dump(mode="json"), ensure_ascii=False)


def _error_rows(item: BatchItem, error: CritparseError, trial_id: str | None = None) -> Rows:
    trial_id = trial_id or error.details.get("trial_id")
    row: Row = (item.ordinal, item.source, trial_id, error.code, str(error))
    return {**{table: [] for table in BATCH_TABLES}, "errors": [row]}


def _files(items: Sequence[BatchItem], found: list[Rows]) -> tuple[dict[str, bytes], list[Rows]]:
    """The files of the tables; a record whose rows cannot be written becomes an error."""
    try:
        return _encoded(found), found
    except _EVERY_RECORD:
        raise
    except Exception:  # noqa: BLE001  as above; here it is not known which record it was
        checked = list(_checked(items, found))
        return _encoded(checked), checked


def _checked(items: Sequence[BatchItem], found: list[Rows]) -> Iterator[Rows]:
    for item, made in zip(items, found, strict=True):
        try:
            _encoded([made])
        except Exception as error:  # noqa: BLE001  as above
            yield _error_rows(item, _failed(error))
        else:
            yield made


def _encoded(found: Sequence[Rows]) -> dict[str, bytes]:
    return {
        table: encoded(columns, (row for made in found for row in made[table]))
        for table, columns in BATCH_TABLES.items()
    }
