"""OMOP: a trial's eligibility as a cohort definition for ATLAS (Circe JSON). docs/omop.md says what stands for what."""

from __future__ import annotations

from critparse.exports.omop.capabilities import CAPABILITIES
from critparse.exports.omop.cohort import build, export
from critparse.exports.omop.lines import in_a_line

__all__ = ["CAPABILITIES", "build", "export", "in_a_line"]
