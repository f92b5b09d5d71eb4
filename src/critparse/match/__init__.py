"""Patients held against a parsed trial, with three answers: met, not met, unknown (docs/match.md).

``match(trial, patient, on=…)`` is the way in; ``read_patients`` reads patients from FHIR or from an OMOP CDM.
"""

from __future__ import annotations

from pathlib import Path

from critparse.match import fhir
from critparse.match.logic import Truth
from critparse.match.omop import Cdm, is_duckdb
from critparse.match.patient import Days, Fact, Patient, Record
from critparse.match.trial import CriterionMatch, Match, match

__all__ = ["Cdm", "CriterionMatch", "Days", "Fact", "Match", "Patient", "Record", "Truth", "match", "read_patients"]


def read_patients(path: Path) -> Record:
    """The patients of a DuckDB file with an OMOP CDM, or of FHIR in a file or in all files of a folder.

    Raises:
        InputError: there is no such file, it is neither, or there is no patient in it.
        MissingExtra: it is a DuckDB file, and duckdb is not installed.
    """
    return Cdm(path) if is_duckdb(path) else fhir.read_patients(path)
