"""The title, the prose and the conditions field against fields and list."""

from __future__ import annotations

import pytest

from check_pairs.base import record, study

PAIRS = [
    pytest.param(
        "phase-conflict",
        "warning",
        study("Moderate asthma", title="A PHASE III Trial of Inhaled X in Asthma"),
        ["PHASE III", "phase=Phase 2"],
        study("Moderate asthma", title="A Phase II/III Trial of Inhaled X in Asthma"),
        id="phase-in-title",
    ),
    pytest.param(
        "phase-conflict",
        "warning",
        study("Moderate asthma", title="A Phase I Trial of Inhaled X", phase="PHASE3"),
        ["Phase I", "phase=Phase 3"],
        study("Moderate asthma", title="A Phase III Trial of Inhaled X After Phase I Trials", phase="PHASE3"),
        id="another-phase-mentioned",
    ),
    pytest.param(
        "age-title-conflict",
        "warning",
        record("Moderate asthma", title="Inhaled X in Children With Asthma", minimum_age="18 Years"),
        ["Children", "minimum_age=18 Years"],
        record("Moderate asthma", title="Inhaled X in Children With Asthma", minimum_age="6 Years"),
        id="children-of-age",
    ),
    pytest.param(
        "age-title-conflict",
        "warning",
        record("Moderate asthma", title="Inhaled X in Older Adults With Asthma", maximum_age="45 Years"),
        ["Older Adults", "maximum_age=45 Years"],
        record("Moderate asthma", title="Inhaled X in Older Adults With Asthma", maximum_age="85 Years"),
        id="young-elders",
    ),
    pytest.param(
        "sex-title-conflict",
        "warning",
        record("Overactive bladder", title="Drug X in Postmenopausal Women With Overactive Bladder"),
        ["Women", "sex=all"],
        record("Overactive bladder", title="Drug X in Postmenopausal Women With Overactive Bladder", sex="Female"),
        id="women-in-title",
    ),
    pytest.param(
        "condition-conflict",
        "warning",
        record("Diagnosis of type 1 diabetes", title="Insulin X in Type 2 Diabetes"),
        ["Insulin X in Type 2 Diabetes", "type 1 diabetes"],
        record("Diagnosis of type 2 diabetes", title="Insulin X in Type 2 Diabetes"),
        id="other-type-in-title",
    ),
    pytest.param(
        "condition-conflict",
        "warning",
        record("Previously untreated small cell lung cancer", conditions="Non-Small Cell Lung Cancer"),
        ["conditions=Non-Small Cell Lung Cancer", "small cell lung cancer"],
        record("Previously untreated small cell lung cancer", conditions="Small Cell Lung Cancer"),
        id="other-type-in-field",
    ),
    pytest.param(
        "age-prose-conflict",
        "warning",
        record(
            "Men and women aged 55 to 80 years", title="Drug X in Adults Aged 60 to 80 Years", minimum_age="55 Years"
        ),
        ["60 to 80 Years", "55 to 80 years", "minimum_age=55 Years"],
        record(
            "Men and women aged 55 to 80 years", title="Drug X in Adults Aged 55 to 80 Years", minimum_age="55 Years"
        ),
        id="age-in-title",
    ),
    pytest.param(
        "age-prose-conflict",
        "warning",
        study(
            "Adults up to 75 years of age", briefSummary="This study is open to adults aged 18 to 65 years with asthma."
        ),
        ["18 to 65 years", "up to 75 years"],
        study(
            "Adults up to 75 years of age", briefSummary="This study is open to adults aged 18 to 75 years with asthma."
        ),
        id="age-in-summary",
    ),
    pytest.param(
        "enrollment-conflict",
        "info",
        study("Moderate asthma", enrollment=40, briefSummary="A total of 120 patients will inhale the drug."),
        ["enrollment=40", "A total of 120 patients"],
        study("Moderate asthma", enrollment=120, briefSummary="A total of 120 patients will inhale the drug."),
        id="other-total",
    ),
]
