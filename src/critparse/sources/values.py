"""Structured fields as registries write them: ages, sex, healthy volunteers, phases. Nothing here raises."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Literal, cast

from critparse.schema import AgeLimit
from critparse.sources.clean import repair

Sex = Literal["all", "female", "male"]
AgeUnit = Literal["years", "months", "weeks", "days", "hours", "minutes"]

NO_MAXIMUM_YEARS = 99
"""Registries that demand a number get 99, 100, 120, 130 or 999 years for "no upper limit"."""

_MAX_BITS = 64
_log = logging.getLogger(__name__)
_AGE = re.compile(
    r"(?:[<>=≥≤]{1,2}\s{0,3})?(?P<value>\d{1,4}(?:[.,]\d{1,3})?)(?P<more>\+)?[\s-]{0,3}\(?(?P<unit>[a-z]{0,10})(?:\(s\)|\.)?\)?"
    r"(?:[\s-]{1,3}(?:old|of age|not|(?P<older>(?:old )?(?:and|or) (?:older|over|above|up))|"
    r"(?P<younger>(?:old )?(?:and|or) (?:younger|under|below))))?"
)
_RANGE = re.compile(r"\s{1,3}to\s{1,3}|\s{0,3}[-\u2013~]\s{0,3}(?=\d)")
_UP_TO = re.compile(r"(?:up to|under|younger than|at most|maximum)\s{1,3}")
_FROM = re.compile(r"(?:from|over|at least|minimum)\s{1,3}")
_WORD = re.compile(r"[a-z]+")
_PHASE = re.compile(r"(early[\s_]?)?phase[\s_]?([0-4])", re.IGNORECASE)
_PHASE_ANSWER = re.compile(r"\(phase (i{1,3}|iv)\)\s{0,3}:\s{0,3}(yes|no)")
_COUNT = re.compile(r"\d{1,9}")


def text_or_none(value: Any) -> str | None:
    """A title, id, number or other short text on one line; ``None`` when there is none."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return None
    return " ".join(repair(str(value)).split()) or None


def age(value: Any, *, upper: bool) -> AgeLimit | None:
    """One age field ("18 Years", "6 Months", 18); a bare number means years.

    ``None``: no limit ("N/A", "no limit", 0, as ``upper`` also 99 years and more), or not understood (logged).
    """
    written = text_or_none(value)
    if written is None or is_no_age(written):
        return None
    match = _AGE.fullmatch(written.lower())
    limit = _limit(match, written) if match else None
    if limit is None:
        _log.debug("age not understood: %.80r", written)
    return _meaningful(limit, upper=upper)


def is_no_age(value: Any) -> bool:
    """Whether an age field says that there is no limit ("All", "N/A"), or nothing."""
    written = text_or_none(value)
    return written is None or written.lower() in _table("age_none")


def age_range(value: Any) -> tuple[AgeLimit | None, AgeLimit | None]:
    """A field with both ages: "15 to 60 years old", "18+ years old", "Up to 17 years old", "All"."""
    written = text_or_none(value)
    if written is None or is_no_age(written):
        return None, None
    lowered = written.lower()
    parts = _RANGE.split(lowered, maxsplit=1)
    up_to, start = _UP_TO.match(lowered), _FROM.match(lowered)
    if len(parts) == 2 and not up_to:
        low, high = _AGE.fullmatch(parts[0].removeprefix("from ")), _AGE.fullmatch(parts[1])
        unit = _unit(high) if high else "years"
        lower, upper = _limit(low, written, unit) if low else None, _limit(high, written) if high else None
    else:
        match = _AGE.fullmatch(lowered, pos=(up_to or start).end() if (up_to or start) else 0)  # type: ignore[union-attr]
        limit = _limit(match, written) if match else None
        below = bool(up_to or (match and match["younger"]))
        exact = not (below or start or (match and (match["more"] or match["older"])))
        lower, upper = (None if below else limit), (limit if below or exact else None)
    if lower is None and upper is None:
        _log.debug("ages not understood: %.80r", written)
    return _meaningful(lower, upper=False), _meaningful(upper, upper=True)


def sex(value: Any) -> Sex | None:
    """ "All", "Both", "FEMALE", "Male and Female", "Female: yes, Male: no" …; ``None`` when not understood."""
    words = _WORD.findall((text_or_none(value) or "").lower())
    table = _table("sex")
    named: set[str] = set()
    for word, following in pairwise([*words, ""]):
        if word in table and following != "no":
            named.add(table[word])
    if "all" in named or {"female", "male"} <= named:
        return "all"
    return cast(Sex, named.pop()) if named else None


def healthy_volunteers(value: Any) -> bool | None:
    """Booleans and their spellings ("Yes", "t", "Accepts Healthy Volunteers"); ``None`` when not understood."""
    if isinstance(value, bool):
        return value
    meaning = _table("volunteers").get((text_or_none(value) or "").lower())
    return None if meaning is None else meaning == "yes"


def yes_or_no(value: Any) -> bool | None:
    """Booleans and their spellings ("Yes", "false", "t"); ``None`` when not understood."""
    return healthy_volunteers(value)


def names(value: Any) -> tuple[str, ...]:
    """The names of conditions: a list, or one text with the names separated by ``;`` or ``|``."""
    parts = re.split(r"[;|]", value) if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return tuple(name for name in map(text_or_none, parts) if name)


def phase(values: Iterable[Any]) -> str | None:
    """The phases of a trial as "Phase 2", "Early Phase 1" or "Phase 1/Phase 2"; ``None`` when there is none."""
    written = [(text_or_none(value) or "").lower() for value in values]
    answers = [answer for text in written for answer in _PHASE_ANSWER.findall(text)]  # "…(Phase II): yes"
    named = [number for number, answer in answers if answer == "yes"] if answers else written
    spelt = " ".join(_table("phase").get(name.removeprefix("phase "), name) for name in named)
    found = {("Early " if m[1] else "") + f"Phase {m[2]}" for m in _PHASE.finditer(spelt)}
    return "/".join(sorted(found, key=lambda name: (name[-1], name))) or None


def count(value: Any) -> int | None:
    """The first whole number of a field ("40 estimated patients", 40)."""
    match = _COUNT.search(text_or_none(value) or "")
    return int(match[0]) if match else None


def _limit(match: re.Match[str], written: str, default: AgeUnit | None = "years") -> AgeLimit | None:
    unit = _unit(match) if match["unit"] else default
    return AgeLimit(value=float(match["value"].replace(",", ".")), unit=unit, text=written) if unit else None


def _unit(match: re.Match[str]) -> AgeUnit | None:
    return cast("AgeUnit | None", _table("age_unit").get(match["unit"] or "years"))


def _meaningful(limit: AgeLimit | None, *, upper: bool) -> AgeLimit | None:
    if limit is None or limit.value == 0:
        return None
    return None if upper and limit.unit == "years" and limit.value >= NO_MAXIMUM_YEARS else limit


@cache
def _table(field: str) -> dict[str, str]:
    """The rows of ``registry_values.tsv`` for one field: written → value."""
    data = files("critparse").joinpath("lexicon", "data", "registry_values.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in data.splitlines() if line and not line.startswith("#"))
    return {written: value for name, written, value in rows if name == field}
