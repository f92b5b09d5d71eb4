"""Reports on checked records, by format. A format is a :class:`Writer`; modules are imported when they are asked for.

Every writer takes record after record and keeps none, so that a report on a whole registry needs no more memory than
one on its largest record.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import IO

from critparse.exports.reports.base import Report, Summary, Writer, report

__all__ = ["FORMATS", "Report", "Summary", "Writer", "report", "writer"]

_WRITERS = {
    "table": ("screen", "Table"),
    "json": ("rows", "JsonArray"),
    "jsonl": ("rows", "JsonLines"),
    "sarif": ("sarif", "Sarif"),
    "html": ("page", "Page"),
    "csv": ("sheet", "Sheet"),
}
_SUMMARIES = {"table": ("screen", "SummaryTable"), "json": ("rows", "SummaryObject")}
FORMATS = tuple(_WRITERS)
"""The names of all formats."""


def writer(format: str, open_stream: Callable[[], IO[str]], *, summary: bool = False) -> Writer:
    """The writer of a format; with ``summary``, of the counts alone, which there is as table and as JSON.

    Raises:
        KeyError: there is no such format (see :data:`FORMATS`).
    """
    module, name = (_SUMMARIES if summary else _WRITERS)[format]
    kind: type[Writer] = getattr(import_module(f"{__name__}.{module}"), name)
    return kind(open_stream)
