"""The workbench's database: documents, the log of events, and the state of every trial that is built from it."""

from __future__ import annotations

from critparse.review.store.engine import connect
from critparse.review.store.inbox import Cursor, Inbox, Page, TrialRow
from critparse.review.store.migrate import migrate
from critparse.review.store.store import FindingRow, Standing, Store, Trial

__all__ = ["Cursor", "FindingRow", "Inbox", "Page", "Standing", "Store", "Trial", "TrialRow", "connect", "migrate"]
