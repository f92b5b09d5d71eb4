"""Patients held against a parsed trial, with three answers: met, not met, unknown (docs/match.md).

``match(trial, patient, on=…)`` is the way in; ``fhir.read_patients`` reads patients.
"""

from __future__ import annotations

from critparse.match.fhir import read_patients
from critparse.match.logic import Truth
from critparse.match.patient import Days, Fact, Patient
from critparse.match.trial import CriterionMatch, Match, match

__all__ = ["CriterionMatch", "Days", "Fact", "Match", "Patient", "Truth", "match", "read_patients"]
