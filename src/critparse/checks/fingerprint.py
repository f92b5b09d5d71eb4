"""What stays the same about a finding when other parts of its record are edited."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from critparse.schema import Evidence, FieldEvidence, Finding, ParsedTrial

NAME = "critparseFinding/v1"
"""The method, by a name that changes with it."""
_ENOUGH = 2000
"""Of a longer quote, its first characters."""


def quote(trial: ParsedTrial, evidence: Evidence) -> str:
    """The words that a piece of evidence rests on: the passage as given, or the field's value."""
    if isinstance(evidence, FieldEvidence):
        return evidence.value
    text = next(text.text for text in trial.texts if text.id == evidence.text_id)
    return text[evidence.start : evidence.end]


def fingerprints(trial: ParsedTrial, findings: Sequence[Finding], key: str) -> Iterator[str]:
    """A fingerprint for each finding, unlike in one record: of trial, code and quotes, without offsets.

    ``key`` names the trial. Quotes are compared without regard to order, case, blanks and compatibility forms. What is
    found again in the same words gets a number: ``…-2``.
    """
    seen: Counter[str] = Counter()
    for finding in findings:
        words = sorted(_normal(trial, evidence) for evidence in finding.evidence)
        content = json.dumps([NAME, key, finding.code, words]).encode()
        digest = hashlib.sha256(content).hexdigest()[:16]
        seen[digest] += 1
        yield digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def _normal(trial: ParsedTrial, evidence: Evidence) -> str:
    words = unicodedata.normalize("NFKC", quote(trial, evidence)[:_ENOUGH]).casefold().split()
    return " ".join([f"{evidence.field}:", *words] if isinstance(evidence, FieldEvidence) else words)
