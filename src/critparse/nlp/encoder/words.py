"""Words as the trained model sees them: runs of letters, runs of digits, and every other sign by itself."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from critparse.nlp.encoder.tags import TypedSpan

_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_SIGNS = ",.;:()[]/-–%<>=≥≤+×*'\""
_FIRST_SIGN = 10
_OTHER_SIGN = _FIRST_SIGN + len(_SIGNS)
SHAPES = 4 * (_OTHER_SIGN + 1)
"""How many values :attr:`Word.shape` can take: a class of letters, and whether blanks stand before and after."""


class Word(NamedTuple):
    """``text[start:end]``; ``shape``: capitals, digits or sign, and the blanks around it, as one number."""

    start: int
    end: int
    text: str
    shape: int


def split_words(text: str) -> list[Word]:
    """The words of a text in order; blanks belong to none of them."""
    words = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        before = start == 0 or text[start - 1].isspace()
        after = end == len(text) or text[end].isspace()
        words.append(Word(start, end, match[0], 4 * _class(match[0]) + 2 * before + after))
    return words


def span_of(words: Sequence[Word], start: int, end: int, type: str) -> TypedSpan:
    """The words that hold the characters from ``start`` to ``end``; a word that is only touched belongs to them."""
    starts = [word.start for word in words]
    first = max(0, bisect_right(starts, start) - 1)
    if words[first].end <= start:
        first = min(first + 1, len(words) - 1)
    return TypedSpan(first, max(first, bisect_right(starts, end - 1) - 1), type)


def _class(word: str) -> int:
    """What kind of signs a word consists of: what an encoder of lower-case text cannot see."""
    if word[0].isdecimal():
        return 6 + min(len(word), 4) - 1
    if word[0].isalpha():
        if word.islower():
            return 0
        if word.isupper():
            return 2 if len(word) == 1 else 3 if len(word) <= 4 else 4
        return 1 if word[1:].islower() else 5
    place = _SIGNS.find(word)
    return _OTHER_SIGN if place < 0 else _FIRST_SIGN + place
