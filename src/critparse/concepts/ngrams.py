"""Names that look alike: an inverted index of character trigrams with tf-idf weights, exact and in a few milliseconds.

It stands in for an approximate index such as scispaCy builds: below half a million names the exact product is as
quick, needs neither a build on disk nor scikit-learn, and gives the same answer every time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint16]
_LETTERS = 40  # a-z, 0-9, space, and three kinds of everything else
DIMENSIONS = _LETTERS**3
"""How many trigrams there are."""
_SPACE = 36
_PUNCTUATION, _LATIN, _OTHER = 37, 38, 39
_BREAK = ord("\n")
_CHUNK = 16384  # names that are cut into trigrams at a time, so that little memory is needed


def _alphabet() -> npt.NDArray[np.uint8]:
    """From a byte to one of 40 letters."""
    table = np.full(256, _OTHER, dtype=np.uint8)
    table[:128] = _PUNCTUATION
    table[0xC3:0xC4] = _LATIN
    table[[ord(" "), ord("-"), ord("/"), ord(","), _BREAK]] = _SPACE
    for offset in range(26):
        table[ord("a") + offset] = offset
    for offset in range(10):
        table[ord("0") + offset] = 26 + offset
    return table


_TABLE = _alphabet()


def _trigrams(text: bytes) -> tuple[Codes, npt.NDArray[np.intp]]:
    """The codes of all trigrams of words padded with a space, and where in ``text`` each begins."""
    letters = _TABLE[np.frombuffer(text, dtype=np.uint8)].astype(np.uint16)
    codes = letters[:-2] * np.uint16(_LETTERS**2) + letters[1:-1] * np.uint16(_LETTERS) + letters[2:]
    inside = letters[1:-1] != _SPACE  # a trigram never reaches over a word's border
    places = np.flatnonzero(inside)
    return codes[places], places


def _owned(names: Sequence[str], first: int) -> tuple[Codes, npt.NDArray[np.int32]]:
    """The trigrams of some names, and the number of the name each belongs to, from ``first`` on."""
    text = ("\n" + "\n".join(names) + "\n\n").encode("utf-8", "replace")
    codes, places = _trigrams(text)
    breaks = np.cumsum(np.frombuffer(text, dtype=np.uint8) == _BREAK, dtype=np.int32)
    return codes, breaks[places + 1] + np.int32(first - 1)


class NgramIndex:
    """Finds the names most like a text by the cosine of their trigrams. Read-only once built; safe to share."""

    def __init__(self, names: Sequence[str]) -> None:
        """``names`` folded (:func:`critparse.lexicon.folding.fold_name`), without line breaks."""
        self._names = names
        chunks = [_owned(names[start : start + _CHUNK], start) for start in range(0, len(names), _CHUNK)]
        codes = np.concatenate([np.empty(0, dtype=np.uint16), *(codes for codes, _ in chunks)])
        owners = np.concatenate([np.empty(0, dtype=np.int32), *(owners for _, owners in chunks)])
        counts = np.bincount(codes, minlength=DIMENSIONS)
        self._starts = np.concatenate(([0], np.cumsum(counts)))
        self._idf = np.log((len(names) + 1) / (counts + 1)) + 1.0
        self._norms = np.ones(len(names), dtype=np.float32)
        for number, (some, theirs) in enumerate(chunks):
            start = number * _CHUNK
            squares = np.bincount(
                theirs - start, weights=self._idf[some] ** 2, minlength=min(_CHUNK, len(names) - start)
            )
            self._norms[start : start + _CHUNK] = np.sqrt(np.maximum(squares, 1e-9))
        del chunks
        self._postings: npt.NDArray[np.int32] = owners[np.argsort(codes, kind="stable")]  # 16 bits: a radix sort

    def __len__(self) -> int:
        return len(self._names)

    def encode(self, text: str) -> Codes:
        """The trigrams of a folded text, each once, as codes below :data:`DIMENSIONS`."""
        codes, _ = _trigrams(b" " + text.encode("utf-8", "replace") + b"  ")
        return np.unique(codes)

    def nearest(self, wanted: Codes, limit: int, least: float = 0.0) -> list[tuple[int, float]]:
        """(number of the name, cosine) of the names nearest to some trigrams, best first, equals in order."""
        if not len(wanted):
            return []
        parts = [self._postings[self._starts[code] : self._starts[code + 1]] for code in wanted]
        squares = self._idf[wanted] ** 2
        weights = np.repeat(squares, [len(part) for part in parts])
        scores = np.bincount(np.concatenate(parts), weights=weights, minlength=len(self._names))
        norm = float(np.sqrt(np.sum(squares)))
        found = np.flatnonzero(scores > np.maximum(least * norm * self._norms, 1e-9))
        cosines = scores[found] / (self._norms[found] * norm)
        if len(found) > limit:  # whatever is level with the last one that is wanted stays in until the names decide
            floor = -np.partition(-cosines, limit - 1)[limit - 1]
            kept = cosines >= floor
            found, cosines = found[kept], cosines[kept]
        best = sorted(zip((-cosines).tolist(), found.tolist(), strict=True))[:limit]
        return [(index, min(1.0, -cosine)) for cosine, index in best]

    def search(self, text: str, limit: int = 30, least: float = 0.3) -> list[tuple[str, float]]:
        """(name, cosine) of the names most like a folded text."""
        return [(self._names[index], cosine) for index, cosine in self.nearest(self.encode(text), limit, least)]
