"""Where a trial says what was searched: short excerpts of its texts, with the words marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from critparse.review.store.words import LETTER, Said, folded, is_dense, said, words

_AROUND = 50
"""Characters before and behind a word, at most."""
_LONGEST = 60
"""Characters of a word behind what was asked for."""
_MOST = 3
_OTHERS = re.compile(r"[^\x00-\x7f]")
_LOOKED = 100_000
"""Characters of a text that are looked through."""


class Excerpt(NamedTuple):
    """A stretch of a text. ``pieces``: its words in their order, and whether they are what was searched."""

    label: str
    pieces: tuple[tuple[str, bool], ...]


def missing(asked: str, shown: str) -> list[str]:
    """The words that are asked for and that nothing in a text begins with."""
    at_hand = list(words(shown))
    return [word for word in words(asked) if not any(one.startswith(word) for one in at_hand)]


def excerpts(document: Said, wanted: list[str]) -> list[Excerpt]:
    """Where a document has words that begin so, each once; three excerpts at most."""
    found: list[Excerpt] = []
    for label, given in said(document):
        text = unicodedata.normalize("NFC", given[:_LOOKED])
        plain = _plain(text)
        while wanted and len(found) < _MOST and (first := _pattern(wanted).search(plain)):
            start, end = _around(text, first.start(), first.end())
            hits = [hit.span() for hit in _pattern(wanted).finditer(plain, start, end)]
            found.append(Excerpt(label, _pieces(text, start, end, hits)))
            wanted = [word for word in wanted if not any(plain.startswith(word, hit) for hit, _ in hits)]
    return found


def _plain(text: str) -> str:
    """A text as it is searched, character by character: what would become longer or shorter stays as it is."""
    return _OTHERS.sub(_letter, text).lower()


def _letter(found: re.Match[str]) -> str:
    plain = folded(found[0])
    return plain if len(plain) == 1 else found[0]


def _pattern(wanted: Iterable[str]) -> re.Pattern[str]:
    """What finds the words that begin so; it looks behind last, which is much quicker."""
    begun = (word if is_dense(word) else rf"{word}(?<!{LETTER}{word}){LETTER}{{0,{_LONGEST}}}" for word in wanted)
    return re.compile("|".join(begun))


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """The range of an excerpt, which does not cut words."""
    first = text.find(" ", start - _AROUND, start) + 1 or start if start > _AROUND else 0
    last = text.rfind(" ", end, end + _AROUND) if end + _AROUND < len(text) else len(text)
    return first, max(last, end)


def _pieces(text: str, start: int, end: int, hits: list[tuple[int, int]]) -> tuple[tuple[str, bool], ...]:
    pieces, last = [("… " if start else "", False)], start
    for first, behind in hits:
        pieces += [(text[last:first], False), (text[first:behind], True)]
        last = behind
    pieces += [(text[last:end], False), (" …" if end < len(text) else "", False)]
    return tuple((re.sub(r"\s+", " ", piece), hit) for piece, hit in pieces if piece)
