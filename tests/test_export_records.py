"""Whole records in every standard: the first trial as snapshots, registry records by what validators say."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from cql_engine import needs_node, prove
from fhir.resources.bundle import Bundle
from fhir.resources.R4B.bundle import Bundle as BundleR4B
from support import FIRST_TRIAL, SHARED
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from ucumvert import get_ucum_parser

import critparse
from critparse.exports import standards
from critparse.exports.capability import PARTS
from critparse.exports.parts import listed, whole_text
from critparse.exports.usdm.model import Criteria
from critparse.schema import ParsedTrial

RECORDS = SHARED / "registry" / "records.jsonl.gz"
VALIDATORS = {"fhir": Bundle, "fhir-r4b": BundleR4B, "usdm": Criteria}


class _Json(SingleFileSnapshotExtension):
    """A snapshot as the file that critparse writes."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"


@pytest.mark.parametrize("standard", VALIDATORS)
def test_first_trial(standard: str, snapshot: SnapshotAssertion) -> None:
    """NCT01741857 as it was when somebody last looked; ``pytest --snapshot-update`` writes it anew, to be looked at."""
    trial = critparse.parse(FIRST_TRIAL, model=False)
    trial = trial.model_copy(update={"parser": trial.parser.model_copy(update={"version": "0"})})
    assert critparse.export(trial, standard).files[".json"] == snapshot(extension_class=_Json)


class _Cql(_Json):
    file_extension = "cql"


def test_first_trial_in_cql(snapshot: SnapshotAssertion) -> None:
    """The same of the CQL library."""
    trial = critparse.parse(FIRST_TRIAL, model=False)
    trial = trial.model_copy(update={"parser": trial.parser.model_copy(update={"version": "0"})})
    assert critparse.export(trial, "cql").files[".cql"] == snapshot(extension_class=_Cql)


@functools.cache
def registry_trials() -> tuple[ParsedTrial, ...]:
    """The records of ClinicalTrials.gov's current format, parsed without the trained model."""
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return tuple(critparse.parse(r["record"], model=False) for r in records if r["format"] == "v2_json")


@pytest.mark.slow
@pytest.mark.skipif(not RECORDS.exists(), reason=f"needs the registry records in {RECORDS}")
class TestRegistryRecords:
    @pytest.mark.parametrize("standard", standards())
    def test_none_fails(self, standard: str) -> None:
        """Every record makes files, the same ones twice, and its omissions speak of parts."""
        for trial in registry_trials():
            exported = critparse.export(trial, standard)
            assert exported.files and critparse.export(trial, standard).files == exported.files
            assert all(omission.part in PARTS and omission.reason for omission in exported.omissions)

    @pytest.mark.parametrize("standard", VALIDATORS)
    def test_all_validate_and_come_back(self, standard: str) -> None:
        """Models that others wrote (of USDM: our own) accept every record and write the same again."""
        for trial in registry_trials():
            written = json.loads(critparse.export(trial, standard).files[".json"])
            assert json.loads(VALIDATORS[standard].model_validate(written).model_dump_json()) == written

    @needs_node
    def test_all_translate(self, tmp_path: Path) -> None:
        """The reference translator accepts every library; it warns of arbitrary units alone."""
        proofs = prove([{"cql": critparse.export(trial, "cql").files[".cql"]} for trial in registry_trials()], tmp_path)
        assert len(proofs) == len(registry_trials()) > 0
        problems = [problem for proof in proofs for problem in proof.problems]
        assert [one for one in problems if not one.startswith("warning") or "arbitrary unit" not in one] == []

    def test_units_are_ucum(self) -> None:
        """A parser of UCUM takes every code given as such."""
        parser = get_ucum_parser()
        codes = {
            code
            for trial in registry_trials()
            for code in ucum(json.loads(critparse.export(trial, "fhir").files[".json"]))
        }
        assert len(codes) > 30
        for code in codes:
            parser.parse(code)

    def test_no_words_are_lost(self) -> None:
        """The words of each criterion of the list are in R5's tree, and in USDM's items."""
        for trial in registry_trials():
            bundle = json.loads(critparse.export(trial, "fhir").files[".json"])
            variable = next(e["resource"] for e in bundle["entry"] if e["resource"]["id"] == "eligibility")
            described = {c["linkId"]: c["description"] for c in variable.get("characteristic", ())}
            items = json.loads(critparse.export(trial, "usdm").files[".json"])["eligibilityCriterionItems"]
            assert len(items) == len(listed(trial))
            for criterion in listed(trial):
                assert described[criterion.id].split() == whole_text(criterion).split()


def ucum(value: Any) -> set[str]:
    """The UCUM codes anywhere in a resource."""
    if isinstance(value, list):
        return {code for item in value for code in ucum(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["code"]} if value.get("system") == "http://unitsofmeasure.org" else set()
    return own | {code for item in value.values() for code in ucum(item)}
