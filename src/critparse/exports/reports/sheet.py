"""A report for spreadsheets: RFC 4180, one finding a row, nothing that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from critparse.exports.passages import Passages, readable
from critparse.exports.reports.base import Report, Summary, Writer
from critparse.exports.terminal import visible

COLUMNS = (
    "source",
    "record",
    "trial_id",
    "title",
    "severity",
    "code",
    "message",
    "suggestion",
    "confidence",
    "fields",
    "criteria",
    "evidence",
    "fingerprint",
)
_FORMULA = re.compile(r"[=+\-@＝＋－＠]")


class Sheet(Writer):
    """The header, then a row for each finding."""

    _begun = False

    def add(self, report: Report) -> None:
        self._begin()
        write = csv.writer(self.out).writerow
        for cells in rows(report):
            write([cell if isinstance(cell, int) else harmless(cell) for cell in cells])

    def end(self, summary: Summary) -> None:
        self._begin()

    def _begin(self) -> None:
        if not self._begun:
            csv.writer(self.out).writerow(COLUMNS)
            self._begun = True


def rows(report: Report) -> list[Sequence[str | int]]:
    """The cells of each finding, in the order of :data:`COLUMNS`."""
    passages = Passages(report.trial)
    found: list[Sequence[str | int]] = []
    for one in report.shown:
        evidence = [(passages.of(piece), passages.whole(piece)) for piece in one.finding.evidence]
        found.append(
            (
                report.source,
                report.number,
                report.trial.trial_id or "",
                report.trial.title or "",
                one.finding.severity,
                one.finding.code,
                readable(one.finding.message),
                one.finding.suggestion,
                "" if one.finding.confidence is None else f"{one.finding.confidence:.2f}",
                "; ".join(f"{passage.field} = {words}" for passage, words in evidence if passage.field),
                "; ".join(dict.fromkeys(passage.criterion.id for passage, _ in evidence if passage.criterion)),
                " | ".join(f"{passage.where}: “{words}”" for passage, words in evidence),
                one.fingerprint,
            )
        )
    return found


def harmless(cell: str) -> str:
    """The cell on one line; where a spreadsheet would compute it, behind an apostrophe."""
    text = visible(cell)
    return f"'{text}" if _FORMULA.match(text) else text
