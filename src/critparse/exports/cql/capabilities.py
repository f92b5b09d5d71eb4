"""How well a CQL library expresses each part of a rule."""

from __future__ import annotations

from critparse.exports.capability import Capabilities, Capability

_NOT_RECORDED = Capability("no", "not in patient data: null")
CAPABILITIES: Capabilities = {
    # --- connectives
    "all_of": Capability("exact", "`and`; where it can be read otherwise, both readings have to agree"),
    "any_of": Capability("exact", "`or`; likewise"),
    "not": Capability("exact", "`not`: the unknown stays unknown"),
    "at_least": Capability("exact", "a function that counts in three-valued logic"),
    "if_then": Capability("exact", "`implies`"),
    # --- statements
    "age": Capability("exact", "`AgeInYearsAt` the entry day, months, weeks or days likewise"),
    "measurement": Capability("exact", "the last Observation up to the entry day; those that may be it have to agree"),
    "condition": Capability(
        "exact", "Condition, Observation of yes or no; not over, unless a window or history says so"
    ),
    "drug": Capability("exact", "MedicationRequest, MedicationStatement, MedicationAdministration; active ones"),
    "procedure": Capability("exact", "Procedure"),
    "device": Capability("rewritten", "Procedure: R4 codes the device of a DeviceUseStatement in another resource"),
    "observation": Capability("exact", "Observation with its value; without a limit also Condition"),
    "reproductive": Capability("exact", "as observation; pregnancy and the like are false for men"),
    "allergy": Capability("exact", "AllergyIntolerance"),
    "consent": _NOT_RECORDED,
    "ability": _NOT_RECORDED,
    "participation": _NOT_RECORDED,
    "sex": Capability("exact", "`Patient.gender`; other than female and male: null"),
    "life_expectancy": _NOT_RECORDED,
    # --- features
    "range": Capability("exact", "Quantity with its UCUM unit; without unit a number; events on how many days"),
    "range relative to a limit of normal": Capability(
        "exact", "a multiple of `referenceRange`; of a baseline or predicted value: null"
    ),
    "alternatives": Capability("exact", "`Coalesce`: the unit that can be compared decides; mmol for mg, too"),
    "values": Capability("exact", "numbers, or words as the record has them"),
    "qualitative": Capability("rewritten", "positive, negative, normal, abnormal by words and flags; others: null"),
    "present": Capability("exact", "`not`"),
    "windows": Capability(
        "rewritten",
        "days before the entry day, which stands for screening, enrolment, randomisation and first dose, in calendar "
        "months and years; around other events, at intervals, and after it: null",
    ),
    "qualifiers": Capability("no", "“history of”, “current” are expressed; others: false where the rest is, else null"),
    "dose": Capability("no", "false where the drug is not taken, else null"),
    "scope": Capability("no", "about somebody else, or not about every participant: null"),
    "concepts": Capability("exact", "`concept` of the codes, members of a drug class beside it; without codes: null"),
    "unread": Capability("no", "null: the words may narrow or widen the statement"),
    "unstructured": Capability("no", "null, with the words as comment"),
}
