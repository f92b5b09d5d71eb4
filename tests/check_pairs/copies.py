"""The list against the narrative."""

from __future__ import annotations

import pytest

from check_pairs.base import record

NARRATIVE = """Inclusion Criteria:

1. Histologically confirmed melanoma of the skin
2. Haemoglobin of at least {0} g/dL
3. ECOG performance status 0 or 1
4. Able to swallow tablets whole
"""
NARRATED = [
    "Histologically confirmed melanoma of the skin",
    "Haemoglobin of at least 9 g/dL",
    "ECOG performance status 0 or 1",
    "Able to swallow tablets whole",
]

PAIRS = [
    pytest.param(
        "copy-difference",
        "warning",
        record(NARRATED, description=NARRATIVE.format(10)),
        ["9", "10"],
        record(NARRATED, description=NARRATIVE.format(9)),
        id="numbers-differ",
    ),
    pytest.param(
        "copy-difference",
        "info",
        record([*NARRATED[:3], "Able to swallow capsules whole"], description=NARRATIVE.format(9)),
        ["capsules", "tablets"],
        record(NARRATED, description=NARRATIVE.format(9)),
        id="words-differ",
    ),
    pytest.param(
        "copy-incomplete",
        "info",
        record([*NARRATED, "Written informed consent obtained beforehand"], description=NARRATIVE.format(9)),
        ["* Written informed consent obtained beforehand"],
        record(NARRATED, description=NARRATIVE.format(9)),
        id="missing-in-narrative",
    ),
]
