"""Texts in which ≥ and ≤ have both become "=", as in exports of WHO ICTRP before mid-2020.

These exports were squeezed into Windows-1252, which has neither sign; "<", ">" and all that Windows-1252 has survived.
"Age =18 years" then says at least or at most, never exactly. Where the words leave only one reading ("=18 and =75
years" among inclusion criteria) the sign is put back for the readers; elsewhere :data:`LOST` takes its place, an
operator of which the grammar knows that it is not known. The text as given stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from critparse.sources.clean import CleanText, guessed

LOST = "≟"
"""Stands for a sign that is ≥ or ≤, nobody knows which."""

_SQUEEZED = frozenset({"ictrp"})  # formats whose exports lost signs
_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_UNIT = r"(?:[^\W\d]|[%°/.]){0,12}"
_EQUAL = re.compile(
    r"(?<![<>=≥≤!])=(?![=<>])\s{0,24}(?:(?:of|grade|class|stage|level)\s{1,3})?(?:\.?\d|[IV]{1,3}\b)(?<!\b0(?![.,\d]))",
    re.IGNORECASE,
)
_CONVERSION = re.compile(
    r"(?<![\w.])1[ \t]{0,2}(?:mm ?hg|kpa|[munµ]?g|kg|[dm]?l|i?u|[munµ]?mol|cm|unit)[ \t]{0,2}\Z", re.IGNORECASE
)
_DEFINED = re.compile(r"(?:(?<!\w)[nNpPxX]|[<>]|\bthan)[ \t]{0,3}[/(]?[ \t]{0,3}(?:(?:and/)?or|and)?[ \t]{0,3}\Z")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S{0,300}\Z")
_FLIPPED = re.compile(
    rf"(?<![\w.=])(?P<low>{_NUMBER})[ \t]{{0,2}}{_UNIT}(?:[ \t](?:of age|old))?[ \t]{{0,2}}"
    rf"(?P<first>=)[ \t]{{0,3}}[A-Za-z](?:[A-Za-z /()-]){{0,40}}(?P<second>=)[ \t]{{0,3}}(?P<high>{_NUMBER})"
)
_RANGE = re.compile(
    rf"(?:(?P<first>[<>]?=|[<>])[ \t]{{0,3}}|(?<![\w.,]))(?P<low>{_NUMBER})[ \t]{{0,2}}(?P<unit>{_UNIT})"
    r"(?:[ \t](?:of age|old))?[ \t,]{0,3}(?P<join>and|to|but|through|&|-|–)[ \t]{0,3}"
    rf"(?P<second>[<>]?=|[<>])[ \t]{{0,3}}(?P<high>{_NUMBER})[ \t]{{0,2}}(?P<other>{_UNIT})"
)
_SAID_TWICE = re.compile(
    rf"(?P<first>=)[ \t]{{0,3}}{_NUMBER}(?:[ \t]{{1,3}}[^\W\d]{{1,12}}){{0,3}}[ \t]{{1,3}}(?:or|and)[ \t]{{1,3}}"
    r"(?:(?P<more>older|above|over|more|greater|higher|up|upwards)|(?:younger|below|less|under|lower|fewer))\b",
    re.IGNORECASE,
)
_ADULT = re.compile(
    r"(?<!young )\badults?\b[^.;:\n=<>]{0,40}(?P<first>=)[ \t]{0,3}(?:1[5-9]|2[01])[ \t]{0,2}(?=-?ye?a?r?s?\b|\)|$)",
    re.IGNORECASE | re.MULTILINE,
)
_KIND = re.compile(r"\b(?:(in)|ex)clusion\s{1,3}criteri", re.IGNORECASE)


def lost_signs(text: str, source_format: str) -> bool:
    """Whether the text, as given, comes from a source that loses ≥ and ≤, and has lost some."""
    return next(lost_places(text, source_format), None) is not None


def lost_places(text: str, source_format: str) -> Iterator[int]:
    """Where a text, as given, from a source that loses ≥ and ≤ has "=" for one of them."""
    clean = guessed("", "", text)
    if source_format in _SQUEEZED and _was_squeezed(clean.text):
        yield from (clean.span(place, place + 1).start for place in _lost(clean.text))


def restored(clean: CleanText) -> CleanText:
    """The text of a source that loses signs, with those put back that are certain, and :data:`LOST` for the others."""
    if not _was_squeezed(clean.text):
        return clean
    signs = dict.fromkeys(_lost(clean.text), LOST) | dict(_certain(clean.text))
    if not signs:
        return clean
    chars = list(clean.text)
    for position, sign in signs.items():
        chars[position] = sign
    return replace(clean, text="".join(chars))


def _was_squeezed(text: str) -> bool:
    """Whether nothing in the text is beyond Windows-1252: any other sign would have been lost with ≥ and ≤."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _lost(text: str) -> Iterator[int]:
    """Where a "=" stands before a number that it limits; "1 mmHg = 0.133 kPa", "n = 20" and "> or = 3" do not count."""
    for match in _EQUAL.finditer(text):
        before = text[max(0, match.start() - 300) : match.start()]
        if not (_CONVERSION.search(before[-24:]) or _DEFINED.search(before[-24:]) or _ADDRESS.search(before)):
            yield match.start()


def _certain(text: str) -> Iterator[tuple[int, str]]:
    """The places of lost signs that the words around them tell, and the signs."""
    for match in _SAID_TWICE.finditer(text):
        yield match.start("first"), "≥" if match["more"] else "≤"
    for match in _ADULT.finditer(text):
        yield match.start("first"), "≥"
    for match in _FLIPPED.finditer(text):
        low, high = _value(match["low"]), _value(match["high"])
        if low != high:
            sign = "≤" if low < high else "≥"
            yield from ((match.start("first"), sign), (match.start("second"), sign))
    for match in _RANGE.finditer(text):
        yield from _bounds(match, text)


def _bounds(match: re.Match[str], text: str) -> Iterator[tuple[int, str]]:
    """ "=18 and =75 years": a range, where both ends have the same unit and do not stand among what excludes."""
    first, second = match["first"] or "", match["second"]
    if not first and match["join"] not in {"to", "through"}:
        return  # "IL-6 and =40", "2 - =18 years"
    same = match["unit"] == match["other"] or not match["unit"] or not match["other"]
    if not same or _value(match["low"]) >= _value(match["high"]) or first[:1] == "<" or second[0] == ">":
        return
    kinds = list(_KIND.finditer(text, 0, match.start()))
    if kinds and not kinds[-1][1]:
        return
    if first == "=":
        yield match.start("first"), "≥"
    if second == "=":
        yield match.start("second"), "≤"


def _value(number: str) -> float:
    return float(number.replace(",", "."))
