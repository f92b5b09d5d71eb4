"""Registry fields against texts."""

from __future__ import annotations

import pytest

from check_pairs.base import record

AGED = "Patients aged 18 to {0} years with type 2 diabetes"
ADULTS = {"minimum_age": "18 Years", "maximum_age": "65 Years"}

PAIRS = [
    pytest.param(
        "age-maximum-conflict",
        "error",
        record(AGED.format(75), **ADULTS),
        ["maximum_age=65 Years", "18 to 75 years"],
        record(AGED.format(65), **ADULTS),
        id="maximum-field-against-list",
    ),
    pytest.param(
        "age-minimum-conflict",
        "error",
        record("Adults aged at least 21 years", minimum_age="18 Years"),
        ["minimum_age=18 Years", "at least 21 years"],
        record("Adults aged at least 18 years", minimum_age="18 Years"),
        id="minimum-field-against-list",
    ),
    pytest.param(
        "age-minimum-conflict",
        "error",
        record("Aged 18 to 65 years", minimum_age="18 Months", maximum_age="65 Years"),
        ["minimum_age=18 Months", "18 to 65 years"],
        record("Aged 18 months to 65 years", minimum_age="18 Months", maximum_age="65 Years"),
        id="unit-slip",
    ),
    pytest.param(
        "age-maximum-conflict",
        "warning",
        record("Aged 18 to 66 years", **ADULTS),
        ["maximum_age=65 Years", "18 to 66 years"],
        record("Aged 18 to 65 years", **ADULTS),
        id="off-by-one",
    ),
    pytest.param(
        "age-maximum-conflict",
        "warning",
        record("Aged 18 to 65 years", minimum_age="18 Years"),
        ["maximum_age=(blank)", "18 to 65 years"],
        record("Aged at least 18 years", minimum_age="18 Years"),
        id="blank-field",
    ),
    pytest.param(
        "age-maximum-conflict",
        "error",
        record("Type 2 diabetes", ["Age under 18 years", "Age over 75 years"], **ADULTS),
        ["maximum_age=65 Years", "over 75 years"],
        record("Type 2 diabetes", ["Age under 18 years", "Age over 65 years"], **ADULTS),
        id="excluded-ages",
    ),
    pytest.param(
        "age-boundary-unclear",
        "info",
        record("Age > 18 years", minimum_age="18 Years"),
        ["minimum_age=18 Years", "> 18 years"],
        record("Age > 17 years", minimum_age="18 Years"),
        id="boundary",
    ),
    pytest.param(
        "sex-conflict",
        "error",
        record("Male or female patients with asthma", sex="Male"),
        ["sex=male", "Male or female"],
        record("Male or female patients with asthma", sex="All"),
        id="both-in-text",
    ),
    pytest.param(
        "sex-conflict",
        "error",
        record("Healthy male subjects", sex="All"),
        ["sex=all", "male subjects"],
        record(["Healthy male subjects", "Female subjects must not be pregnant"], sex="All"),
        id="men-only",
    ),
    pytest.param(
        "healthy-volunteers-conflict",
        "warning",
        record("Diagnosis of rheumatoid arthritis for at least 6 months", healthy_volunteers="Yes"),
        ["healthy_volunteers=Yes", "rheumatoid arthritis"],
        record(["Diagnosis of rheumatoid arthritis", "or healthy controls"], healthy_volunteers="Yes"),
        id="disease-required",
    ),
    pytest.param(
        "healthy-volunteers-conflict",
        "warning",
        record("Healthy volunteers between 18 and 45 years", healthy_volunteers="No"),
        ["healthy_volunteers=No", "* Healthy volunteers between 18 and 45 years"],
        record("Patients with asthma in good general health", healthy_volunteers="No"),
        id="healthy-enrolled",
    ),
]
