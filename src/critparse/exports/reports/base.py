"""What every report is made of: records with judged findings, and the counts over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from critparse.checks import SEVERITIES
from critparse.checks.triage import Judged, Suppression
from critparse.exports.streams import Streamed, plural
from critparse.schema import ParsedTrial, Severity


@dataclass(frozen=True, slots=True)
class Report:
    """One checked record. ``source`` names the input, ``number`` counts its records from 1.

    ``trial.findings`` are those of ``shown``; ``suppressed`` are the others.
    """

    source: str
    path: Path | None
    number: int
    trial: ParsedTrial
    shown: Sequence[Judged]
    suppressed: Sequence[Judged] = ()

    @property
    def name(self) -> str:
        """What the record is called where one name is wanted."""
        return self.trial.trial_id or (self.source if self.number == 1 else f"{self.source}, record {self.number}")


def report(source: str, path: Path | None, number: int, trial: ParsedTrial, judged: Sequence[Judged]) -> Report:
    """The report on a trial whose findings were judged."""
    shown = [one for one in judged if one.suppressed_by is None]
    suppressed = [one for one in judged if one.suppressed_by is not None]
    return Report(
        source,
        path,
        number,
        trial.model_copy(update={"findings": tuple(one.finding for one in shown)}),
        shown,
        suppressed,
    )


class CodeCount(NamedTuple):
    """How often a code was found at one severity, and in how many records."""

    severity: Severity
    code: str
    findings: int
    records: int


@dataclass(slots=True)
class Summary:
    """The counts of a run. ``unreadable``: inputs and records that could not be read; ``stale``: of the baseline."""

    records: int = 0
    with_findings: int = 0
    unreadable: int = 0
    stale: int = 0
    suppressed: Counter[Suppression] = field(default_factory=Counter)
    _findings: Counter[tuple[Severity, str]] = field(default_factory=Counter)
    _records: Counter[tuple[Severity, str]] = field(default_factory=Counter)

    def add(self, report: Report) -> None:
        """Count a record."""
        found = Counter((one.finding.severity, one.finding.code) for one in report.shown)
        self.records += 1
        self.with_findings += bool(found)
        self.suppressed.update(one.suppressed_by for one in report.suppressed if one.suppressed_by)
        self._findings.update(found)
        self._records.update(found.keys())

    def codes(self) -> list[CodeCount]:
        """The counts by code: worst severity first, then the most frequent."""
        counts = [CodeCount(*key, number, self._records[key]) for key, number in self._findings.items()]
        return sorted(counts, key=lambda count: (SEVERITIES[count.severity], -count.findings, count.code))

    def severities(self) -> dict[Severity, int]:
        """The number of findings at each severity, worst first, none left out."""
        return {
            severity: sum(count.findings for count in self.codes() if count.severity == severity)
            for severity in SEVERITIES
        }

    def sentences(self) -> Iterator[str]:
        """The run in words: what was checked, what could not be read, what was left out."""
        yield f"{plural(self.records, 'record')} checked, {self.with_findings} with findings"
        if self.unreadable:
            yield f"{plural(self.unreadable, 'input or record', 'inputs or records')} could not be read"
        yield from self.omissions()

    def omissions(self) -> Iterator[str]:
        """What is not shown, and what the baseline no longer needs."""
        if self.suppressed:
            reasons = sorted(self.suppressed.items())
            total = plural(self.suppressed.total(), "finding")
            if len(reasons) == 1:
                yield f"{total} suppressed by {reasons[0][0]}"
            else:
                yield f"{total} suppressed: " + ", ".join(f"{number} by {reason}" for reason, number in reasons)
        if self.stale:
            verb = "is" if self.stale == 1 else "are"
            yield f"{plural(self.stale, 'entry', 'entries')} of the baseline {verb} stale (no longer found)"


class Writer(Streamed):
    """Writes one report: ``add`` for each record, then ``end`` once."""

    def add(self, report: Report) -> None:
        """Take a record, in the order of the input."""

    def end(self, summary: Summary) -> None:
        """Write what comes after the records."""
