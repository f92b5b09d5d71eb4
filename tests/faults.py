"""Faults to order: takes a simple record without faults and changes one thing that its text contradicts.

What the text says is found here by patterns of its own, on lines that say little else, not by critparse: a line such as
"Age 18 to 65 years" or "Men and women aged at least 18 years" whose numbers are those of the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

Record = dict[str, Any]
_AGE = re.compile(
    r"^[\s*•\-\d.)]{0,8}(?:(?:healthy|adult|male|female|males|females|men|women|patients?|subjects?|participants?|"
    r"volunteers|and|or|/|is|must be|are)\s+){0,7}(?:(?:age[ds]?|between|from|range|the ages of|of)[\s:]+){0,4}"
    r"(?:(?P<low>\d{1,2})(?:\s?years?)?(?:\s?(?:-|–|to|and)\s?)(?P<high>\d{1,2})\s?(?:years|yrs)"
    r"|(?P<sign>>=|≥|at least)\s?(?P<from>\d{1,2})\s?(?:years|yrs)"
    r"|(?P<older>\d{1,2})\s?(?:years|yrs)(?: of age| old)?,?(?: or| and) (?:older|above|over))"
    r"(?:(?:\s|,)+(?:old|of age|inclusive|or|and|older|above|over|at screening|with .{3,40})){0,4}[.;,]?\s*$",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"^[\s*•\-\d.)]{0,8}(?:healthy |adult )?(?:males? (?:or|and) females?|females? (?:or|and) males?|"
    r"men (?:or|and) women|women (?:or|and) men)\b(?!.{0,60}(?:potential|contracept|pregnan|partner|must|agree))",
    re.IGNORECASE,
)
_YEARS = re.compile(r"(\d+) years?", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.,/\w-])\d{2,3}(?![\d.,/%\w-])")


class Fault(NamedTuple):
    """A record with one fault, what was done to it, and the checks any of which may report it."""

    what: str
    record: Record
    codes: frozenset[str]


def faults(record: Record) -> Iterator[Fault]:
    """The faults that can be put into a record."""
    yield from _ages(record)
    yield from _signs(record)
    yield from _sexes(record)
    yield from _copies(record)


def _included(record: Record) -> Iterator[str]:
    """The lines between the headings of inclusion and exclusion."""
    inside = False
    for line in record["eligibility"].splitlines():
        if re.match(r"[\s*#]*(?:key |main |major )?(?:in|ex)clusion", line, re.IGNORECASE):
            inside = "exclusion" not in line.lower()
        elif inside:
            yield line


def _stated(record: Record) -> dict[str, tuple[int, str]]:
    """The ends of the ages that a line states as the fields do, with that line; empty if two lines speak of ages."""
    lines = [(match, line) for line in _included(record) if (match := _AGE.match(line))]
    if len(lines) != 1:
        return {}
    match, line = lines[0]
    found = {"minimum_age": match["low"] or match["from"] or match["older"], "maximum_age": match["high"]}
    return {
        name: (int(number), line)
        for name, number in found.items()
        if number and (field := _YEARS.fullmatch(record.get(name) or "")) and field[1] == number
    }


def _ages(record: Record) -> Iterator[Fault]:
    for name, (number, _) in _stated(record).items():
        codes = frozenset((f"age-{name.removesuffix('_age')}-conflict",))
        shift = 7 if name == "minimum_age" else 9
        yield Fault(f"{name} moved", {**record, name: f"{number + shift} Years"}, codes)
        yield Fault(f"{name} in months", {**record, name: f"{number} Months"}, codes)


def _signs(record: Record) -> Iterator[Fault]:
    """ "≥ 18 years" becomes "≤ 18 years": the record then admits children only, and nobody by its fields."""
    for name, (number, line) in _stated(record).items():
        match = _AGE.match(line)
        if name == "minimum_age" and match is not None and match["sign"]:
            turned = line.replace(match["sign"], "at most" if match["sign"].isalpha() else "<=", 1)
            if turned != line and number:
                codes = frozenset(("age-maximum-conflict", "age-minimum-conflict"))
                yield Fault(
                    "sign turned", {**record, "eligibility": record["eligibility"].replace(line, turned)}, codes
                )


def _sexes(record: Record) -> Iterator[Fault]:
    if str(record.get("sex")).lower() in {"all", "both"} and any(_BOTH.match(line) for line in _included(record)):
        for sex in ("Male", "Female"):
            yield Fault(f"sex {sex}", {**record, "sex": sex}, frozenset(("sex-conflict",)))


def _copies(record: Record) -> Iterator[Fault]:
    """The list is told again in the description, with another number in one of its lines."""
    lines = [line for line in _included(record) if len(line.split()) > 4]
    numbered = [line for line in lines if _NUMBER.search(line) and record["eligibility"].count(line) == 1]
    if len(lines) < 4 or not numbered:
        return
    line = numbered[len(numbered) // 2]
    match = _NUMBER.search(line)
    assert match is not None
    changed = f"{line[: match.start()]}{int(match[0]) + 11}{line[match.end() :]}"
    copy = record["eligibility"].replace(line, changed)
    codes = frozenset(("copy-difference", "age-maximum-conflict", "age-minimum-conflict"))
    yield Fault("copied number", {**record, "description": copy}, codes)
