"""The whole program on registry records: 100,000 criteria, killed ten times; a Ray cluster that loses a worker.

Records are repeated with changed ids, copies one after the other, so that most texts are parsed once.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from support import ROOT, SHARED

RECORDS = SHARED / "registry" / "records.jsonl.gz"
CRITERIA = 100_000
COPIES = 30
KILLS = 10
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "RAY_AUTH_MODE": "disabled"}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RECORDS.is_file(), reason="needs registry/records.jsonl.gz in $CRITPARSE_SHARED"),
]


def write_records(path: Path, count: int, copies: int) -> list[str]:
    """The first ``count`` records as simple records, ``copies`` of each; their ids."""
    ids = []
    with gzip.open(RECORDS, "rt", encoding="utf-8") as source, path.open("w", encoding="utf-8") as out:
        for _, line in zip(range(count), source, strict=False):
            record = json.loads(line)
            fields = record["registry"] or {}
            for copy in range(copies):
                ids.append(f"{record['id']}-{copy}")
                simple = {
                    "id": ids[-1],
                    "title": record["title"],
                    "eligibility": record["criteria"],
                    "minimum_age": fields.get("min_age"),
                    "maximum_age": fields.get("max_age"),
                    "sex": fields.get("sex"),
                }
                out.write(json.dumps(simple) + "\n")
    return ids


def command(source: Path, out: Path, *options: str) -> list[str]:
    """The program's command line."""
    return [sys.executable, "-m", "critparse", "batch", str(source), str(out), *options]


def finished(arguments: list[str]) -> str:
    """Run to the end; what it says."""
    done = subprocess.run(arguments, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_killed_ten_times_over_100_000_criteria(tmp_path: Path) -> None:
    """Nothing is lost, nothing doubled, and the bytes are those of an undisturbed run."""
    source, out, whole = (tmp_path / name for name in ("records.jsonl", "out", "whole"))
    ids = write_records(source, 250, COPIES)
    options = ("--workers", "2", "--chunk-size", "50")
    finished(command(source, whole, *options))
    moments = random.Random(8)
    for _ in range(KILLS):
        process = subprocess.Popen(command(source, out, *options), env=ENVIRONMENT, stderr=subprocess.DEVNULL)
        _wait_for(out, _chunks(out) + moments.randint(0, _chunks(whole) // KILLS))
        time.sleep(moments.uniform(0, 2))
        assert process.poll() is None, "it was done before it was killed ten times"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert _chunks(out) < _chunks(whole)
    said = finished(command(source, out, *options))
    assert "of them by an earlier run" in said
    assert tree(out) == tree(whole)
    assert duckdb.sql(f"select count(*) from '{out}/criteria/*.parquet'").fetchall()[0][0] >= CRITERIA
    query = f"select trial_id from '{out}/trials/*.parquet' order by record"
    assert [trial_id for (trial_id,) in duckdb.sql(query).fetchall()] == ids


def _chunks(folder: Path) -> int:
    """Chunks that the manifest has."""
    manifest = folder / "manifest.jsonl"
    return manifest.read_bytes().count(b'\n{"chunk"') if manifest.exists() else 0


def _wait_for(folder: Path, chunks: int) -> None:
    """Until the manifest has so many chunks."""
    deadline = time.monotonic() + 600
    while _chunks(folder) < chunks:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs Ray (the extra [ray])")
def test_ray_with_a_worker_killed_midway(tmp_path: Path) -> None:
    """Two workers on a real cluster of this machine, one of which is killed: the bytes are those of the local pool."""
    source, out, whole = (tmp_path / name for name in ("records.jsonl", "ray", "whole"))
    write_records(source, 60, 4)
    finished(command(source, whole, "--workers", "2", "--chunk-size", "10"))
    process = subprocess.Popen(
        command(source, out, "--workers", "2", "--chunk-size", "10", "--ray", "local"),
        env=ENVIRONMENT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    _wait_for(out, 4)
    victim = _actors(process.pid)[0]
    os.kill(victim, signal.SIGKILL)
    said = process.communicate()[1]
    assert process.returncode == 0, said
    assert "240 records: 240 parsed, 0 errors" in said
    assert tree(out) == tree(whole)


def _actors(pid: int) -> list[int]:
    """The processes below one that are Ray actors of ours."""
    parents = {}
    names = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                names[int(folder.name)] = (folder / "cmdline").read_bytes()
            except OSError:
                continue
    below, found = {pid}, []
    for _ in range(6):
        below |= {child for child, parent in parents.items() if parent in below}
    found = [child for child in below if names[child].startswith(b"ray::RayActor")]
    assert found, "there is no Ray actor"
    return found
