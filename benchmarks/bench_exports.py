"""What the standards can say of real records: ``python benchmarks/bench_exports.py [--limit N] [--no-model]``.

Reads the records of ClinicalTrials.gov's current format in ``../shared`` and prints, for each standard, the share of
statements (rule leaves of the criteria in the list) that it expresses exactly, by rewriting, or not. A statement is
expressed as well as the worst of its parts: its kind, its features, and the connectives it stands under; the shares
follow from the standard's table of capabilities. ``read``: the same of statements that critparse read itself wholly
(neither unstructured nor with unread words beside them), where the standard alone decides. Then omissions per record,
and records per second.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections import Counter
from pathlib import Path

import critparse
from critparse.exports import capabilities, export_to, standards
from critparse.exports.parts import ability, features, leaves, listed
from critparse.schema import ParsedTrial

ROOT = Path(__file__).resolve().parent.parent
RECORDS = Path(os.environ.get("CRITPARSE_SHARED", ROOT.parent / "shared")) / "registry" / "records.jsonl.gz"
_NOT_READ = {"unstructured", "unread"}


def trials(limit: int, *, model: bool) -> list[ParsedTrial]:
    """The records, parsed."""
    found: list[ParsedTrial] = []
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["format"] == "v2_json" and len(found) < limit:
                found.append(critparse.parse(record["record"], model=model))
    return found


def statements(trial: ParsedTrial) -> list[set[str]]:
    """The parts of each statement of the list."""
    return [{*features(leaf), *above} for criterion in listed(trial) for leaf, above in leaves(criterion.rule)]


def shares(standard: str, parts: list[set[str]]) -> str:
    """ "exact 12.3 %  rewritten 45.6 %  no 42.1 %"."""
    counts = Counter(ability(tuple(used), capabilities(standard)) for used in parts)
    return "  ".join(f"{name} {100 * counts[name] / len(parts):5.1f} %" for name in ("exact", "rewritten", "no"))


def main() -> None:
    """Print the shares, the omissions and the speed of every standard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=10_000)
    parser.add_argument("--no-model", action="store_true")
    options = parser.parse_args()
    if not RECORDS.exists():
        print(f"{RECORDS} is not there")
        return
    found = trials(options.limit, model=not options.no_model)
    parts = [used for trial in found for used in statements(trial)]
    read = [used for used in parts if not used & _NOT_READ]
    print(f"{len(found)} records, {len(parts)} statements, {len(read)} of them read wholly")
    for standard in standards():
        begin = time.perf_counter()
        omitted = Counter(o.part for trial in found for o in export_to(trial, standard).omissions)
        rate = len(found) / (time.perf_counter() - begin)
        print(f"{standard:9} all   {shares(standard, parts)}")
        print(f"{'':9} read  {shares(standard, read)}")
        most = ", ".join(f"{part} {count}" for part, count in omitted.most_common(8))
        print(f"{'':9} {omitted.total() / len(found):.1f} omissions a record ({most}); {rate:.0f} records/s")


if __name__ == "__main__":
    main()
