"""Patients from a database of OMOP's common data model (CDM) in a DuckDB file. Needs the extra ``[omop]`` (duckdb)."""

from __future__ import annotations

from critparse.match.omop.cdm import Cdm, is_duckdb

__all__ = ["Cdm", "is_duckdb"]
