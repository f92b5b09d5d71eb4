"""Criteria per second on one core, stage by stage: ``python benchmarks/bench_rules.py [--rounds N]``.

The texts are critparse's own conformance cases, and the lines of the LCT corpus when ``../shared`` is there.
Prints one line per stage: the median of the rounds. Stages: ``limits`` tokens and the quantity grammar; ``rules`` the
whole way from words and mentions to rule and entities, without the pipeline; ``pipeline`` spaCy components alone;
``parse`` everything, from the text of a criterion to the Criterion. All without the trained model, whose cost
``bench_model.py`` shows.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import yaml

from critparse.nlp.tokens import Tokens
from critparse.parser import annotate, parse_single
from critparse.quantities.grammar import read_limits
from critparse.rules.build import read_criterion
from critparse.schema import Span

ROOT = Path(__file__).resolve().parent.parent


def texts() -> list[str]:
    """The criteria to time."""
    found = [
        case["text"]
        for file in sorted((ROOT / "corpora/conformance").glob("*.yaml"))
        for case in yaml.safe_load(file.read_text("utf8"))
    ]
    corpus = Path(os.environ.get("CRITPARSE_SHARED", ROOT.parent / "shared")) / "corpora/lct.zip"
    if corpus.exists():
        with zipfile.ZipFile(corpus) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".txt"))[:200]
            lines = (line.strip() for name in names for line in archive.read(name).decode("utf8").splitlines())
            found.extend(line for line in lines if len(line) > 3)
    return found


def place(start: int, end: int) -> Span:
    """Spans as in :func:`critparse.parse_criterion`."""
    return Span(text_id="criterion", start=start, end=end)


def timed(stage: str, run: Callable[[], object], count: int, rounds: int) -> None:
    """Run a stage ``rounds`` times after a warm-up and print the median rate."""
    run()
    rates = []
    for _ in range(rounds):
        begin = time.perf_counter()
        run()
        rates.append(count / (time.perf_counter() - begin))
    print(f"{stage:10} {statistics.median(rates):8.0f} criteria/s   ({min(rates):.0f} to {max(rates):.0f})")


def main() -> None:
    """Time every stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    criteria = texts()
    mentions = [found.mentions for found in annotate(criteria, model=False)]
    pairs = list(zip(criteria, mentions, strict=True))
    print(f"{len(criteria)} criteria, {sum(map(len, criteria)) / len(criteria):.0f} characters on average")
    timed("limits", lambda: [read_limits(Tokens.of(text)) for text in criteria], len(criteria), rounds)
    timed(
        "rules",
        lambda: [
            read_criterion(t, m, place, raw=t, kind="inclusion", entity_numbers=itertools.count(1)) for t, m in pairs
        ],
        len(criteria),
        rounds,
    )
    timed("pipeline", lambda: annotate(criteria, model=False), len(criteria), rounds)
    timed("parse", lambda: [parse_single(text, "inclusion", model=False) for text in criteria], len(criteria), rounds)


if __name__ == "__main__":
    main()
