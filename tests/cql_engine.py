"""The reference translator of CQL and an engine, run by node, for tests of the export."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).resolve().parent / "cql"
_LONGEST = 900  # seconds


class Proof(NamedTuple):
    """What the translator has against a library, its definitions, and their answers by patient and definition."""

    problems: list[str]
    definitions: list[str]
    answers: dict[str, dict[str, bool | None]]


@functools.cache
def missing() -> str:
    """Why CQL cannot be translated here; "" where it can."""
    if shutil.which("node") is None:
        return "needs node"
    if not (HERE / "node_modules" / "@cqframework" / "cql").exists():
        return "needs the packages of tests/cql (make cql-tools)"
    return ""


needs_node = pytest.mark.skipif(bool(missing()), reason=missing() or "node is there")


def prove(tasks: Sequence[dict[str, Any]], folder: Path) -> list[Proof]:
    """Translate each task's ``cql``; with ``bundles`` and a ``date``, execute it on their patients."""
    asked, answered = folder / "tasks.json", folder / "answers.json"
    asked.write_text(json.dumps(tasks), encoding="utf-8")
    command = ["node", str(HERE / "prove.mjs"), str(asked), str(answered)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    assert done.returncode == 0, done.stderr
    return [Proof(**one) for one in json.loads(answered.read_text(encoding="utf-8"))]
