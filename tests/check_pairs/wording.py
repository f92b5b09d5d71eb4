"""Criteria whose words are wrong where they stand, point nowhere, or leave open what is meant."""

from __future__ import annotations

import pytest

from check_pairs.base import record

PAIRS = [
    pytest.param(
        "exclusion-negated",
        "warning",
        record("Asthma", "No history of stroke"),
        ["No history of stroke"],
        record("Asthma", "History of stroke"),
        id="double-negative",
    ),
    pytest.param(
        "exclusion-negated",
        "warning",
        record("Asthma", "Patients must not have received insulin"),
        ["Patients must not have received insulin"],
        record("Asthma", "Patients who have received insulin"),
        id="must-not",
    ),
    pytest.param(
        "exclusion-asks",
        "warning",
        record("Asthma", "Willing to use contraception"),
        ["Willing to use contraception"],
        record("Asthma", "Not willing to use contraception"),
        id="requirement",
    ),
    pytest.param(
        "inclusion-excludes",
        "info",
        record(["Asthma", "Patients with sepsis will be excluded"]),
        ["Patients with sepsis will be excluded"],
        record("Asthma", "Patients with sepsis will be excluded"),
        id="persons-excluded",
    ),
    pytest.param(
        "conjunction-ambiguous",
        "info",
        record("History of asthma and bronchitis or pneumonia"),
        ["asthma and bronchitis or pneumonia"],
        record("History of asthma, and bronchitis or pneumonia"),
        id="no-brackets",
    ),
    pytest.param(
        "list-missing",
        "warning",
        record(["Asthma", "Any of the following:"]),
        ["Any of the following:"],
        record(["Asthma", "Any of the following:\n  * Stroke\n  * Diabetes"]),
        id="nothing-follows",
    ),
    pytest.param(
        "pointer-dangling",
        "warning",
        record(["Asthma", "No drugs other than those of inclusion criterion 12"]),
        ["inclusion criterion 12"],
        record(["Asthma", "No drugs other than those of inclusion criterion 1"]),
        id="no-such-criterion",
    ),
    pytest.param(
        "pointer-outside",
        "info",
        record("Asthma", "Forbidden medication as listed in the protocol"),
        ["listed in the protocol"],
        record("Asthma", "Forbidden medication: oral steroids"),
        id="protocol",
    ),
    pytest.param(
        "criteria-withheld",
        "info",
        record("Asthma", ["Stroke", "Other protocol-defined criteria may apply"]),
        ["* Other protocol-defined criteria may apply"],
        record("Asthma", "Stroke"),
        id="more-criteria",
    ),
    pytest.param(
        "term-vague",
        "info",
        record("Asthma", ["Clinically significant arrhythmia", "Any clinically significant finding"]),
        ["Clinically significant", "clinically significant"],
        record("Asthma", "Arrhythmia that needs treatment"),
        id="degree",
    ),
    pytest.param(
        "term-vague",
        "info",
        record(
            "Asthma", ["Unfit in the opinion of the investigator", "Unable to comply, at the investigator's discretion"]
        ),
        ["in the opinion of the investigator", "at the investigator's discretion"],
        record("Asthma", "Unable to swallow tablets"),
        id="one-judgement-in-two-wordings",
    ),
    pytest.param(
        "not-a-criterion",
        "info",
        record(["Asthma", "This study will enrol patients in two hospitals"]),
        ["This study will enrol patients in two hospitals"],
        record("Asthma"),
        id="about-the-study",
    ),
    pytest.param(
        "abbreviation-unexplained",
        "info",
        record(["Treated with GHKTZ before", "No GHKTZ on the day"]),
        ["GHKTZ", "GHKTZ"],
        record(["Treated with gastric hydrokinetic zymotherapy (GHKTZ) before", "No GHKTZ on the day"]),
        id="never-spelt-out",
    ),
    pytest.param(
        "minor-consent",
        "info",
        record(["Asthma", "Written informed consent of the participant"], minimum_age="6 Years"),
        ["minimum_age=6 Years", "informed consent"],
        record(["Asthma", "Written informed consent of a parent"], minimum_age="6 Years"),
        id="children-by-themselves",
    ),
    pytest.param(
        "sex-specific-criterion",
        "warning",
        record("Asthma", "Pregnant or lactating women", sex="Male"),
        ["sex=male", "Pregnant", "lactating"],
        record("Asthma", "Men with a pregnant partner", sex="Male"),
        id="pregnancy-of-men",
    ),
    pytest.param(
        "sex-specific-criterion",
        "warning",
        record("Asthma", "History of prostate cancer", sex="Female"),
        ["sex=female", "prostate cancer"],
        record("Asthma", "History of breast cancer", sex="Female"),
        id="prostate-of-women",
    ),
]
