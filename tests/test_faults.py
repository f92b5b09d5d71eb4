"""Faults that were put into records on purpose are found, and the records without them stay clean."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from check_pairs.base import record
from faults import faults
from support import SHARED, module_at

import critparse

CLEAN = [
    record(["Male or female", "Age 18 to 65 years", "Body mass index of 19 to 35 kg/m2", "Stable weight for 12 weeks"]),
    record(
        ["Men and women aged at least 18 years", "Platelets above 100 x 10^9/L", "Willing to keep a diary for 28 days"]
    ),
    record(["Adult patients aged between 40 and 75 years", "Left ventricular ejection fraction below 40 %"]),
    record(["Females or males with plaque psoriasis", "Aged >= 21 years", "PASI of at least 12 at the baseline visit"]),
    record(
        [
            "Healthy men and women, 18-45 years of age",
            "Systolic blood pressure of 90 to 140 mmHg when sitting",
            "Resting heart rate between 50 and 90 beats per minute",
            "No use of tobacco within the last 12 months",
            "Able to fast for at least 10 hours before each visit",
        ]
    ),
    record(["Patients 50 years of age or older", "Documented fracture of the hip within the last 90 days"]),
    record(["Male and female participants", "Ages 12 to 17 years, inclusive", "Weight of at least 40 kg at screening"]),
    record(["Women and men", "65 years or older", "Able to walk 400 metres without help from another person"]),
]
FIELDS = [(18, 65), (18, None), (40, 75), (21, None), (18, 45), (50, None), (12, 17), (65, None)]


def _with_fields(index: int) -> dict[str, Any]:
    low, high = FIELDS[index]
    return {**CLEAN[index], "minimum_age": f"{low} Years", "maximum_age": f"{high} Years" if high else None}


def _codes(source: dict[str, Any], *, model: bool = True) -> set[str]:
    findings = critparse.check(source, format="simple", model=model)
    return {finding.code for finding in findings if finding.severity != "info"}


class TestOwnRecords:
    @pytest.mark.parametrize("index", range(len(CLEAN)))
    def test_every_fault_is_found(self, index: int) -> None:
        """Whatever is changed so that the text contradicts it is reported; the record itself is clean."""
        clean = _with_fields(index)
        assert _codes(clean) == set()
        ordered = list(faults(clean))
        assert ordered
        missed = [fault.what for fault in ordered if not fault.codes & _codes(fault.record)]
        assert missed == []

    def test_all_kinds_of_fault_are_tried(self) -> None:
        """The records give every kind of fault something to change."""
        tried = {fault.what.split()[0] for index in range(len(CLEAN)) for fault in faults(_with_fields(index))}
        assert tried == {"minimum_age", "maximum_age", "sign", "sex", "copied"}


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "registry" / "records.jsonl.gz").exists(), reason="the registry records are not here")
class TestRegistryRecords:
    def test_nearly_every_fault_is_found(self) -> None:
        """Of the faults put into real records at least 98 % are found; untouched, the records raise no such alarm."""
        bench = module_at("benchmarks/bench_checks.py")
        tried: Counter[bool] = Counter()
        alarms: Counter[bool] = Counter()  # of the records whose text says what their fields say
        for entry in bench.labelled(SHARED / "registry" / "records.jsonl.gz"):
            clean = bench.simple_record(entry)
            ordered = list(faults(clean)) if clean["eligibility"] else []
            before = _codes(clean, model=False) if ordered else set()
            tried.update(bool(fault.codes & _codes(fault.record, model=False)) for fault in ordered)
            agreeing = [fault for fault in ordered if fault.what != "copied number"]
            alarms.update([any(fault.codes & before for fault in agreeing)] if agreeing else [])
        assert tried.total() > 1000
        assert tried[True] / tried.total() >= 0.98
        assert alarms.total() > 40
        assert alarms[True] / alarms.total() <= 0.02
