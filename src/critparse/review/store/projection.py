"""The state of a trial, written where the inbox can ask for it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from critparse.review.state import TrialState, named_findings
from critparse.review.store.fulltext import index
from critparse.review.store.inbox import weight
from critparse.review.store.tables import FindingTable, TrialTable
from critparse.review.store.words import words_of
from critparse.schema import Finding, ParsedTrial

_PREFIX = re.compile(r"[A-Za-z]{2,12}")
_EU = re.compile(r"\d{4}-\d{6}-\d{2}(?:-\d{2})?")
_REGISTRIES = {"NCT": "ClinicalTrials.gov", "EUCT": "CTIS", "CTRI": "CTRI", "CHICTR": "ChiCTR"}
_LONGEST = 60


def project(
    session: Session, trial: TrialTable, state: TrialState, document: ParsedTrial, now: datetime, *, corrected: bool
) -> None:
    """Write a state into the rows of a trial; its number is known afterwards."""
    trial.version = state.version
    trial.changed = now
    trial.origin = state.origin.model_dump_json()
    trial.corrected = corrected
    findings = named_findings(document, state.key)
    verdicts = {name: state.decisions.get(name) for name in findings}
    still = Counter(
        findings[name].severity for name, verdict in verdicts.items() if not verdict or verdict.decision.state == "open"
    )
    trial.open_errors, trial.open_warnings, trial.open_infos = still["error"], still["warning"], still["info"]
    trial.weight = weight(trial.open_errors, trial.open_warnings, trial.open_infos)
    read_anew = trial.document != state.document
    indexed = trial.words if read_anew else None
    if read_anew:
        _describe(trial, document, len(findings))
        trial.document = state.document
    session.add(trial)
    session.flush()
    if read_anew:
        index(session.connection(), trial.id, indexed, trial.words)
    _write_findings(session, trial, state, findings)


def _describe(trial: TrialTable, document: ParsedTrial, findings: int) -> None:
    trial.trial_id = _kept(document.trial_id)
    trial.title = _kept(document.title)
    trial.register = registry_of(document)
    trial.parser = document.parser.cited
    trial.words = words_of(document)
    trial.findings = findings


def _write_findings(session: Session, trial: TrialTable, state: TrialState, found: Mapping[str, Finding]) -> None:
    rows = {row.fingerprint: row for row in session.scalars(select(FindingTable).where(FindingTable.trial == trial.id))}
    for row in rows.values():
        row.present = row.fingerprint in found
    for position, (name, finding) in enumerate(found.items()):
        row = rows.get(name) or FindingTable(trial=trial.id, fingerprint=name, state="open", reason="")
        row.present, row.position, row.code, row.severity = True, position, finding.code, finding.severity
        row.data = json.dumps(finding.model_dump(mode="json"))
        rows[name] = row
        session.add(row)
    for name, verdict in state.decisions.items():
        row = rows[name]
        row.state, row.reason = verdict.decision.state, verdict.decision.reason
        row.who, row.at = verdict.who, verdict.at
    session.flush()


def registry_of(document: ParsedTrial) -> str:
    """The registry a trial's number belongs to; the format of its record where it has no number."""
    number = (document.trial_id or "").strip()
    if _EU.fullmatch(number):
        return "CTIS" if number.count("-") == 3 else "EU CTR"
    prefix = _PREFIX.match(number)
    if prefix is None:
        return document.source_format[:_LONGEST]
    name = prefix[0].upper()
    return _REGISTRIES.get(name, name)


def _kept(text: str | None) -> str | None:
    """Text without what no database keeps."""
    return None if text is None else text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
