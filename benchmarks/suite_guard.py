"""Whether a stage has become slower: its cost relative to spaCy's tokenizer, against ``reference.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from suite_stages import FLOOR

REFERENCE = Path(__file__).parent / "reference.json"
MOST = 1.5
"""How many times the cost of the reference a stage may have."""
_WATCHED = ("tokenizer", "segment", "lexicon", "model", "rules", "checks", "json", "parse-no-model", "parse")


def write(results: dict[str, Any]) -> None:
    """Make these results the reference."""
    costs = {stage["name"]: stage["cost"] for stage in results["stages"] if stage["name"] in _WATCHED}
    said = {"floor": FLOOR, "texts": results["texts"], "costs": costs}
    REFERENCE.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def slower(results: dict[str, Any]) -> list[str]:
    """A line for every stage that costs too much. Raises ValueError when the texts are others than the reference's."""
    reference = json.loads(REFERENCE.read_text("utf-8"))
    if reference["texts"] != results["texts"]:
        raise ValueError("reference.json is of other texts: write it anew (--write-reference) and look at the change")
    found = {stage["name"]: stage["cost"] for stage in results["stages"]}
    return [
        f"{name}: {found[name] / cost:.2f} times as slow as the reference ({found[name]:.1f} against {cost:.1f} times "
        f"{FLOOR})"
        for name, cost in reference["costs"].items()
        if found[name] > MOST * cost
    ]
