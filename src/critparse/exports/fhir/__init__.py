"""FHIR: the eligibility criteria as EvidenceVariable (R5) and as Group (R5, R4B), in a Bundle with the study.

Resources are plain dicts in the order in which FHIR names their elements; no library is needed to write them.
"""
