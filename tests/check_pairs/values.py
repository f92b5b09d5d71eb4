"""Values that cannot be, limits that lack a part, windows that lack an anchor."""

from __future__ import annotations

import pytest

from check_pairs.base import record

PAIRS = [
    pytest.param(
        "value-implausible",
        "warning",
        record("Haemoglobin of at least 90 g/dL"),
        ["Haemoglobin of at least 90 g/dL"],
        record("Haemoglobin of at least 90 g/L"),
        id="ten-times-too-high",
    ),
    pytest.param(
        "value-implausible",
        "warning",
        record("Asthma", "Body temperature above 58 °C"),
        ["Body temperature above 58 °C"],
        record("Asthma", "Body temperature above 38 °C"),
        id="vital-sign",
    ),
    pytest.param(
        "score-out-of-scale",
        "warning",
        record("ECOG performance status of 7 or less"),
        ["ECOG performance status of 7 or less"],
        record("ECOG performance status of 1 or less"),
        id="beyond-the-scale",
    ),
    pytest.param(
        "reference-missing",
        "warning",
        record("Bilirubin <= 1.5 times"),
        ["Bilirubin <= 1.5 times"],
        record("Bilirubin <= 1.5 times the upper limit of normal"),
        id="times-nothing",
    ),
    pytest.param(
        "comparator-missing",
        "info",
        record("Platelets 100,000/mm3"),
        ["Platelets 100,000/mm3"],
        record("Platelets at least 100,000/mm3"),
        id="no-sign",
    ),
    pytest.param(
        "window-unanchored",
        "info",
        record("Asthma", "Knee surgery within 4 weeks"),
        ["within 4 weeks"],
        record("Asthma", "Knee surgery within 4 weeks before screening"),
        id="within-of-what",
    ),
    pytest.param(
        "sign-lost",
        "warning",
        record(["Age =18 years", "Platelets =100 x10^9/L"]),
        ["Age =18 years", "Platelets =100 x10^9/L"],
        record(["Age ≥18 years", "Platelets ≥100 x10^9/L"]),
        id="equals-for-both-signs",
    ),
    pytest.param(
        "sign-lost",
        "warning",
        record("80 years = age = 18 years"),
        ["80 years = age = 18 years"],
        record("80 years ≥ age ≥ 18 years"),
        id="range-of-equals",
    ),
]
