"""The conformance cases: criteria of our own writing and the rules they must become.

The notation is that of corpora/conformance/README.md, written and compared by notation.py.
"""

from __future__ import annotations

import difflib
from types import ModuleType
from typing import Any

import pytest
import yaml
from notation import expected_tree, matches, shown, tree_of
from support import ROOT, module_at, spans_in

from critparse import parse_criterion
from critparse.schema import (
    Criterion,
)

FOLDER = ROOT / "corpora" / "conformance"


def load_cases() -> list[tuple[str, dict[str, Any]]]:
    """All cases with their ids: file and number."""
    found: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        cases = yaml.safe_load(path.read_text(encoding="utf-8"))
        found.extend((f"{path.stem}-{number:02}", case) for number, case in enumerate(cases, 1))
    return found


CASES = load_cases()


def difference(case: dict[str, Any], criterion: Criterion) -> str:
    """What differs between the rule expected and the rule found, line by line; "" when nothing does."""
    expected, actual = expected_tree(case["rule"]), tree_of(criterion.rule)
    if matches(expected, actual):
        return ""
    return "\n".join(difflib.ndiff(shown(expected), shown(actual)))


@pytest.mark.parametrize(("name", "case"), CASES, ids=[name for name, _ in CASES])
def test_a_criterion_becomes_the_rule_it_states(name: str, case: dict[str, Any]) -> None:
    """The rule of the case comes out; a known gap still is one; every span lies in the text."""
    criterion = parse_criterion(case["text"], kind=case["kind"])
    for span in spans_in(criterion):
        assert span.text_id == "criterion"
        assert 0 <= span.start < span.end <= len(case["text"])
    found = difference(case, criterion)
    if "known_gap" in case:
        assert found, f"{name} is understood now: take away its known_gap ({case['known_gap']})"
    else:
        assert not found, f"{name}: {case['text']}\n- expected, + found:\n{found}"


def test_there_are_enough_different_cases() -> None:
    """At least 400 cases, no text twice, no key that nobody reads."""
    texts = [" ".join(case["text"].lower().split()) for _, case in CASES]
    assert len(texts) >= 400
    assert sorted(texts) == sorted(set(texts))
    assert len({name for name, _ in CASES}) == len(CASES)
    for name, case in CASES:
        assert {"text", "kind", "rule"} <= set(case) <= {"text", "kind", "rule", "known_gap"}, name
        assert case["kind"] in ("inclusion", "exclusion"), name


@pytest.fixture(scope="module")
def export() -> ModuleType:
    """The script that writes the page about the cases."""
    return module_at("scripts/export_conformance.py")


def test_the_page_is_up_to_date(export: ModuleType) -> None:
    """docs/conformance.md is what the cases give; scripts/export_conformance.py writes it."""
    assert export.TARGET.read_text(encoding="utf-8") == export.rendered()
