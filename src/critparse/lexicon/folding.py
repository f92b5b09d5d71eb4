"""Folding text for dictionary look-up: every folded character knows the character of the text it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPACES = "\t\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212\u00ad\ufe63\uff0d"
APOSTROPHES = "\u2018\u2019\u02bc\u00b4`\uff07"
_TABLE = (
    dict.fromkeys(map(ord, _SPACES), " ")
    | dict.fromkeys(map(ord, _HYPHENS), "-")
    | dict.fromkeys(map(ord, APOSTROPHES), "'")
    | dict.fromkeys(map(ord, "\u2028\u2029\u0085"), "\n")
    | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in (0xFF07, 0xFF0D)}  # full-width ASCII
    | {ord("\u03bc"): "\u00b5"}  # Greek mu -> micro sign
    # subscript and superscript digits, as in "SpO\u2082"
    | {0x2080 + digit: str(digit) for digit in range(10)}
    | {0x2070 + digit: str(digit) for digit in (0, *range(4, 10))}
    | {0xB9: "1", 0xB2: "2", 0xB3: "3"}
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_INNER_HYPHEN = re.compile(r"(?<=[^\W_])-(?=[^\W_])")
_SPACE_RUN = re.compile(r" *\n[ \n]*|  +")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text made ready for look-up: ``exact`` keeps the case, ``lower`` does not; both have the same length.

    ``offsets[i]`` is the place in the given text of folded character ``i``; None when they are the same.
    """

    exact: str
    lower: str
    offsets: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the given text of the folded characters ``start`` to ``end`` (``end`` exclusive)."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold case, hyphens, apostrophes and white space; a blank line stays a border (a line feed)."""
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    exact = _INNER_HYPHEN.sub(" ", text.translate(_TABLE))
    exact, offsets = _collapse(exact)
    return Folded(exact, _lower(exact), offsets)


def fold_name(name: str, *, case_sensitive: bool = False) -> str:
    """The form in which a dictionary name is looked up in a folded text."""
    folded = fold(name.strip())
    return folded.exact if case_sensitive else folded.lower


def _lower(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(char.lower()[0] for char in text)  # some letters lower to two characters: keep the length


def _collapse(text: str) -> tuple[str, list[int] | None]:
    if "\n" not in text and "  " not in text:
        return text, None
    pieces: list[str] = []
    offsets: list[int] = []
    last = 0
    for run in _SPACE_RUN.finditer(text):
        pieces.append(text[last : run.start()])
        pieces.append("\n" if run.group().count("\n") > 1 else " ")
        offsets.extend(range(last, run.start() + 1))
        last = run.end()
    pieces.append(text[last:])
    offsets.extend(range(last, len(text)))
    return "".join(pieces), offsets
