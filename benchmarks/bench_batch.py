"""Batches with one and two workers: criteria a second, memory of a worker and its growth, whether the bytes agree.

    python benchmarks/bench_batch.py [--records 400] [--copies 1] [--workers 1 2] [--ray]

Reads registry records from ``$CRITPARSE_SHARED``. Rates are from the first chunk to the last, without loading; on a
machine with other work they say little. ``--copies`` repeats each record with other ids (its texts are parsed once).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CRITPARSE_SHARED", ROOT.parent / "shared"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def main() -> None:
    """Print a line for each number of workers."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=400)
    arguments.add_argument("--copies", type=int, default=1)
    arguments.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    arguments.add_argument("--ray", action="store_true", help="also on a Ray cluster of this machine")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_records(folder / "records.jsonl", given.records, given.copies)
        runs = [(f"{workers} local", workers, []) for workers in given.workers]
        if given.ray:
            runs.append((f"{given.workers[-1]} on Ray", given.workers[-1], ["--ray", "local"]))
        manifests = set()
        for number, (label, workers, options) in enumerate(runs):
            out = folder / str(number)
            measure(label, folder / "records.jsonl", out, ["--workers", str(workers), *options])
            manifests.add((out / "manifest.jsonl").read_bytes())
        print("the same bytes" if len(manifests) == 1 else "DIFFERENT BYTES")


def measure(label: str, source: Path, out: Path, options: list[str]) -> None:
    """One run, and what its log says of it."""
    command = [sys.executable, "-m", "critparse", "batch", str(source), str(out), "--chunk-size", "20", "--log-json"]
    said = subprocess.run([*command, *options], env=ENVIRONMENT, capture_output=True, text=True, check=True).stderr
    chunks = [entry for line in said.splitlines() if (entry := json.loads(line)).get("event") == "chunk"]
    times = [datetime.fromisoformat(chunk["time"]) for chunk in chunks]
    seconds = (times[-1] - times[0]).total_seconds() or 1e-3
    criteria = sum(chunk["rows"]["criteria"] for chunk in chunks[1:])
    memory = [chunk["worker_megabytes"] for chunk in chunks]
    growth = f"{memory[len(memory) // 4]} MB after a quarter, {memory[-1]} at the end, {max(memory)} at most"
    print(f"{label:10} {criteria / seconds:8.1f} criteria/s   a worker has {growth}", flush=True)


def write_records(path: Path, count: int, copies: int) -> None:
    """The first records of the registry file as simple records."""
    with gzip.open(SHARED / "registry" / "records.jsonl.gz", "rt", encoding="utf-8") as source, path.open("w") as out:
        for _, line in zip(range(count), source, strict=False):
            record = json.loads(line)
            for copy in range(copies):
                simple = {"id": f"{record['id']}-{copy}", "title": record["title"], "eligibility": record["criteria"]}
                out.write(json.dumps(simple) + "\n")


if __name__ == "__main__":
    main()
