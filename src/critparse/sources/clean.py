"""Texts as given and as read, with the way back from the one to the other."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.entities import html5

from critparse.schema import SourceText, Span
from critparse.sources.mojibake import Edit, repairs

Piece = tuple[int, int, int]
"""One character of the clean text that stands for several of the raw text: clean index, raw start, raw end."""

_ESCAPE = re.compile(
    r"""\\?&(?P<twice>amp;)?(?P<entity>\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});
      | \\(?P<char>[!-/:-@\[-`{-~])""",
    re.VERBOSE,
)
"""Needs no look-around: a raw slice made of whole matches is read the same on its own as in its place."""

_TAG = re.compile(r"(?:\r\n?|\n)?[ \t]{0,20}(?:<|&lt;)/?(?:br|p|div|ul|ol|li|tr)[ \t]{0,3}/?(?:>|&gt;)", re.IGNORECASE)
"""A tag that ends a line, with the line end before it."""

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
    r"""A text in the markdown of ClinicalTrials.gov: escapes (``\>``, ``8\.``) and HTML entities (``\&gt;``) undone.

    As in every text that is not read as it stands, damage by a wrong encoding ("â‰¥") is undone too.
    """
    raw = repair(raw)
    return _read(id, label, raw, _escapes(raw))


def web(id: str, label: str, raw: str) -> CleanText:
    """A text with the tags of HTML that end lines (``<br>``), and with escapes and entities as in :func:`markdown`."""
    raw = repair(raw)
    return _read(id, label, raw, _line_ends(raw), _escapes(raw))


def guessed(id: str, label: str, raw: str) -> CleanText:
    r"""A text of unknown origin: tags and escapes are undone when it shows some (``<br>``, ``\>``, ``&lt;``)."""
    if _TAG.search(raw):
        return web(id, label, raw)
    return markdown(id, label, raw) if _TELLTALE.search(raw) else _read(id, label, repair(raw))


def repair(raw: str) -> str:
    """``raw`` with each lone surrogate, which no encoding can write, replaced by U+FFFD; lengths do not change."""
    return raw if raw.isascii() else _SURROGATE.sub("\ufffd", raw)


def _read(id: str, label: str, raw: str, *edits: Iterable[Edit]) -> CleanText:
    """The text with the edits made, and damage by a wrong encoding undone; of edits that overlap the earlier list's."""
    pieces: list[Piece] = []
    parts: list[str] = []
    removed = done = 0
    ranked = ((edit, rank) for rank, some in enumerate((*edits, repairs(raw))) for edit in some)
    for (start, end, char), _ in sorted(ranked, key=lambda pair: (pair[0][0], pair[1])):
        if start < done:
            continue
        pieces.append((start - removed, start, end))
        parts += raw[done:start], char
        removed += end - start - 1
        done = end
    return CleanText(id, label, raw, "".join([*parts, raw[done:]]), tuple(pieces))


def _escapes(raw: str) -> Iterator[Edit]:
    for match in _ESCAPE.finditer(raw):
        char, end = _unescape(match)
        if end - match.start() > 1:
            yield match.start(), end, char


def _line_ends(raw: str) -> Iterator[Edit]:
    for match in _TAG.finditer(raw):
        yield match.start(), match.end(), "\n"


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
