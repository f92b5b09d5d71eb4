"""The "~" that AACT writes for a line break, and the "~" that means a range or "about"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.sources.clean import CleanText, guessed, markdown, repair

_TILDE = re.compile(r"\\?+~")
_ITEM = re.compile(r"~\s{0,12}(?:[*•·–—-]\s|\(?[0-9a-zA-Z]{1,3}\\?[.)]\s|[A-Z][\w ]{0,40}:|\Z)")
_DIGIT_AFTER = re.compile(r"\s{0,3}\d")
_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")


def before_items(text: str) -> bool:
    """Whether any "~" stands before a bullet, a number or a heading, as line breaks do."""
    return _ITEM.search(text) is not None


def breaks(text: str) -> Iterator[int]:
    r"""The places of each "~" that reads as a line break. ``\~`` is none, nor is "18 ~ 65", "(~30" or "≥ ~5"."""
    for found in _TILDE.finditer(text):
        before = text[found.start() - 1 : found.start()]
        number_next = _DIGIT_AFTER.match(text, found.end()) is not None
        numeric = number_next and (before.isdigit() or before.isspace() or before in "(<>=≥≤")
        if found[0] == "~" and (not numeric or _ITEM.match(text, found.start())):
            yield found.start()


def aact(id: str, label: str, raw: str) -> CleanText:
    """A text of AACT: its "~" read as line breaks, its escapes undone.

    A text with line breaks of its own has them from the database, where "~" means itself. In one with markdown escapes
    every other "~" would be escaped too, so a bare one is always a line break.
    """
    raw = repair(raw)
    if "\n" in raw:
        return guessed(id, label, raw)
    escaped = _ESCAPED.search(raw) is not None
    places = (m.start() for m in _TILDE.finditer(raw) if m[0] == "~") if escaped else breaks(raw)
    characters = list(raw)
    for place in places:
        characters[place] = "\n"  # as long as what it replaces: all offsets hold
    lines = "".join(characters)
    read = markdown(id, label, lines) if escaped else guessed(id, label, lines)
    return CleanText(id, label, raw, read.text, read.pieces)
