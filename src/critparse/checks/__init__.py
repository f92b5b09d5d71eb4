"""Checks: pure functions from a parsed trial to findings."""

from __future__ import annotations

from critparse.schema import Finding, ParsedTrial


def run(trial: ParsedTrial) -> tuple[Finding, ...]:
    """All findings about a trial."""
    return ()
