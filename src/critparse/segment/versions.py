"""Several versions of the criteria one below the other, as ISRCTN keeps them, and the dates that tell them apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DATE = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}"
    r"|(?:\d{1,2}\s)?[A-Z][a-z]{2,8}\.?\s(?:\d{1,2},?\s)?\d{4})"
)
_DATED = rf"(?:\s{{1,3}}(?:as of|as at|from|until|since|on|to|up to|before|prior to|and)\s{{1,3}}{_DATE}){{1,2}}"
_VERSION = re.compile(
    r"(?<![\w\-/])(?:Current|Previous|Original|Former|Superseded|Amended|Updated)\s(?:[a-z]{2,14}\s){0,2}?"
    rf"(?:inclusion|exclusion|eligibility)\scriteria(?:{_DATED})?\s{{0,3}}[:：]"
)
_STAMP = re.compile(
    rf"(?:Added|Amended|Updated|Modified|Changed|Corrected|Clarified|Removed)(?:{_DATED}|\s{{1,3}}{_DATE})\s{{0,3}}"
    r"(?:[:：]|$)",
    re.MULTILINE,
)
_WHEN = re.compile(
    rf"(?:[a-z]{{2,8}}\s{{1,3}}){{0,2}}{_DATE}(?:\s{{1,3}}(?:to|until|and|-|–)\s{{1,3}}{_DATE})?\s{{0,3}}"
)


def starts(text: str, start: int, end: int) -> Iterator[int]:
    """Where the heading of a version begins within ``text[start:end]``: "Previous inclusion criteria from … to …:"."""
    return (found.start() for found in _VERSION.finditer(text, start, end))


def stamp_end(text: str, start: int, end: int) -> int | None:
    """Where the note of a change ends with which ``text[start:end]`` begins: "Added 24/06/2020:"."""
    found = _STAMP.match(text, start, end)
    return found.end() if found else None


def is_date(text: str, start: int, end: int) -> bool:
    """Whether the words only say when: "as of 24/06/2020", "from June 2019 until 01/02/2020"."""
    return _WHEN.fullmatch(text, start, end) is not None
