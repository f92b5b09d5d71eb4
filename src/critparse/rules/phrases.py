"""Quantities in words: limits, units, time windows, doses, as a curator reads them."""

from __future__ import annotations

import functools
import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from critparse.lexicon.resources import data_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from critparse.schema import Anchor, Bound, Dose, Frequency, Range, TimeWindow, Unit

_DECIMALS = 10
_SEPARATORS = re.compile(r"([/.])(?![^\[({]*[\])}])")  # outside brackets
_SIGNS = {"/": "/", ".": "·"}
_SLASH = re.compile(r" ?/ ?")
_BRACKETS = str.maketrans({"[": "", "]": "", "{": "", "}": "", "(": "", ")": "", "_": " "})


class Style(NamedTuple):
    """How bounds are written: what stands before a lower, an upper, an exact value, and between the ends of a range."""

    ge: str
    gt: str
    le: str
    lt: str
    joint: str = " to "
    exact: str = ""


SIGNS = Style("≥ ", "> ", "≤ ", "< ", exact="= ")
DOSE = Style("≥ ", "> ", "≤ ", "< ", joint="–")
WORDS = Style("at least ", "more than ", "at most ", "less than ")
_RECENCY = Style("at least ", "more than ", "within ", "less than ")


@functools.cache
def wording(kind: str) -> Mapping[str, str]:
    """The words of one class of ``wording.tsv`` by key."""
    rows = data_rows("wording.tsv", ("class", "key", "words"))
    return MappingProxyType({row["key"]: row["words"] for row in rows if row["class"] == kind})


def number(value: float) -> str:
    """A number as people write it: 18, 0.4, 1500; never with an exponent."""
    plain = round(value, _DECIMALS)
    return str(int(plain)) if plain == int(plain) else format(Decimal(repr(plain)), "f")


def unit_words(unit: Unit, *, one: bool = False) -> str:
    """A unit as people write it; as the text has it when it has no UCUM code."""
    if unit.ucum is None:
        return _SLASH.sub("/", unit.text)
    if unit.ucum in wording("unit"):
        return _form(wording("unit")[unit.ucum], one=one)
    pieces = _SEPARATORS.split(unit.ucum)
    before = ["", *pieces]  # what stands before each piece
    return "".join(_SIGNS.get(piece) or _atom(piece, under=before[i] == "/") for i, piece in enumerate(pieces))


def _atom(atom: str, *, under: bool) -> str:
    """A part of a composed unit: "mg" and "day" of mg/day, "× 10^9" of 10*9/L."""
    if atom.startswith("10*"):
        return f"× 10^{atom[3:]}"
    words = wording("unit").get(f"per {atom}" if under else atom) or wording("unit").get(atom)
    return _form(words, one=under) if words else atom.replace(".", " ").translate(_BRACKETS)


def _form(words: str, *, one: bool) -> str:
    singular, _, plural = words.partition("|")
    return singular if one or not plural else plural


def limit_words(limit: Range, style: Style = SIGNS) -> str:
    """Bounds, unit and reference: "≥ 18 years", "15 to 60 years", "> 3 × ULN", "≥ 80% of predicted"."""
    bounds = _bounds(limit.lower, limit.upper, style)
    values = {bound.value for bound in (limit.lower, limit.upper) if bound is not None}
    percent = limit.unit is not None and limit.unit.ucum == "%"
    unit = unit_words(limit.unit, one=values == {1.0}) if limit.unit else ""
    text = f"{bounds}{unit}" if percent else f"{bounds} {unit}".strip()
    if limit.relative_to is None:
        return text
    reference = wording("reference")[limit.relative_to]
    if limit.unit is not None:
        return f"{text} of {reference}"
    if values == {1.0} and (limit.lower is None or limit.upper is None):
        return text.removesuffix("1") + reference
    return f"{text} × {reference}"


def _bounds(lower: Bound | None, upper: Bound | None, style: Style) -> str:
    """Both ends are inclusive where no sign says otherwise."""
    if lower is not None and upper is not None:
        if lower == upper and lower.inclusive:
            return style.exact + number(lower.value)
        plain = lower.inclusive and upper.inclusive
        low = ("" if lower.inclusive else SIGNS.gt) + number(lower.value)
        high = ("" if plain else SIGNS.le if upper.inclusive else SIGNS.lt) + number(upper.value)
        return low + (style.joint if plain else " to ") + high
    if lower is not None:
        return (style.ge if lower.inclusive else style.gt) + number(lower.value)
    if upper is not None:
        return (style.le if upper.inclusive else style.lt) + number(upper.value)
    return ""


def window_words(window: TimeWindow) -> str:
    """ "within 3 months before screening", "for 12 months after treatment", "every 2 weeks", "during the study"."""
    anchor = _anchor_words(window.anchor) if window.anchor else ""
    if window.range is None:
        return anchor
    if window.kind == "recency":
        limit = limit_words(window.range, _RECENCY)
        return f"{limit} {anchor or ('' if limit.startswith(_RECENCY.le) else 'ago')}".rstrip()
    lead = {"duration": "for", "interval": "every", "period": "during"}[window.kind]
    limit = limit_words(window.range, WORDS)
    limit = limit.removeprefix("1 ") if window.kind == "interval" else limit
    return f"{lead} {limit} {anchor}".rstrip()


def _anchor_words(anchor: Anchor) -> str:
    events = wording("event")
    event = events.get(f"{anchor.event}@{anchor.relation}") or events.get(anchor.event) or " ".join(anchor.text.split())
    return f"{wording('relation')[anchor.relation]} {event}"


def dose_words(dose: Dose) -> str:
    """Amount, frequency and duration: "0.4–0.6 /m2 every 2 weeks for 6 months"; the route stands before the drug."""
    parts = []
    if dose.amount is not None:
        parts.append(limit_words(dose.amount, DOSE))
    if dose.frequency is not None:
        parts.append(_frequency_words(dose.frequency))
    if dose.duration is not None:
        parts.append(f"for {limit_words(dose.duration, WORDS)}")
    return " ".join(part for part in parts if part)


def _frequency_words(frequency: Frequency) -> str:
    count, interval = _exact(frequency.count), _exact(frequency.interval)
    unit = frequency.interval.unit if frequency.interval else None
    if interval == 1.0 and unit is not None and (count is not None or frequency.count):
        per = wording("per").get(unit.ucum or "") or f"per {unit_words(unit, one=True)}"
        often = wording("times").get(number(count)) if count is not None else None
        if often is None and frequency.count is not None:
            often = f"{limit_words(frequency.count, DOSE)} times"
        return f"{often} {per}"
    every = f"every {limit_words(frequency.interval, WORDS)}" if frequency.interval else ""
    if count == 1.0 or frequency.count is None:
        return every
    return f"{limit_words(frequency.count, DOSE)} times {every}".rstrip()


def _exact(limit: Range | None) -> float | None:
    """The value of a range that holds only one."""
    if limit is None or limit.lower is None or limit.lower != limit.upper:
        return None
    return limit.lower.value
