"""What the trained model costs: ``python benchmarks/bench_model.py [--rounds N] [--criteria N]``.

One process, one thread. Prints criteria per second of a whole parse with and without the model, and of the model's own
parts; the peak memory of the process; and the time per character for ever longer texts, which should not grow.
The texts are those of ``bench_rules.py``.
"""

from __future__ import annotations

import argparse
import resource
import time

import bench_rules

from critparse.nlp.encoder.names import name_numbers, names_in
from critparse.nlp.encoder.words import split_words
from critparse.nlp.model import default_model
from critparse.parser import parse_single

_SENTENCE = "History of severe migraine or stroke within 6 months before screening, unless treated with aspirin. "


def main() -> None:
    """Time the model and a parse with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--criteria", type=int, default=1000)
    options = parser.parse_args()
    texts = bench_rules.texts()
    texts = texts[:: max(1, len(texts) // options.criteria)]
    count, rounds = len(texts), options.rounds
    print(f"{count} criteria, {sum(map(len, texts)) / count:.0f} characters on average")
    model = default_model()
    words = [(found, name_numbers(found, names_in(text))) for text in texts for found in [split_words(text)]]
    bench_rules.timed("network", lambda: [model.output(*found) for found in words], count, rounds)
    bench_rules.timed("model", lambda: [model.read(text) for text in texts], count, rounds)
    bench_rules.timed("no model", lambda: [parse_single(t, "inclusion", model=False) for t in texts], count, rounds)
    bench_rules.timed("parse", lambda: [parse_single(text, "inclusion") for text in texts], count, rounds)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    for times in (1, 4, 16, 64):
        text = _SENTENCE * times
        begin = time.perf_counter()
        for _ in range(max(1, 64 // times)):
            parse_single(text, "exclusion")
        spent = (time.perf_counter() - begin) / max(1, 64 // times)
        print(f"{len(text):6} characters: {1e6 * spent / len(text):6.1f} µs a character")


if __name__ == "__main__":
    main()
