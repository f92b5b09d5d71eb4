"""The benchmark suite's guard: it fails when a stage has become slower than the reference allows, and only then."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from support import ROOT, module_at


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the guard; its neighbours are found as when the suite is run."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return module_at("benchmarks/suite_guard.py")


@pytest.fixture
def as_reference() -> dict[str, Any]:
    """Results that are those of the reference."""
    reference = json.loads((ROOT / "benchmarks" / "reference.json").read_text("utf-8"))
    stages = [{"name": name, "cost": cost} for name, cost in reference["costs"].items()]
    return {"texts": reference["texts"], "stages": stages}


def test_the_reference_passes(guard: ModuleType, as_reference: dict[str, Any]) -> None:
    """And it has every stage from the text to the document, and the whole."""
    assert guard.slower(as_reference) == []
    names = {stage["name"] for stage in as_reference["stages"]}
    assert {"segment", "lexicon", "model", "rules", "checks", "parse"} <= names


def test_a_stage_that_costs_more_than_half_as_much_again_is_named(
    guard: ModuleType, as_reference: dict[str, Any]
) -> None:
    """Up to 1.5 times is taken for chance."""
    rules = next(stage for stage in as_reference["stages"] if stage["name"] == "rules")
    rules["cost"] *= 1.49
    assert guard.slower(as_reference) == []
    rules["cost"] *= 1.1
    assert [line.split(":")[0] for line in guard.slower(as_reference)] == ["rules"]


def test_other_texts_cannot_be_compared(guard: ModuleType, as_reference: dict[str, Any]) -> None:
    """More conformance cases change the texts: somebody has to look."""
    as_reference["texts"] = {**as_reference["texts"], "criteria": 1}
    with pytest.raises(ValueError, match="--write-reference"):
        guard.slower(as_reference)
