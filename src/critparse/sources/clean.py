"""Texts as given and as read, with the way back from the one to the other."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from html.entities import html5

from critparse.schema import SourceText, Span

Piece = tuple[int, int, int]
"""One character of the clean text that stands for several of the raw text: clean index, raw start, raw end."""

_ESCAPE = re.compile(
    r"""\\?&(?P<twice>amp;)?(?P<entity>\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});
      | \\(?P<char>[!-/:-@\[-`{-~])""",
    re.VERBOSE,
)
"""Needs no look-around: a raw slice made of whole matches is read the same on its own as in its place."""

_TELLTALE = re.compile(r"\\[<>&]|&(?:amp;)?(?:lt|gt|ge|le|nbsp|#[0-9]{2,5});")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text as given (``raw``) and as read (``text``).

    ``pieces`` lists, in order, the characters of ``text`` that stand for several of ``raw``; of all others there is one
    in each, mostly the same.
    """

    id: str
    label: str
    raw: str
    text: str
    pieces: tuple[Piece, ...] = ()

    def span(self, start: int, end: int) -> Span:
        """The raw characters that produced ``text[start:end]``, escapes whole.

        Raises:
            ValueError: the offsets do not lie in the text in this order.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"no span {start}:{end} in a text of {len(self.text)} characters")
        first = self._raw_start(start)
        return Span(text_id=self.id, start=first, end=first if start == end else self._raw_end(end))

    def source(self) -> SourceText:
        """The text as given, in the form in which it enters the document."""
        return SourceText(id=self.id, label=self.label, text=self.raw)

    def _raw_start(self, position: int) -> int:
        """Raw offset of the first character that produced ``text[position]`` (or of the end of the text)."""
        before = bisect_left(self.pieces, (position,)) - 1
        return position if before < 0 else _after(self.pieces[before], position)

    def _raw_end(self, position: int) -> int:
        """Raw offset behind the last character that produced ``text[position - 1]``."""
        before = bisect_right(self.pieces, (position,)) - 1
        return position if before < 0 else _after(self.pieces[before], position)


def _after(piece: Piece, position: int) -> int:
    """Raw offset of the clean ``position``, which lies behind ``piece`` with no other piece between them."""
    index, _, raw_end = piece
    return raw_end + position - index - 1


def plain(id: str, label: str, raw: str) -> CleanText:
    """A text to be read as it stands."""
    raw = repair(raw)
    return CleanText(id, label, raw, raw)


def markdown(id: str, label: str, raw: str) -> CleanText:
    r"""A text in the markdown of ClinicalTrials.gov: escapes (``\>``, ``8\.``) and HTML entities (``\&gt;``) undone."""
    raw = repair(raw)
    pieces: list[Piece] = []
    parts: list[str] = []
    removed = done = 0
    for match in _ESCAPE.finditer(raw):
        char, end = _unescape(match)
        start = match.start()
        if end - start == 1:
            continue
        pieces.append((start - removed, start, end))
        parts += raw[done:start], char
        removed += end - start - 1
        done = end
    return CleanText(id, label, raw, "".join([*parts, raw[done:]]), tuple(pieces))


def guessed(id: str, label: str, raw: str) -> CleanText:
    r"""A text of unknown origin: read as markdown when it shows its escapes (``\>``, ``&lt;``), else as it stands."""
    return (markdown if _TELLTALE.search(raw) else plain)(id, label, raw)


def repair(raw: str) -> str:
    """``raw`` with each lone surrogate, which no encoding can write, replaced by U+FFFD; lengths do not change."""
    return raw if raw.isascii() else _SURROGATE.sub("\ufffd", raw)


def _unescape(match: re.Match[str]) -> tuple[str, int]:
    """The character that an escape stands for, and where the escape ends in the raw text.

    Of something that only looks like an entity no more is undone than the escape of its ampersand.
    """
    if match["char"]:
        return match["char"], match.end()
    char = _entity(match["entity"])
    if char:
        return char, match.end()
    return "&", match.start("entity")


def _entity(name: str) -> str | None:
    """The one visible or blank character that an HTML entity names; ``None`` for any other."""
    char = html.unescape(f"&{name};") if name.startswith("#") else html5.get(f"{name};", "")
    if len(char) != 1 or (char not in "\t\n" and unicodedata.category(char) in {"Cc", "Cs", "Cn", "Co"}):
        return None
    return char
