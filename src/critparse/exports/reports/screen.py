"""The report for the terminal: the findings of each record that has some, and at the end what there is of each code."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from critparse.exports.reports.base import Report, Summary, Writer
from critparse.exports.table import SEVERITY_STYLES, render_findings
from critparse.exports.terminal import show


class Table(Writer):
    """One record is shown whatever it has; of several, those with findings, and the summary."""

    _first: Report | None = None  # without findings, kept until it is known whether it is the only one
    _shown = False

    def add(self, report: Report) -> None:
        if report.shown:
            self._show(render_findings(report.trial))
        elif self._first is None and not self._shown:
            self._first = report

    def end(self, summary: Summary) -> None:
        if summary.records == 1 and self._first is not None:
            self._show(render_findings(self._first.trial))
        if summary.records > 1:
            self._show(render_summary(summary))
        elif omissions := list(summary.omissions()):
            self._show(Text("\n".join(omissions)))

    def _show(self, part: RenderableType) -> None:
        if self._shown:
            self.out.write("\n")
        show(part, self.out)
        self._shown = True


class SummaryTable(Writer):
    """The summary alone."""

    def end(self, summary: Summary) -> None:
        show(render_summary(summary), self.out)


def render_summary(summary: Summary) -> RenderableType:
    """The counts by code, and the run in words."""
    grid = Grid(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="bold")
    for title in ("severity", "code"):
        grid.add_column(title)
    for title in ("findings", "records"):
        grid.add_column(title, justify="right")
    for count in summary.codes():
        severity = Text(count.severity.upper(), style=SEVERITY_STYLES[count.severity])
        grid.add_row(severity, count.code, f"{count.findings:,}", f"{count.records:,}")
    first, *others = summary.sentences()
    lines = [Text(first, style="bold"), *(Text(sentence) for sentence in others)]
    return Group(grid, Text(), *lines) if summary.codes() else Group(*lines)
