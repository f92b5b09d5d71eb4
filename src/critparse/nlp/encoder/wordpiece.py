"""WordPiece: a word as pieces of a fixed vocabulary (greedy, longest first), as BERT's uncased models expect it."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence

UNKNOWN, START, END = "[UNK]", "[CLS]", "[SEP]"
_MOST_CHARACTERS = 100
_CACHED_WORDS = 50_000


class WordPiece:
    """Looks words up in a vocabulary whose continuing pieces begin with ``##``."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self.unknown, self.start, self.end = (self._numbers[piece] for piece in (UNKNOWN, START, END))
        self.pieces = functools.lru_cache(maxsize=_CACHED_WORDS)(self._pieces)

    def _pieces(self, word: str) -> tuple[int, ...]:
        """The numbers of a word's pieces; a word that cannot be put together is one unknown piece."""
        plain = _plain(word)
        if not plain or len(plain) > _MOST_CHARACTERS:
            return (self.unknown,)
        found: list[int] = []
        start = 0
        while start < len(plain):
            prefix = "##" if start else ""
            for end in range(len(plain), start, -1):
                number = self._numbers.get(prefix + plain[start:end])
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return (self.unknown,)
        return tuple(found)


def _plain(word: str) -> str:
    """Lower case, without accents."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(c) != "Mn")
