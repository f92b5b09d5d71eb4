"""The record as a whole: what is missing, cut off, destroyed, or does not belong there."""

from __future__ import annotations

from typing import Any

import pytest

from check_pairs.base import record


def plain(eligibility: str) -> dict[str, Any]:
    """A simple record with this eligibility text."""
    return {"id": "TEST", "title": "A study", "sex": "All", "eligibility": eligibility}


BOTH = "Inclusion Criteria:\n\n* Asthma\n\nExclusion Criteria:\n\n* Stroke\n"
TABLE = "Are the trial subjects under 18? no\nF.1.2 Adults (18-64 years) yes\nF.1.3 Elderly (>=65 years) no"

PAIRS = [
    pytest.param("eligibility-missing", "error", plain(""), ["eligibility="], plain(BOTH), id="blank"),
    pytest.param("eligibility-missing", "error", plain("N/A"), ["N/A"], plain(BOTH), id="not-applicable"),
    pytest.param(
        "section-missing",
        "info",
        plain("Inclusion Criteria:\n\n* Asthma\n* Cough\n"),
        ["Inclusion Criteria: * Asthma * Cough"],
        plain("Inclusion Criteria:\n\n* Asthma\n* Cough\n\nExclusion Criteria:\n\nNone\n"),
        id="no-exclusion",
    ),
    pytest.param(
        "section-missing",
        "info",
        plain("* Asthma\n* Cough for three weeks\n"),
        ["* Asthma * Cough for three weeks"],
        plain(BOTH),
        id="no-headings",
    ),
    pytest.param(
        "text-cut-off",
        "warning",
        plain(BOTH + "* Severe kidney failure or treatm..."),
        None,
        plain(BOTH + "* Severe kidney failure or treatment by dialysis"),
        id="three-dots",
    ),
    pytest.param(
        "text-cut-off",
        "warning",
        plain(BOTH + "* Severe kidney failure and"),
        None,
        plain(BOTH + "* Severe kidney failure"),
        id="trailing-and",
    ),
    pytest.param(
        "text-cut-off", "info", plain(BOTH + "* Kidney failure,"), None, plain(BOTH + "* Kidney failure;"), id="comma"
    ),
    pytest.param(
        "revision-in-text",
        "info",
        plain("Previous inclusion criteria from 01/02/2020 to 03/04/2020:\n1. Adults\n2. Cough\n\n" + BOTH),
        ["Previous inclusion criteria from"],
        plain(BOTH),
        id="earlier-wording",
    ),
    pytest.param(
        "age-table-in-text",
        "info",
        plain(BOTH.replace("Exclusion", f"{TABLE}\n\nExclusion")),
        None,
        plain(BOTH),
        id="age-groups",
    ),
    pytest.param(
        "characters-destroyed",
        "warning",
        record("HbA1c ? 7 %"),
        ["* HbA1c ? 7 %"],
        record("HbA1c ≥ 7 %"),
        id="question-mark",
    ),
    pytest.param(
        "characters-destroyed",
        "warning",
        record("HbA1c â‰¥ 7 %"),
        ["* HbA1c â‰¥ 7 %"],
        record("HbA1c ≥ 7 %"),
        id="wrong-encoding",
    ),
    pytest.param(
        "characters-destroyed",
        "warning",
        record("HbA1c \ufffd 7 %"),
        ["* HbA1c \ufffd 7 %"],
        record("HbA1c ≥ 7 %"),
        id="replacement-character",
    ),
    pytest.param(
        "language-other",
        "info",
        plain(BOTH + "* Patients avec une insuffisance rénale ou une maladie du foie au moment de l'inclusion"),
        None,
        plain(BOTH + "* Patients with renal failure or a disease of the liver at the time of enrolment"),
        id="french",
    ),
    pytest.param(
        "language-other",
        "info",
        plain("Inclusion Criteria:\n\n* 年龄18岁至65岁的高血压患者\n\nExclusion Criteria:\n\n* Stroke\n"),
        ["* 年龄18岁至65岁的高血压患者"],
        plain(BOTH),
        id="chinese",
    ),
]
