"""How true the checks' alarms are, and how often each fires.

``python benchmarks/bench_checks.py`` measures precision and recall of the age, sex and healthy volunteers checks on
hand-labelled registry records (ambiguous ones left out); ``--fire`` also runs all checks over the other records and
prints how often each fires. The records are no part of the project: CRITPARSE_SHARED, or ../shared next to the
checkout.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import critparse
from critparse.sources import Record, read

SHARED = Path(os.environ.get("CRITPARSE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "registry"
CODES = {
    "age": {"age-minimum-conflict", "age-maximum-conflict"},
    "sex": {"sex-conflict"},
    "healthy_volunteers": {"healthy-volunteers-conflict"},
}
FIRE_FORMATS = frozenset(("v2_json", "trialbench_csv"))


def labelled(path: Path = SHARED / "labelled.jsonl.gz") -> Iterator[dict[str, Any]]:
    """The hand-labelled entries, or the plain records of another file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def simple_record(entry: dict[str, Any]) -> dict[str, Any]:
    """The simple record of an entry: its registry fields, title and criteria, and the narrative where it has one."""
    fields = entry["registry"]
    return {
        "id": entry["id"],
        "title": entry["title"],
        "minimum_age": fields["min_age"],
        "maximum_age": fields["max_age"],
        "sex": fields["sex"],
        "healthy_volunteers": fields["healthy"],
        "eligibility": entry["criteria"] or "",
        "description": _narrative(entry),
    }


def _narrative(entry: dict[str, Any]) -> str | None:
    native = entry["record"]
    if entry["format"] != "v2_json" or not isinstance(native, dict):
        return None
    module = native.get("protocolSection", {}).get("descriptionModule", {})
    return module.get("detailedDescription")


def record(entry: dict[str, Any]) -> Record:
    """An entry as critparse's readers give it."""
    return read(simple_record(entry), format="simple")


def alarm(entry: dict[str, Any]) -> bool:
    """Whether the checks that the entry is labelled for report a warning or an error."""
    findings = critparse.check(simple_record(entry), format="simple")
    return any(f.code in CODES[entry["check"]] and f.severity != "info" for f in findings)


def measure() -> dict[str, Counter[str]]:
    """True and false positives and negatives of every labelled check (``tp``, ``fp``, ``fn``, ``tn``)."""
    counts: dict[str, Counter[str]] = {check: Counter() for check in CODES}
    for entry in labelled():
        if entry["verdict"] == "ambiguous":
            continue
        truth, found = entry["verdict"] == "true", alarm(entry)
        counts[entry["check"]][("t" if truth is found else "f") + ("p" if found else "n")] += 1
    return counts


def precision_recall(count: Counter[str]) -> tuple[float, float]:
    """Precision and recall; 1.0 where nothing was found or is to be found."""
    precision = count["tp"] / (count["tp"] + count["fp"]) if count["tp"] + count["fp"] else 1.0
    recall = count["tp"] / (count["tp"] + count["fn"]) if count["tp"] + count["fn"] else 1.0
    return precision, recall


def fire() -> tuple[int, Counter[tuple[str, str]]]:
    """How many records were checked, and how often each code fired at each severity."""
    fired: Counter[tuple[str, str]] = Counter()
    number = 0
    for entry in labelled(SHARED / "records.jsonl.gz"):
        if entry["format"] in FIRE_FORMATS:
            number += 1
            fired.update((f.code, f.severity) for f in critparse.check(simple_record(entry), format="simple"))
    return number, fired


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--fire", action="store_true", help="also count how often each check fires on unlabelled records"
    )
    arguments = parser.parse_args()
    for check, count in measure().items():
        precision, recall = precision_recall(count)
        figures = "  ".join(f"{name} {count[name]:3}" for name in ("tp", "fp", "fn", "tn"))
        print(f"{check:20} {figures}  precision {precision:.3f}  recall {recall:.3f}")
    if arguments.fire:
        number, fired = fire()
        print(f"\n{number} records ({', '.join(sorted(FIRE_FORMATS))})")
        for (code, severity), times in sorted(fired.items(), key=lambda pair: -pair[1]):
            print(f"{times:6}  {severity:8} {code}")


if __name__ == "__main__":
    main()
