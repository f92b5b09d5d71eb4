"""What the list says twice, or asks for and excludes."""

from __future__ import annotations

import pytest

from check_pairs.base import record

PAIRS = [
    pytest.param(
        "criterion-duplicate",
        "info",
        record(["Chronic plaque psoriasis", "Able to swallow tablets", "Chronic plaque psoriasis"]),
        ["* Chronic plaque psoriasis", "* Chronic plaque psoriasis"],
        record(["Chronic plaque psoriasis", "Able to swallow tablets", "Plaque psoriasis of the scalp"]),
        id="same-words-twice",
    ),
    pytest.param(
        "required-and-excluded",
        "error",
        record("Patients with end-stage renal disease", ["End-stage renal disease", "Pregnancy"]),
        ["* Patients with end-stage renal disease", "* End-stage renal disease"],
        record("Patients with end-stage renal disease", ["End-stage liver disease", "Pregnancy"]),
        id="required-and-excluded",
    ),
    pytest.param(
        "limit-restated",
        "warning",
        record(["HbA1c between 7.0 and 10.0 %", "Stable weight"], ["HbA1c above 11.0 %", "Pregnancy"]),
        ["between 7.0 and 10.0 %", "above 11.0 %"],
        record(["HbA1c between 7.0 and 10.0 %", "Stable weight"], ["HbA1c above 10.0 %", "Pregnancy"]),
        id="inclusion-and-exclusion-differ",
    ),
    pytest.param(
        "limit-restated",
        "warning",
        record(["Haemoglobin of at least 9 g/dL", "ECOG 0 or 1", "Haemoglobin >= 100 g/L"]),
        ["at least 9 g/dL", ">= 100 g/L"],
        record(["Haemoglobin of at least 9 g/dL", "ECOG 0 or 1", "Haemoglobin >= 90 g/L"]),
        id="two-units-two-limits",
    ),
    pytest.param(
        "limit-restated",
        "warning",
        record("SOFA score between 2 and 12", "SOFA score of more than 14"),
        ["between 2 and 12", "more than 14"],
        record("SOFA score between 2 and 12", "Renal SOFA score of more than 3"),
        id="part-of-a-score",
    ),
    pytest.param(
        "limit-boundary-unclear",
        "info",
        record("Body mass index below 30 kg/m2", "Body mass index above 30 kg/m2"),
        ["below 30 kg/m2", "above 30 kg/m2"],
        record("Body mass index below 30 kg/m2", "Body mass index of 30 kg/m2 or more"),
        id="neither-admitted-nor-excluded",
    ),
]
