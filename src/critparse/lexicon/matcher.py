"""The dictionary matcher: two Aho-Corasick automata over folded text, borders checked, overlaps resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from critparse.lexicon.folding import Folded, fold

_MIN_PLURAL = 3


class Hit(NamedTuple):
    """A dictionary name found: offsets in the given text, and the key of the name."""

    start: int
    end: int
    key: int


class Matcher:
    """Finds the names of a dictionary in a text, leftmost-longest, on word borders, without overlaps.

    ``folded`` and ``exact`` map names, as :func:`critparse.lexicon.folding.fold_name` gives them, to keys; of two names
    on the same span the one with the smaller key wins.
    """

    def __init__(self, folded: Mapping[str, int], exact: Mapping[str, int]) -> None:
        self._folded = _Automaton(folded)
        self._exact = _Automaton(exact)

    def find(self, text: str) -> list[Hit]:
        """All hits in ``text`` by position. Runs in time linear in the text and the number of raw hits."""
        folded = fold(text)
        raw = [*self._folded.candidates(folded.lower), *self._exact.candidates(folded.exact)]
        raw.sort()
        return list(_leftmost_longest(raw, folded))


class _Automaton:
    def __init__(self, names: Mapping[str, int]) -> None:
        self._keys = list(names.values())
        # All overlapping matches, because a longest match that breaks a word border would hide a shorter good one.
        self._automaton = AhoCorasick(
            list(names), matchkind=MatchKind.Standard, implementation=Implementation.NoncontiguousNFA
        )

    def candidates(self, text: str) -> Iterator[tuple[int, int, int]]:
        """(start, -end, key) of every name that stands on word borders, a plural s included."""
        keys = self._keys
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if start and text[start - 1].isalnum() and text[start].isalnum():
                continue
            end = _word_end(text, start, end)
            if end:
                yield start, -end, keys[index]


def _word_end(text: str, start: int, end: int) -> int:
    """Where the word that ends at ``end`` ends, a plural s included; 0 when it goes on."""
    if end == len(text) or not text[end].isalnum() or not text[end - 1].isalnum():
        return end
    plural = text[end] == "s" and text[end - 1].isalpha() and end - start >= _MIN_PLURAL and text[end - 1] not in "sS"
    if plural and (end + 1 == len(text) or not text[end + 1].isalnum()):
        return end + 1
    return 0


def _leftmost_longest(raw: list[tuple[int, int, int]], folded: Folded) -> Iterator[Hit]:
    reached = 0
    for start, negative_end, key in raw:
        if start >= reached:
            reached = -negative_end
            yield Hit(*folded.span(start, reached), key)
