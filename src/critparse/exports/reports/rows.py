"""Reports for programs: one JSON object a record, in an array or one a line."""

from __future__ import annotations

import json
from typing import Any

from critparse.checks.fingerprint import quote
from critparse.checks.triage import Judged
from critparse.exports.reports.base import Report, Summary, Writer
from critparse.schema import ParsedTrial


def row(report: Report) -> dict[str, Any]:
    """A record as an object: where it came from, its findings as in the document with their quotes, what is hidden."""
    return {
        "source": report.source,
        "trial_id": report.trial.trial_id,
        "title": report.trial.title,
        "findings": [_finding(report.trial, one) for one in report.shown],
        "suppressed": [
            {"code": one.finding.code, "by": one.suppressed_by, "fingerprint": one.fingerprint}
            for one in report.suppressed
        ],
    }


def _finding(trial: ParsedTrial, judged: Judged) -> dict[str, Any]:
    return judged.finding.model_dump() | {
        "quotes": [quote(trial, evidence) for evidence in judged.finding.evidence],
        "fingerprint": judged.fingerprint,
    }


def summary_row(summary: Summary) -> dict[str, Any]:
    """The counts of a run as an object."""
    return {
        "records": summary.records,
        "with_findings": summary.with_findings,
        "unreadable": summary.unreadable,
        "suppressed": dict(sorted(summary.suppressed.items())),
        "stale": summary.stale,
        "codes": [count._asdict() for count in summary.codes()],
    }


class JsonLines(Writer):
    """One record a line."""

    def add(self, report: Report) -> None:
        self.out.write(json.dumps(row(report), ensure_ascii=False) + "\n")


class JsonArray(Writer):
    """An indented array, written as it grows."""

    _between = "[\n"

    def add(self, report: Report) -> None:
        text = json.dumps(row(report), ensure_ascii=False, indent=2)
        self.out.write(self._between + "\n".join(f"  {line}" for line in text.split("\n")))
        self._between = ",\n"

    def end(self, summary: Summary) -> None:
        self.out.write("[]\n" if self._between == "[\n" else "\n]\n")


class SummaryObject(Writer):
    """The counts alone."""

    def end(self, summary: Summary) -> None:
        self.out.write(json.dumps(summary_row(summary), ensure_ascii=False, indent=2) + "\n")
