"""What has to be measured in processes of its own: start-up, growth with the number of criteria, one worker and two."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from suite_texts import ROOT, trials

_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
_STARTS = {
    "import critparse": "import critparse",
    "first document, no model": "import critparse; critparse.parse('Inclusion Criteria:\\n- Asthma', model=False)",
    "first document": "import critparse; critparse.parse('Inclusion Criteria:\\n- Asthma')",
}


def start_up(times: int = 3) -> list[dict[str, Any]]:
    """Seconds from starting Python to a result, the best of some times."""
    return [{"name": name, "seconds": min(_timed(code) for _ in range(times))} for name, code in _STARTS.items()]


def growth(name: str, sizes: list[int], *, model: bool) -> list[dict[str, Any]]:
    """For each number of criteria a fresh process that parses them, each once: rate and peak memory."""
    return [json.loads(_run([sys.executable, __file__, name, str(size), str(int(model))]).stdout) for size in sizes]


def workers(name: str, count: int, numbers: tuple[int, ...] = (1, 2)) -> list[dict[str, Any]]:
    """``critparse batch`` over the same trials with so many workers: criteria a second from first to last chunk."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "trials.jsonl"
        with source.open("w", encoding="utf-8") as out:
            for number, trial in enumerate(trials(name)):
                out.write(trial + "\n")
                if number + 1 == count:
                    break
        return [_batch(source, Path(folder) / str(number), number) for number in numbers]


def _batch(source: Path, out: Path, number: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "critparse", "batch", str(source), str(out)]
    said = _run([*command, "--workers", str(number), "--chunk-size", "10", "--log-json"]).stderr
    chunks = [entry for line in said.splitlines() if (entry := json.loads(line)).get("event") == "chunk"]
    begin, end = (datetime.fromisoformat(chunks[at]["time"]) for at in (number - 1, -1))
    criteria = sum(chunk["rows"]["criteria"] for chunk in chunks[number:])
    return {
        "workers": number,
        "criteria": criteria,
        "criteria_per_second": round(criteria / max(1e-3, (end - begin).total_seconds()), 1),
        "worker_megabytes": max(chunk["worker_megabytes"] for chunk in chunks),
    }


def _timed(code: str) -> float:
    begin = time.perf_counter()
    _run([sys.executable, "-c", code])
    return round(time.perf_counter() - begin, 2)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=_ENVIRONMENT, check=True, capture_output=True, text=True)


def _grow(name: str, size: int, *, model: bool) -> dict[str, Any]:
    """In the process of its own: parse trials until so many criteria are done."""
    import itertools

    from suite_texts import flat

    import critparse

    critparse.parse("Inclusion Criteria:\n- Asthma", model=model)
    begin, done = time.process_time(), 0
    for trial in itertools.cycle(trials(name)):
        done += sum(1 for _ in flat(critparse.parse(trial, model=model).criteria))
        if done >= size:
            break
    seconds = time.process_time() - begin
    return {
        "criteria": done,
        "criteria_per_second": round(done / seconds, 1),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    print(json.dumps(_grow(sys.argv[1], int(sys.argv[2]), model=bool(int(sys.argv[3])))))
