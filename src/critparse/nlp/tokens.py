"""The token stream that the quantity grammar reads: words with offsets, and what each may begin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from critparse.lexicon.contractions import spelled_out
from critparse.lexicon.tokenize import split
from critparse.lexicon.vocabulary import Reading, vocabulary

_NOTHING: Mapping[str, Reading] = {}
_NOTHING_AT: Mapping[int, Reading] = {}


class Tokens:
    """Tokens of one criterion without white space.

    ``words``, ``lower``, ``starts``, ``ends`` run in parallel; ``lower`` has straight apostrophes, and "n't" as "not".
    ``shielded[i]`` is true for a token inside a name
    ("HIV-1 RNA", "PHQ-9"), whose digits are no quantity.
    """

    __slots__ = ("_readings", "ends", "lower", "shielded", "starts", "text", "words")

    def __init__(
        self, text: str, words: list[str], lower: list[str], starts: list[int], shields: Iterable[tuple[int, int]] = ()
    ) -> None:
        self.text = text
        self.words = words
        self.lower = lower
        self.starts = starts
        self.ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
        self.shielded = [False] * len(words)
        for start, end in shields:
            self._shield(start, end)
        known = vocabulary()
        self._readings: dict[str, dict[int, Reading]] = {}
        for index in range(len(words)):
            for kind, reading in (known.readings(self.lower, words, index) or _NOTHING).items():
                self._readings.setdefault(kind, {})[index] = reading

    @classmethod
    def of(cls, text: str, shields: Iterable[tuple[int, int]] = ()) -> Tokens:
        """Tokenise ``text``."""
        words: list[str] = []
        lower: list[str] = []
        starts: list[int] = []
        position = 0
        for token in split(text):
            if not token.isspace():
                for piece, form in spelled_out(token):
                    words.append(piece)
                    lower.append(form)
                    starts.append(position)
                    position += len(piece)
            else:
                position += len(token)
        return cls(text, words, lower, starts, shields)

    def _shield(self, start: int, end: int) -> None:
        for i, (a, b) in enumerate(zip(self.starts, self.ends, strict=True)):
            if a < end and b > start:
                self.shielded[i] = True

    def __len__(self) -> int:
        return len(self.words)

    def reading(self, index: int, kind: str) -> Reading | None:
        """The longest phrase of type ``kind`` that begins at ``index``."""
        found = self._readings.get(kind)
        return None if found is None else found.get(index)

    def readings(self, kind: str) -> Iterator[tuple[int, Reading]]:
        """Every phrase of type ``kind`` with the index it begins at, from left to right, none overlapping."""
        reached = 0
        for index, reading in self._readings.get(kind, _NOTHING_AT).items():
            if index >= reached:
                reached = reading.next
                yield index, reading

    def word(self, index: int) -> str:
        """The token at ``index`` in lower case, or "" beyond either end."""
        return self.lower[index] if 0 <= index < len(self.lower) else ""

    def glued(self, index: int) -> bool:
        """Whether the token at ``index`` follows the one before it without white space."""
        return 0 < index < len(self.words) and self.ends[index - 1] == self.starts[index]
