"""Users' vocabularies: how fast one is built, how large it gets, how fast it answers.

``python benchmarks/bench_vocabulary.py [--concepts N] [--athena DIR] [--keep DIR]``. Without ``--athena``, a download
in the shape of Athena's is generated (N concepts, half as many synonyms, three relationships and six ancestors for
each). Prints rows a second of the build, the peak of memory, the size of the file; then questions a second:
``name`` exact, ``form`` in another form, ``missing`` not there, ``code``, ``similar`` candidates of misspelled names.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from critparse.concepts.vocabularies import Vocabulary
from critparse.concepts.vocabularies.athena import Athena
from critparse.concepts.vocabularies.build import build
from critparse.concepts.vocabularies.folder import FOLDER
from critparse.concepts.vocabularies.steps import Filters

_DATES = "19700101\t20991231"
_HEADERS = {
    "CONCEPT": "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\t"
    "valid_start_date\tvalid_end_date\tinvalid_reason",
    "CONCEPT_SYNONYM": "concept_id\tconcept_synonym_name\tlanguage_concept_id",
    "CONCEPT_RELATIONSHIP": "concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\t"
    "invalid_reason",
    "CONCEPT_ANCESTOR": "ancestor_concept_id\tdescendant_concept_id\tmin_levels_of_separation\t"
    "max_levels_of_separation",
}
_ROOTS = "cardi nephr hepat gastr neur derm oste arthr my hem pneum encephal ot rhin cyst aden lip angi"
_ENDS = "itis osis oma opathy algia ectomy plasty ology emia uria megaly penia"
_WORDS = "acute chronic recurrent severe left right upper lower type primary secondary due to of with without stage"


def lexicon(chance: random.Random) -> list[str]:
    """Words that look like those of medicine, the first the most frequent."""
    roots, ends = _ROOTS.split(), _ENDS.split()
    made = {
        "".join(chance.choices(roots, k=chance.randint(1, 2)))
        + "".join(chance.choices("aeiou", k=1) + chance.choices("bcdfglmnprstvx", k=1)) * chance.randint(0, 1)
        + chance.choice(ends)
        for _ in range(8000)
    }
    return sorted(made, key=lambda _: chance.random())


def words(chance: random.Random, known: list[str]) -> str:
    """A name of one to six words."""
    parts = [chance.choice(_WORDS.split()) for _ in range(chance.randint(0, 3))]
    parts += [known[int(len(known) * chance.random() ** 2)] for _ in range(chance.randint(1, 3))]
    return " ".join(parts)


def generate(folder: Path, concepts: int) -> Path:
    """A download: every other concept is standard, those between map to the one before; one in fifty is invalid."""
    chance = random.Random(17)
    known = lexicon(chance)
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: (folder / f"{name}.csv").open("w", encoding="utf-8") for name in _HEADERS}
    try:
        for name, header in _HEADERS.items():
            files[name].write(f"{header}\n")
        for number in range(concepts):
            id_ = 1000 + 3 * number
            standard = number % 2 == 0
            kind = "Disorder\tS" if standard else "5-char billing code\t"
            vocabulary = "SNOMED" if standard else "ICD10CM"
            invalid = "D" if number % 50 == 1 else ""
            code = f"{vocabulary[0]}{number}"
            files["CONCEPT"].write(
                f"{id_}\t{words(chance, known)}\tCondition\t{vocabulary}\t{kind}\t{code}\t{_DATES}\t{invalid}\n"
            )
            if standard:
                files["CONCEPT_SYNONYM"].write(f"{id_}\t{words(chance, known)}\t4180186\n")
            target = id_ if standard else id_ - 3
            for relationship, other in (("Maps to", target), ("Mapped from", target), ("Has finding site", 1000)):
                files["CONCEPT_RELATIONSHIP"].write(f"{id_}\t{other}\t{relationship}\t{_DATES}\t\n")
            above = number
            for level in range(6):
                files["CONCEPT_ANCESTOR"].write(f"{1000 + 3 * above}\t{id_}\t{level}\t{level}\n")
                above //= 3
    finally:
        for file in files.values():
            file.close()
    return folder


def peak() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(what: str, run: Callable[[str], object], questions: Sequence[str], rounds: int) -> None:
    """Ask in ``rounds`` parts and print the median rate."""
    size = len(questions) // rounds
    rates = []
    for number in range(rounds):
        begin = time.perf_counter()
        for question in questions[number * size : (number + 1) * size]:
            run(question)
        rates.append(size / (time.perf_counter() - begin))
    print(f"{what:8} {statistics.median(rates):9.0f} /s   ({min(rates):.0f} to {max(rates):.0f})")


def ask(vocabulary: Vocabulary, path: Path) -> None:
    """Questions from the vocabulary's own names, each asked once."""
    import sqlite3

    database = sqlite3.connect(path)
    rows = database.execute("SELECT c.name, c.system, c.code FROM concept c WHERE c.id % 7 < 2 LIMIT 200000").fetchall()
    database.close()
    chance = random.Random(3)
    chance.shuffle(rows)
    names = [name for name, _, _ in rows]
    codes = {code: system for _, system, code in rows}
    timed("name", vocabulary.lookup, names[:5000], 5)
    timed("form", vocabulary.lookup, [f"{name}s" for name in names[:5000]], 5)
    timed("missing", vocabulary.lookup, [f"{name} or so" for name in names[:5000]], 5)
    timed("code", lambda code: vocabulary.by_code(codes[code], code), list(codes)[:5000], 5)
    misspelled = [name[: len(name) // 2] + name[len(name) // 2 + 1 :] for name in names[:300]]
    timed("similar", vocabulary.candidates, misspelled, 3)


def main() -> None:
    """Build and ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", type=int, default=200_000)
    parser.add_argument("--athena", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the generated files and the vocabulary")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.keep or Path(temporary)
        os.environ[FOLDER] = str(place)
        folder = arguments.athena or generate(place / "athena", arguments.concepts)
        lines = sum(sum(1 for _ in path.open("rb")) for path in folder.glob("CONCEPT*.csv"))
        before = peak()
        begin = time.perf_counter()
        path = build("bench", Athena(folder, Filters()), replace=True)
        seconds = time.perf_counter() - begin
        vocabulary = Vocabulary.open("bench")
        concepts = sum(row[2] for row in vocabulary.meta["counts"])
        print(f"{lines:,} lines of files, {concepts:,} concepts, {vocabulary.meta['names']:,} names")
        print(f"build    {lines / seconds:9.0f} lines/s  {concepts / seconds:.0f} concepts/s  ({seconds:.1f} s)")
        print(f"memory   {peak():9.0f} MB at most, {before:.0f} MB before   file {path.stat().st_size / 1e6:.0f} MB")
        ask(vocabulary, path)
        vocabulary.close()


if __name__ == "__main__":
    main()
