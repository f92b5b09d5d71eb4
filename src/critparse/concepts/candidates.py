"""What a mention that stands in no dictionary may mean: names inside it, and names that look like it."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from critparse.concepts.dictionary import Dictionary
from critparse.concepts.forms import words_of
from critparse.concepts.ngrams import NgramIndex
from critparse.concepts.spelling import compare, turns
from critparse.concepts.wording import wording
from critparse.lexicon.folding import fold_name

_PART = 0.5  # of a mention that is wholly covered by the name inside it, less for less
_ALIKE = 0.6  # of a name with the same trigrams
_SEARCHED = 60
_LEAST_COSINE = 0.35
_LEAST_UNKNOWN = 5  # letters of a word that may be a slip
_LEAST_CORRECTED = 7  # letters of a word that is corrected by its letters alone
_LEAST_TWICE = 11  # letters of one that may have two slips
_REMEMBERED = 64  # searches: a mention's slips and its candidates come from one


class Candidate(NamedTuple):
    """A concept a mention may mean: by which name, how it was found, and how sure that is."""

    score: float
    concept_id: str
    method: str
    name: str


class Similar:
    """The names that look like a text, of all names of a dictionary; the index is built on first use."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._ids = dict(dictionary.all_names())
        self.names = sorted(name for name in self._ids if name.isprintable())
        self.index = NgramIndex(self.names)
        self._search = functools.lru_cache(maxsize=_REMEMBERED)(self._searched)
        self._known = wording().words | {word for name in self.names for word in name.split()}

    def slips(self, text: str) -> Iterator[tuple[str, tuple[str, ...], float, int]]:
        """(name, its concept ids, share of letters that differ, edits) of names that ``text`` is a misspelling of."""
        mention = words_of(text)
        for name, _ in self._search(fold_name(text)):
            slip = compare(mention, _words(name), self._known)
            if slip is not None:
                yield name, self._ids[name], slip.share, slip.edits

    def has_unknown(self, text: str) -> bool:
        """Whether a longer word of the text stands in no name: without one there is no slip."""
        return any(
            len(word) >= _LEAST_UNKNOWN and word not in self._known and word.removesuffix("s") not in self._known
            for word in words_of(text)
        )

    def corrected(self, text: str) -> str | None:
        """The text with its one unknown word replaced by the known word nearest to it; ``None`` when none is nearest.

        Trigrams miss a slip at the beginning of a word ("pnuemonia"); letters do not.
        """
        words = fold_name(text).split()
        unknown = [at for at, word in enumerate(words) if word.isalpha() and word not in self._known]
        if len(unknown) != 1 or len(words[unknown[0]]) < _LEAST_CORRECTED:
            return None
        word = words[unknown[0]]
        near = [other for size in (-1, 0, 1) for other in self._shelves.get((word[0], len(word) + size), ())]
        most = 1 if len(word) < _LEAST_TWICE else 2
        found = process.extract(word, near, scorer=OSA.distance, score_cutoff=most, limit=2)
        if not found or (len(found) > 1 and found[0][1] == found[1][1]) or turns(word, found[0][0]):
            return None
        return " ".join([*words[: unknown[0]], found[0][0], *words[unknown[0] + 1 :]])

    @functools.cached_property
    def _shelves(self) -> dict[tuple[str, int], list[str]]:
        """The known words by first letter and length."""
        shelves: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted(self._known):
            if len(word) >= _LEAST_CORRECTED - 1 and word.isalpha():
                shelves[word[0], len(word)].append(word)
        return shelves

    def alike(self, text: str, limit: int) -> Iterator[Candidate]:
        """The most similar names, as candidates."""
        for name, cosine in self._search(fold_name(text))[:limit]:
            for concept_id in self._ids[name]:
                yield Candidate(round(cosine * _ALIKE, 3), concept_id, "similar", name)

    def _searched(self, folded: str) -> list[tuple[str, float]]:
        return self.index.search(folded, _SEARCHED, _LEAST_COSINE)


_words = functools.lru_cache(maxsize=32768)(words_of)


def parts(words: list[tuple[str, int, int]], text: str, lookup: Callable[[str], str | None]) -> Iterator[Candidate]:
    """The names inside a mention, the longest first; the one at its end is its head and goes before its equals."""
    length = len(words)
    for size in range(length - 1, 0, -1):
        for first in range(length - size, -1, -1):
            piece = text[words[first][1] : words[first + size - 1][2]]
            concept_id = lookup(piece) if len(piece) > 2 else None
            if concept_id:
                head = first + size == length
                share = len(piece) / max(1, len(text))
                yield Candidate(round(_PART * share + 0.05 * head, 3), concept_id, "head" if head else "part", piece)
