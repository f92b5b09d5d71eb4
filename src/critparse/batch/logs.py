"""What is logged while a record is worked on, kept with the record's number, source and trial for whoever asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from critparse.batch.chunks import BatchItem

_MOST = 1000  # entries of one chunk
Entry = Mapping[str, Any]


class Collected(logging.Handler):
    """Collects entries of the loggers of critparse, ready to be sent to another process."""

    def __init__(self) -> None:
        super().__init__()
        self.trial_id: str | None = None
        self._item: BatchItem | None = None
        self._entries: list[Entry] = []

    @contextmanager
    def about(self, item: BatchItem) -> Iterator[None]:
        """Whatever is logged meanwhile is about this record."""
        self._item, self.trial_id = item, None
        try:
            yield
        finally:
            self._item = self.trial_id = None

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._entries) < _MOST:
            self._entries.append(entry(record, self._item, self.trial_id))

    def take(self) -> tuple[Entry, ...]:
        """What was collected, which is then forgotten."""
        taken, self._entries = tuple(self._entries), []
        return taken


def entry(record: logging.LogRecord, item: BatchItem | None = None, trial_id: str | None = None) -> Entry:
    """An entry of a log as a JSON object."""
    made: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    if item is not None:
        made |= {"record": item.ordinal, "source": item.source, "trial_id": trial_id}
    if record.exc_info and (error := record.exc_info[1]) is not None:
        made["error"] = f"{type(error).__name__}: {error}"
    return made
