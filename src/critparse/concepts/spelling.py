"""Whether a mention is a dictionary name written wrongly: word by word, numbers alike, no known word for another.

Character n-grams alone cannot tell "type 1 diabetes" from "type 2 diabetes", nor "hypercalcemia" from "hypocalcemia";
so a similar name counts only when every word has its partner and each partner is a plausible slip of the pen.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from critparse.concepts.wording import Words

_FUNCTION = frozenset(("of", "the", "a", "an", "in", "to", "and", "with", "by", "due", "for", "or"))
_LEAST = 5  # letters of a word in which a slip is believed
_LONG = 9  # letters from which two slips are
_VERY_LONG = 13
_NUMERAL = re.compile(r"\d+[a-z]?|[ivx]+|[a-h]")
_TURNING = ("hyper", "hypo", "anti", "non", "dys", "inter", "intra", "pre", "post", "macro", "micro")

_ENDINGS = ("otomy", "ostomy", "ectomy", "oplasty", "oscopy", "opexy", "itis", "osis", "oma", "emia", "uria", "opathy")


@dataclass(frozen=True, slots=True)
class Slip:
    """How a mention differs from a name: ``edits`` over its words, also as a share of its letters; words in order."""

    edits: int
    share: float
    ordered: bool


def compare(mention: Words, name: Words, known: Collection[str]) -> Slip | None:
    """The slip that makes ``mention`` out of ``name``; ``None`` when they are different things.

    ``known``: words that are right as they stand, so that they are no slips of others.
    """
    left = [word for word in mention if word not in _FUNCTION and word[0].isalnum()]
    right = [word for word in name if word not in _FUNCTION and word[0].isalnum()]
    if len(left) != len(right) or not left:
        return None
    free = list(range(len(right)))
    edits = 0
    places = []
    for word in left:
        best = min(((_edits(word, right[at], known), at) for at in free), default=(None, -1), key=_rank)
        if best[0] is None:
            return None
        edits += best[0]
        places.append(best[1])
        free.remove(best[1])
    letters = sum(map(len, right))
    return Slip(edits, edits / letters, places == sorted(places))


def _rank(pair: tuple[int | None, int]) -> tuple[int, int]:
    return (99 if pair[0] is None else pair[0]), pair[1]


@functools.lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 6 and word.endswith("ine"):
        return word[:-1]  # creatinin, creatinine
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _edits(word: str, other: str, known: Collection[str]) -> int | None:
    """Edits from one word to the other; ``None`` for more than a slip."""
    if word == other or _stem(word) == _stem(other):
        return 0
    if _NUMERAL.fullmatch(word) or _NUMERAL.fullmatch(other) or min(len(word), len(other)) < _LEAST:
        return None
    if word in known or _stem(word) in known or not (word.isalpha() and other.isalpha()) or word[0] != other[0]:
        return None
    most = 1 if len(other) < _LONG else 2 if len(other) < _VERY_LONG else 3
    edits = OSA.distance(word, other, score_cutoff=most)
    return edits if edits <= most and not turns(word, other) else None


def turns(word: str, other: str) -> bool:
    """Whether two words differ in a prefix or ending that makes another thing: hypo- or hyper-, -otomy or -ostomy."""
    heads = {next(filter(w.startswith, _TURNING), "") for w in (word, other)}
    ends = {next(filter(w.endswith, _ENDINGS), "") for w in (word, other)} - {""}
    return len(heads) > 1 or len(ends) > 1
