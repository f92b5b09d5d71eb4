"""The report for people: one HTML file that needs nothing else, for a record or thousands.

Records wait on disk until the overview, which comes first, is known. All that comes from a record is escaped by the
templates; anchors are made of numbers alone. There is no script, and the page's policy would run none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import IO

from critparse.checks import catalogue
from critparse.exports.html.findings import columns, marks
from critparse.exports.html.templates import closing, opening, render
from critparse.exports.html.texts import texts
from critparse.exports.passages import Passages
from critparse.exports.registry import registry_facts
from critparse.exports.reports.base import Report, Summary, Writer
from critparse.exports.streams import plural


class Page(Writer):
    """Overview, the records with findings, and the names of the others."""

    def __init__(self, open_stream: Callable[[], IO[str]]) -> None:
        super().__init__(open_stream)
        self._rows, self._records, self._clean = self.spool(), self.spool(), self.spool()
        self._title = ""

    def add(self, report: Report) -> None:
        self._title = report.name
        number = self._rows.parts + 1
        if not report.shown and not report.suppressed:
            self._clean.write(render("report-clean", report=report))
            return
        counts = Counter(one.finding.severity for one in report.shown)
        row = render("report-row", report=report, number=number, counts=counts)
        self._records.write(render("report-record", **_record(report, number)))
        self._rows.write(row)  # last, so that no row leads to a record that could not be shown

    def end(self, summary: Summary) -> None:
        title = self._title if summary.records == 1 else plural(summary.records, "record")
        context = {
            "summary": summary,
            "titles": {check.code: check.title for check in catalogue()},
            "rows": self._rows.parts,
            "clean": self._clean.parts,
        }
        self.out.write(opening(f"critparse report: {title}"))
        self.out.write(render("report-overview", **context))
        self._rows.copy_to(self.out)
        self.out.write(render("report-middle", **context))
        self._clean.copy_to(self.out)
        self.out.write(render("report-between", **context))
        self._records.copy_to(self.out)
        self.out.write(closing())


def _record(report: Report, number: int) -> dict[str, object]:
    """What the template of a record needs."""
    passages, trial = Passages(report.trial), report.trial
    return {
        "report": report,
        "trial": trial,
        "number": number,
        "facts": {name: value for name, value in registry_facts(trial).items() if name != "format"},
        "findings": [(one, list(columns(passages, one.finding))) for one in report.shown],
        "texts": list(texts(trial, trial.texts, marks([one.finding for one in report.shown]))),
    }
