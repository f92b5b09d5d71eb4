"""CQL: a trial's eligibility as a library of Clinical Quality Language 1.5 on FHIR R4, for engines that execute it."""

from __future__ import annotations

from critparse.exports.cql.capabilities import CAPABILITIES
from critparse.exports.cql.library import export

__all__ = ["CAPABILITIES", "export"]
