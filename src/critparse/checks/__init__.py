"""Checks: pure functions from a parsed trial to findings.

One module per family, one function per check; each declares its code, severity and words with
:func:`critparse.checks.registry.check`. A new family is named in :mod:`critparse.checks.families`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from critparse.checks.facts import Facts
from critparse.checks.families import FAMILIES
from critparse.checks.registry import Check, catalogue
from critparse.schema import FieldEvidence, Finding, ParsedTrial, Severity, SpanEvidence

__all__ = ["FAMILIES", "INTERNAL", "SEVERITIES", "Check", "catalogue", "run"]

INTERNAL = "internal-error"
"""The code of the finding that says that a check itself failed; it is about critparse, not about the record."""

SEVERITIES: Mapping[Severity, int] = {"error": 0, "warning": 1, "info": 2}
"""Worst first."""
_log = logging.getLogger(__name__)


def run(trial: ParsedTrial) -> tuple[Finding, ...]:
    """All findings about a trial: worst first, then by position, no two alike. Never raises."""
    checks = catalogue()
    facts = Facts(trial)
    first = [finding for check in checks if not check.last for finding in _try(check, facts)]
    facts.reported = tuple(first)
    found = [*first, *(finding for check in checks if check.last for finding in _try(check, facts))]
    texts = {text.id: number for number, text in enumerate(trial.texts)}
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: _order(finding, texts)))


def _try(check: Check, facts: Facts) -> Iterator[Finding]:
    try:
        yield from list(check.findings(facts))
    except Exception as error:  # noqa: BLE001  one check's fault must not cost the record the others
        _log.warning("check %s failed on %s: %r", check.code, facts.trial.trial_id, error)
        yield Finding(
            code=INTERNAL,
            severity="info",
            message=f"The check {check.code} could not be made: {type(error).__name__}.",
            suggestion="Please report this record to the developers of critparse.",
            check_version=check.version,
            evidence=(),
        )


def _order(finding: Finding, texts: dict[str, int]) -> tuple[int, tuple[int, int], str, str]:
    places = [_place(evidence, texts) for evidence in finding.evidence]
    return SEVERITIES[finding.severity], min(places, default=(len(texts), 0)), finding.code, finding.message


def _place(evidence: SpanEvidence | FieldEvidence, texts: dict[str, int]) -> tuple[int, int]:
    """Fields stand behind the texts: a finding's passage places it, unless it has none."""
    if isinstance(evidence, SpanEvidence):
        return texts.get(evidence.text_id, len(texts)), evidence.start
    return len(texts), 0
