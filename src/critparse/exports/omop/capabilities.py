"""How well a cohort definition expresses each part of a rule."""

from __future__ import annotations

from critparse.exports.capability import Capabilities, Capability

CAPABILITIES: Capabilities = {
    # --- connectives
    "all_of": Capability("exact", "group ALL"),
    "any_of": Capability("exact", "group ANY; left out as a whole when a member cannot be expressed"),
    "not": Capability("rewritten", "exactly 0 records, the other side of an age, the other sex"),
    "at_least": Capability("exact", "group AT_LEAST; its negation is AT_LEAST of the negated members"),
    "if_then": Capability("rewritten", "ANY of: the condition does not hold, the rule holds"),
    # --- statements
    "age": Capability("rewritten", "year of the entry event minus year of birth; whole years only"),
    "measurement": Capability("exact", "Measurement with a value; any one on record up to the entry event"),
    "condition": Capability("exact", "ConditionOccurrence, any time up to the entry event unless a window says when"),
    "drug": Capability("exact", "DrugExposure; DrugEra for a duration"),
    "procedure": Capability("exact", "ProcedureOccurrence"),
    "device": Capability("exact", "DeviceExposure"),
    "observation": Capability("exact", "Observation; a limit with a unit is its value, one without a count of records"),
    "reproductive": Capability(
        "rewritten",
        "ConditionOccurrence or Observation; a test's result: Measurement; promised conduct is left out",
    ),
    "allergy": Capability("no", "data hold allergies under concepts of their own, not the allergen's"),
    "consent": Capability("no", "not in patient data"),
    "ability": Capability("no", "not in patient data"),
    "participation": Capability("no", "not in patient data"),
    "sex": Capability("exact", "Gender 8507 male, 8532 female"),
    "life_expectancy": Capability("no", "not in patient data"),
    # --- features
    "range": Capability(
        "rewritten", "ValueAsNumber with the unit's concept; four decimals, so an open end of two is moved by 0.0001"
    ),
    "range relative to a limit of normal": Capability(
        "exact", "RangeHighRatio for ULN, RangeLowRatio for LLN; baseline and predicted values are left out"
    ),
    "alternatives": Capability("exact", "ANY of the limits, each in its unit"),
    "values": Capability("rewritten", "numbers as ValueAsNumber; grades that are no numbers are left out"),
    "qualitative": Capability(
        "rewritten",
        "positive, negative: ValueAsConcept; normal, abnormal, elevated, low: by the limits of normal",
    ),
    "present": Capability("exact", "absent: exactly 0 records"),
    "windows": Capability(
        "rewritten",
        "StartWindow in days before the entry event, which stands for screening, consent, enrolment, baseline, "
        "randomisation and first dose; other events and times after it are left out",
    ),
    "concepts": Capability(
        "rewritten", "a concept set; without ids from a vocabulary it holds nothing until its codes are looked up"
    ),
    "qualifiers": Capability(
        "no", "“history of” is expressed, others are left off; after “planned”, “family” all is left out"
    ),
    "dose": Capability("no", "the drug is expressed without it"),
    "scope": Capability("no", "about somebody else, or not about every participant: the statement is left out"),
    "unread": Capability("no", "the statement is expressed without these words"),
    "unstructured": Capability("no", "words without a rule"),
}
