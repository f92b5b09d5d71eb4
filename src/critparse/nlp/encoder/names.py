"""Which words of a text are dictionary names: what the trained model is told besides the words themselves."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from critparse.nlp.encoder.words import Word

LABELS = ("Condition", "Drug", "Measurement", "Procedure", "Observation", "Device")
NAMES = 1 + 2 * len(LABELS)
"""How many values a word's number can take: of no name, and the first or a later word of a name with each label."""


class Named(NamedTuple):
    """A dictionary name: ``text[start:end]`` and its label."""

    start: int
    end: int
    label: str


def names_in(text: str) -> list[Named]:
    """The names that critparse's dictionary has for a text."""
    from critparse.lexicon import default_lexicon

    return [Named(mention.start, mention.end, mention.label) for mention in default_lexicon().match(text)]


def name_numbers(words: Sequence[Word], names: Iterable[Named]) -> list[int]:
    """For each word the number that says whether it belongs to a name, and to what kind of name."""
    numbers = [0] * len(words)
    starts, ends = [word.start for word in words], [word.end for word in words]
    for start, end, label in names:
        if label in LABELS:
            number = 1 + 2 * LABELS.index(label)
            first, last = bisect_right(ends, start), bisect_left(starts, end)
            numbers[first:last] = [number, *[number + 1] * (last - first - 1)][: last - first]
    return numbers
