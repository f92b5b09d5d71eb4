"""How true the checks' alarms are, and how often each fires.

``python benchmarks/bench_checks.py`` measures precision and recall of the age, sex and healthy volunteers checks on
hand-labelled registry records (ambiguous ones left out); ``--fire`` also runs all checks over the other records, each
read in its own format, and prints how often each fires; ``--show CODE`` prints findings of one check to judge, drawn
by ``--seed``. The records are no part of the project: CRITPARSE_SHARED, or ../shared next to the checkout.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import critparse
from critparse.schema import FieldEvidence, ParsedTrial
from critparse.sources import Record, read

SHARED = Path(os.environ.get("CRITPARSE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "registry"
CODES = {
    "age": {"age-minimum-conflict", "age-maximum-conflict"},
    "sex": {"sex-conflict"},
    "healthy_volunteers": {"healthy-volunteers-conflict"},
}


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


def trials() -> Iterator[ParsedTrial]:
    """The unlabelled records, each in the format it came in, parsed without the model (no check asks it)."""
    for entry in labelled(SHARED / "records.jsonl.gz"):
        native = entry["record"]
        yield critparse.parse(native["xml"].encode() if set(native) == {"xml"} else native, model=False)


def fire() -> tuple[int, Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """All checks over the unlabelled records: their number, and by code and severity the findings and the records."""
    records, findings, found = 0, Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for trial in trials():
        records += 1
        codes = [(finding.code, finding.severity) for finding in trial.findings]
        findings.update(codes)
        found.update(set(codes))
    return records, findings, found


def show(code: str, seed: int, number: int) -> None:
    """Print some findings of one check with their passages, drawn by chance."""
    found = [(trial, finding) for trial in trials() for finding in trial.findings if finding.code == code]
    for trial, finding in random.Random(seed).sample(found, min(number, len(found))):
        texts = {text.id: text.text for text in trial.texts}
        print(f"{trial.trial_id}  {finding.severity}  {finding.message}")
        for evidence in finding.evidence:
            if isinstance(evidence, FieldEvidence):
                print(f"    {evidence.field}: {evidence.value}")
                continue
            text, start, end = texts[evidence.text_id], evidence.start, evidence.end
            around = f"{text[max(0, start - 120) : start]}[[{text[start:end]}]]{text[end : end + 120]}"
            print(f"    {evidence.text_id}: {' '.join(around.split())}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--fire", action="store_true", help="also count how often each check fires on unlabelled records"
    )
    parser.add_argument("--show", metavar="CODE", help="print findings of this check with their passages, nothing else")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, default=25)
    arguments = parser.parse_args()
    if arguments.show:
        show(arguments.show, arguments.seed, arguments.number)
        return
    for check, count in measure().items():
        precision, recall = precision_recall(count)
        figures = "  ".join(f"{name} {count[name]:3}" for name in ("tp", "fp", "fn", "tn"))
        print(f"{check:20} {figures}  precision {precision:.3f}  recall {recall:.3f}")
    if arguments.fire:
        records, findings, found = fire()
        print(f"\n{records} records\nfindings  records per 1,000")
        for (code, severity), times in findings.most_common():
            print(f"{times:8}  {1000 * found[code, severity] / records:17.1f}  {severity:8} {code}")


if __name__ == "__main__":
    main()
