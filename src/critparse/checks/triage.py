"""Which findings a report shows, at which severity, and why others are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from critparse.checks import INTERNAL, SEVERITIES
from critparse.checks.baseline import Baseline, Known
from critparse.checks.fingerprint import fingerprints, quote
from critparse.schema import Finding, ParsedTrial, Severity

Suppression = Literal["baseline", "ignore", "select", "severity off", "per-trial ignores"]
"""What keeps a finding from being shown."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What users have decided: patterns of codes (see :func:`fnmatch.fnmatchcase`), and severities by pattern.

    Of several patterns that give a code a severity, the code itself counts, else the longest.
    """

    select: Sequence[str] = ("*",)
    ignore: Sequence[str] = ()
    severity: Mapping[str, Severity | Literal["off"]] = field(default_factory=dict)
    per_trial: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def apply(self, trial_id: str | None, finding: Finding) -> tuple[Finding, Suppression | None]:
        """The finding at the severity wanted, and what suppresses it."""
        fitting = [pattern for pattern in self.severity if fnmatchcase(finding.code, pattern)]
        chosen = max(fitting, key=lambda pattern: (pattern == finding.code, len(pattern)), default=None)
        wanted = finding.severity if chosen is None else self.severity[chosen]
        if not _fits(finding.code, self.select) and finding.code != INTERNAL:  # a check not made is no choice
            return finding, "select"
        if _fits(finding.code, self.ignore):
            return finding, "ignore"
        if _fits(finding.code, self.per_trial.get(trial_id or "", ())):
            return finding, "per-trial ignores"
        if wanted == "off":
            return finding, "severity off"
        return finding if wanted == finding.severity else finding.model_copy(update={"severity": wanted}), None


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding, how it is known again, and what suppresses it (``None``: it is shown)."""

    finding: Finding
    fingerprint: str
    suppressed_by: Suppression | None = None


class Triage:
    """Judges the findings of record after record. With ``record``, keeps what a new baseline would hold."""

    def __init__(self, policy: Policy | None = None, baseline: Baseline | None = None, *, record: bool = False) -> None:
        self.policy = policy or Policy()
        self.baseline = baseline or Baseline()
        self.record = record
        self.present: list[Known] = []

    def judge(self, trial: ParsedTrial, key: str) -> list[Judged]:
        """All findings of the trial that ``key`` names, worst first."""
        self.baseline.has_read(key)
        prints = fingerprints(trial, trial.findings, key)
        judged = [self._judge(trial, key, finding, name) for finding, name in zip(trial.findings, prints, strict=True)]
        return sorted(judged, key=lambda one: SEVERITIES[one.finding.severity])

    def _judge(self, trial: ParsedTrial, key: str, finding: Finding, fingerprint: str) -> Judged:
        known = self.baseline.meets(fingerprint)
        finding, suppressed = self.policy.apply(trial.trial_id, finding)
        if self.record and suppressed is None:
            quotes = tuple(" ".join(quote(trial, evidence).split()) for evidence in finding.evidence)
            self.present.append(Known(trial_id=key, code=finding.code, fingerprint=fingerprint, quotes=quotes))
        return Judged(finding, fingerprint, suppressed or ("baseline" if known else None))

    def renewed(self) -> list[Known]:
        """The next baseline: what is present, and what the old one knows of trials that were not read."""
        return [*self.present, *self.baseline.elsewhere()]


def _fits(code: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)
