"""Groups against each other."""

from __future__ import annotations

import pytest

from check_pairs.base import record

PAIRS = [
    pytest.param(
        "arms-gap",
        "info",
        record(["Cohort A: aged 18 to 55 years", "Cohort B: aged 60 to 75 years"]),
        ["18 to 55 years", "60 to 75 years"],
        record(["Cohort A: aged 18 to 55 years", "Cohort B: aged 56 to 75 years"]),
        id="nobody-between",
    ),
    pytest.param(
        "arms-overlap",
        "info",
        record(["Cohort A: aged 18 to 55 years", "Cohort B: aged 55 to 75 years"]),
        ["18 to 55 years", "55 to 75 years"],
        record(["Cohort A: aged 18 to < 55 years", "Cohort B: aged 55 to 75 years"]),
        id="one-age-in-both",
    ),
]
