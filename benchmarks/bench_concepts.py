"""How right, how quick and how large the linking of mentions is.

``python benchmarks/bench_concepts.py`` prints accuracy and precision on ``corpora/concepts.tsv``, seconds and peak
memory from a fresh process to its first codes, and mentions a second on one core, by exact match and by candidates
(misspelt names, none twice). ``--chia PATH`` prints mentions of Chia's fold 1 with what they are linked to instead,
drawn by ``--seed``, as a table to judge by hand: source, label, mention, codes, candidates, line. Chia is no part of
the project.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from critparse.learn.brat import read_annotations
from critparse.learn.concepts import Linker, default_link, key, link_all, read_concepts, summary
from critparse.learn.entities import sources_of
from critparse.lexicon.resources import data_lines
from critparse.schema import Concept

ROOT = Path(__file__).resolve().parent.parent
LABELS = {"Condition", "Drug", "Procedure", "Device", "Measurement"}
FOLD = 1
_START = """
import json, time
begin = time.perf_counter()
import critparse
took = {"import critparse": time.perf_counter() - begin}
from critparse.concepts import link
for what, name in (("first code", "asthma"), ("first candidates", "astmha")):
    link(name, label="Condition", context=name)
    took[what] = time.perf_counter() - begin
# Not getrusage: its peak takes in that of the process that started this one.
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps({**took, "MB": peak / 1024}))
"""


def start_up(rounds: int) -> dict[str, float]:
    """Seconds from the start of a process to its first code and candidates (best of some), and its peak MB; Linux."""
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", _START], capture_output=True, check=True, text=True).stdout)
        for _ in range(rounds)
    ]
    return {what: min(run[what] for run in runs) for what in runs[0]}


def known_names(number: int, seed: int) -> list[str]:
    """Names that texts are searched for, drawn by chance: those for linking only are often no code by themselves."""
    rows = (line.split("\t") for _, line in data_lines("names.tsv.gz"))
    names = sorted({name for name, _, flag in rows if flag in ("", "c")})
    return random.Random(seed).sample(names, min(number, len(names)))


def misspelt(names: Sequence[str], seed: int) -> list[str]:
    """Longer names with a letter lost, doubled, swapped or replaced."""
    chance = random.Random(seed)
    return [_spoilt(name, chance) for name in names if len(name) > 7 and name[3:].isascii()]


def _spoilt(name: str, chance: random.Random) -> str:
    at = chance.randrange(2, len(name) - 2)
    before, letter, after = name[:at], name[at], name[at + 1 :]
    middle, after = chance.choice(
        [
            ("", after),
            (letter * 2, after),
            (after[0] + letter, after[1:]),
            (chance.choice(string.ascii_lowercase), after),
        ]
    )
    return before + middle + after


def rate(link: Linker, names: Sequence[str]) -> tuple[float, float]:
    """Mentions a second, each linked once and without context, and the share that got a code."""
    begin = time.perf_counter()
    given = sum(bool(link(name).concepts) for name in names)
    return len(names) / (time.perf_counter() - begin), given / len(names)


def chia_mentions(corpus: Path) -> Iterator[tuple[str, str, str, str]]:
    """(source, label, mention, line) of the annotated entities of fold 1 that have no gaps."""
    for source in sources_of(corpus, FOLD):
        for mention in read_annotations(source).mentions:
            if mention.type in LABELS and not mention.broken:
                start = source.text.rfind("\n", 0, mention.start) + 1
                end = source.text.find("\n", mention.end)
                line = source.text[start : end if end >= 0 else None]
                yield source.name, mention.type, source.text[mention.start : mention.end], line


def show_chia(corpus: Path, number: int, seed: int) -> None:
    """Print mentions drawn by chance with what they are linked to, as tab-separated columns."""
    drawn = list(chia_mentions(corpus))
    link = default_link()
    print("source\tlabel\tmention\tcodes\tcandidates\tline")
    for name, label, mention, line in random.Random(seed).sample(drawn, min(number, len(drawn))):
        found = link(mention, label=label, context=line)
        cells = (name, label, mention, _shown(found.concepts), _shown(found.candidates), line)
        print("\t".join(" ".join(cell.split()) for cell in cells))


def _shown(concepts: Sequence[Concept]) -> str:
    return "; ".join(f"{key(c)} {c.display} ({c.method} {c.score:.2f})" for c in concepts)


def show_figures(number: int, seed: int) -> None:
    """Print accuracy, start-up and rates."""
    link = default_link()
    found = summary(link_all(read_concepts(ROOT / "corpora/concepts.tsv"), link))
    for group in ("by_system", "by_label", "by_kind"):
        for name, figures in found[group].items():
            recall = figures["recall"] if "recall" in figures else figures["accuracy"]
            print(f"{name:16} recall {_percent(recall)}  precision {_percent(figures['precision'])}")
    print(f"accuracy {_percent(found['accuracy'])}  precision {_percent(found['precision'])}")
    print("start-up  " + "  ".join(f"{what} {value:.2f}" for what, value in start_up(3).items()))
    names = known_names(number, seed)
    for what, mentions in (("exact", names), ("candidates", misspelt(names[: number // 5], seed))):
        per_second, linked = rate(link, mentions)
        print(f"{what:10}  {per_second:8.0f} mentions a second  ({len(mentions)}, {linked:.0%} of them linked)")


def _percent(share: float | None) -> str:
    return "    -" if share is None else f"{share:.3f}"


def main() -> None:
    """Print the figures, or the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--chia", type=Path, metavar="PATH", help="print mentions of this corpus to judge, nothing else"
    )
    parser.add_argument("--sample", type=int, default=200, help="how many mentions of Chia")
    parser.add_argument("--names", type=int, default=5000, help="how many names to time")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.chia:
        show_chia(arguments.chia, arguments.sample, arguments.seed)
    else:
        show_figures(arguments.names, arguments.seed)


if __name__ == "__main__":
    main()
