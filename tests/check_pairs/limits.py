"""Limits, ranges and their units."""

from __future__ import annotations

import pytest

from check_pairs.base import record

PAIRS = [
    pytest.param(
        "unit-incomplete",
        "warning",
        record("Treated with cyclophosphamide 0.5 / m2 every four weeks"),
        ["cyclophosphamide 0.5 / m2"],
        record("Treated with cyclophosphamide 0.5 g/m2 every four weeks"),
        id="dose-without-mass",
    ),
    pytest.param(
        "unit-dimension",
        "warning",
        record("Platelet count > 100,000 mm3"),
        ["Platelet count > 100,000 mm3"],
        record("Platelet count > 100,000 /mm3"),
        id="volume-for-a-count",
    ),
    pytest.param(
        "alternative-differs",
        "warning",
        record("Serum creatinine > 1.5 mg/dL (233 µmol/L)"),
        ["Serum creatinine > 1.5 mg/dL (233 µmol/L)"],
        record("Serum creatinine > 1.5 mg/dL (133 µmol/L)"),
        id="wrong-conversion",
    ),
    pytest.param(
        "unit-missing",
        "info",
        record("Serum creatinine < 1.5"),
        ["Serum creatinine < 1.5"],
        record("Serum creatinine < 1.5 mg/dL"),
        id="no-unit",
    ),
    pytest.param(
        "range-empty",
        "error",
        record("Body mass index > 35 and < 30 kg/m2"),
        None,
        record("Body mass index > 30 and < 35 kg/m2"),
        id="reversed-signs",
    ),
    pytest.param(
        "exclusion-covers-inclusion",
        "error",
        record("Age of at least 18 years", "Age > 16 years"),
        ["at least 18 years", "> 16 years"],
        record("Age of at least 18 years", "Age > 60 years"),
        id="nobody-left-by-age",
    ),
    pytest.param(
        "exclusion-covers-inclusion",
        "error",
        record("HbA1c >= 7.5 %", "HbA1c > 7.0 %"),
        [">= 7.5 %", "> 7.0 %"],
        record("HbA1c >= 7.5 %", "HbA1c > 10.0 %"),
        id="nobody-left-by-hba1c",
    ),
]
