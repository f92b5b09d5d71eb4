"""What the suite times: trials in critparse's own simple format, and their criteria.

``conformance``: the cases of ``corpora/conformance``, twelve to a trial; they come with every checkout.
``registry``: the records of ``$CRITPARSE_SHARED/registry``, real and twice as long.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from critparse.parser import parse_record
from critparse.schema import Criterion
from critparse.sources import read
from critparse.sources.record import Record

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CRITPARSE_SHARED", ROOT.parent / "shared"))
REGISTRY = SHARED / "registry" / "records.jsonl.gz"
_PER_TRIAL = 12
_EVERY = 35  # of the registry's records: its sources lie one behind the other


@dataclass(frozen=True, slots=True)
class Material:
    """Trials as JSON, the same as records, and the words of their criteria."""

    name: str
    sources: tuple[str, ...]
    records: tuple[Record, ...]
    criteria: tuple[str, ...]

    def described(self) -> dict[str, object]:
        """For the results: where the texts come from, and how many and how long they are."""
        characters = sum(map(len, self.criteria))
        return {
            "name": self.name,
            "trials": len(self.sources),
            "criteria": len(self.criteria),
            "characters_per_criterion": round(characters / max(1, len(self.criteria)), 1),
        }


def material(name: str, criteria: int) -> Material:
    """Trials with about so many criteria. Raises FileNotFoundError when ``registry`` is not there."""
    sources: list[str] = []
    records: list[Record] = []
    texts: list[str] = []
    for source in itertools.cycle(trials(name)):
        record = read(source)
        sources.append(source)
        records.append(record)
        texts.extend(criterion.text for criterion in flat(parse_record(record, model=False).criteria))
        if len(texts) >= criteria:
            return Material(name, tuple(sources), tuple(records), tuple(texts))
    raise AssertionError("a cycle ends only where there is nothing")


def flat(criteria: tuple[Criterion, ...]) -> Iterator[Criterion]:
    """Criteria with all below them."""
    for criterion in criteria:
        yield criterion
        yield from flat(criterion.children)


def trials(name: str) -> Iterator[str]:
    """All trials of a collection, as JSON in the simple format."""
    if name == "conformance":
        cases = (
            case["text"]
            for file in sorted((ROOT / "corpora" / "conformance").glob("*.yaml"))
            for case in yaml.safe_load(file.read_text("utf-8"))
        )
        number = 0
        while some := list(itertools.islice(cases, _PER_TRIAL)):
            lines = [" ".join(text.split()) for text in some]
            yield _simple(f"CASES{number}", "Inclusion Criteria:\n\n" + "".join(f"* {line}\n" for line in lines))
            number += 1
        return
    with gzip.open(REGISTRY, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    for first in range(_EVERY):
        for line in lines[first::_EVERY]:
            record = json.loads(line)
            yield _simple(record["id"], record["criteria"])


def _simple(trial_id: str, eligibility: str) -> str:
    return json.dumps({"id": trial_id, "eligibility": eligibility})
