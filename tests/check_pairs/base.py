"""How the records of the pairs are made."""

from __future__ import annotations

from typing import Any

LIST = "Inclusion Criteria:\n\n{inclusion}\n\nExclusion Criteria:\n\n{exclusion}\n"


def record(
    inclusion: str | list[str], exclusion: str | list[str] = "Known allergy to the study drug", **fields: Any
) -> dict[str, Any]:
    """A simple record with bulleted lists; ``description`` in ``fields`` is taken as given."""

    def bullets(items: str | list[str]) -> str:
        return "\n".join(f"* {item}" for item in ([items] if isinstance(items, str) else items))

    eligibility = LIST.format(inclusion=bullets(inclusion), exclusion=bullets(exclusion))
    return {"id": "TEST", "title": "A study", "sex": "All", "eligibility": eligibility, **fields}


def study(
    inclusion: str | list[str], *, title: str = "A study", phase: str = "PHASE2", enrollment: int = 40, **sections: Any
) -> dict[str, Any]:
    """A study of the ClinicalTrials.gov API with the fields that a simple record has not; ``sections``: its texts."""
    simple = record(inclusion)
    return {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000000", "briefTitle": title},
            "descriptionModule": sections,
            "designModule": {"phases": [phase], "enrollmentInfo": {"count": enrollment, "type": "ESTIMATED"}},
            "eligibilityModule": {"eligibilityCriteria": simple["eligibility"], "sex": "ALL"},
        }
    }
