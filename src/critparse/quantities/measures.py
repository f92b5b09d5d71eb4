"""Measures: numbers with their unit and what they are a multiple of; and the operands that operators take.

"n times normal" is read as a multiple of the upper limit of normal (of the lower one below 1), "n % of normal" as
per cent of the predicted value: that is what the phrases mean in trials.
"""

from __future__ import annotations

from typing import NamedTuple

from critparse.nlp.tokens import Tokens
from critparse.quantities.numbers import Number, read_grade, read_number, read_signed
from critparse.quantities.units import UnitReading, read_unit
from critparse.schema import Reference

_HYPHENS = ("-", "‑", "–", "‐")


class Measure(NamedTuple):
    """A number with its unit and reference."""

    value: float
    unit: UnitReading | None
    unit_tokens: tuple[int, int] | None
    relative_to: Reference | None
    next: int
    head: int
    spelled: bool


def read_measure(tokens: Tokens, index: int, *, signed: bool = False) -> Measure | None:
    """A number with unit and reference; or a reference alone ("> ULN": once the limit)."""
    number = read_signed(tokens, index) if signed else read_number(tokens, index)
    if number is None:
        return _bare_reference(tokens, index)
    at = number.next
    if tokens.word(at) in _HYPHENS and tokens.glued(at) and tokens.reading(at + 1, "unit") and tokens.glued(at + 1):
        at += 1  # "18-year", "3-month"
    elif tokens.word(at) == "(" and (inner := read_unit(tokens, at + 1)) and tokens.word(inner.next) == ")":
        at += 1  # "5 (cm)"
    reference, after = read_reference(tokens, at, number.value, None)
    if reference:  # before the unit: in "3 times normal" the "times" is no unit
        return Measure(number.value, None, None, reference, after, index, number.spelled)
    adjective = tokens.reading(at, "adjective")  # "six consecutive months"
    if adjective and (later := tokens.reading(adjective.next, "unit")) and later.value.dimension == "time":
        at = adjective.next
    unit = read_unit(tokens, at, number.power)
    unit_tokens = None
    if unit:
        written = at if unit.next > at else index + 1  # a power alone is written in the number
        unit_tokens, at = (written, unit.next), unit.next
        if tokens.word(unit_tokens[0] - 1) == "(" and tokens.word(at) == ")":
            at += 1
    reference, at = read_reference(tokens, at, number.value, unit)
    return Measure(number.value, unit, unit_tokens, reference, at, index, number.spelled)


def _bare_reference(tokens: Tokens, index: int) -> Measure | None:
    at = index + 1 if tokens.word(index) in ("the", "institutional", "local", "site") else index
    times = tokens.reading(at, "number-times")
    if times:  # "twice the upper limit of normal"
        number = Number(times.value, 0, times.next, spelled=True)
        reference, after = read_reference(tokens, times.next, number.value, None)
        return Measure(number.value, None, None, reference, after, index, True) if reference else None
    found = tokens.reading(at, "ref")
    if found and found.value in ("uln", "lln"):
        return Measure(1.0, None, None, found.value, found.next, index, True)
    return None


def read_reference(tokens: Tokens, index: int, number: float, unit: UnitReading | None) -> tuple[Reference | None, int]:
    """What the number is a multiple or a percentage of."""
    times = tokens.reading(index, "times")
    at = times.next if times else index
    operator = tokens.reading(at, "op-pre") if times else None
    at = operator.next if operator else at
    for _ in range(3):
        if tokens.word(at) in (
            "of",
            "the",
            "a",
            "institutional",
            "laboratory",
            "local",
            "their",
            "than",
            "(",
            "site",
            "site's",
            "age",
        ):
            at += 1
    found = tokens.reading(at, "ref")
    if not found:
        return None, index
    value: str = found.value
    percent = unit is not None and unit.ucum == "%"
    if unit is not None and not percent:
        return None, index
    if value == "normal" and not (times or percent):
        return None, index
    if value == "normal":
        value = "predicted" if percent else ("uln" if number >= 1 else "lln")
    if value in ("predicted", "baseline") and not (percent or times):
        return None, index
    after = found.next
    if tokens.word(at - 1) == "(" and at > index and tokens.word(after) == ")":
        after += 1
    return value, after  # type: ignore[return-value]


def _skip_fillers(tokens: Tokens, index: int) -> int:
    """Step over the words that may stand between an operator and its number ("at least a score of 3")."""
    for _ in range(3):
        skip = tokens.reading(index, "skip")
        if skip is None or read_number(tokens, index) is not None:
            break
        index = skip.next
    return index


def read_operand(tokens: Tokens, index: int) -> Measure | None:
    """The measure an operator takes, words in between stepped over ("at least a score of 3")."""
    found = read_measure(tokens, index, signed=True)
    if found is None:
        after = _skip_fillers(tokens, index)
        found = read_measure(tokens, after, signed=True) if after != index else None
        if (
            found is None
            and after < len(tokens)
            and tokens.words[after].isupper()
            and 3 <= len(tokens.words[after]) <= 6
        ):
            found = read_measure(tokens, after + 1)  # "> GINA 2"
            found = found if found and found.unit is None else None
    return found


def read_direct_operand(tokens: Tokens, index: int) -> Measure | None:
    """The number right after "over" or "under", or after "over the age of"."""
    age = tokens.reading(index, "age-filler")
    return read_measure(tokens, age.next if age else index, signed=True)


def read_extreme_operand(tokens: Tokens, index: int, at: int) -> Measure | None:
    """ "a minimum life expectancy of 12 weeks", "maximum single dose: 20 mg": words between extreme and number."""
    if not tokens.reading(index, "extreme"):
        return None
    for i in range(at, min(at + 6, len(tokens))):
        if tokens.word(i) in (",", ";", ".", "(", "and", "or"):
            return None
        if tokens.word(i) in ("of", ":", "is", "was", "be", "="):
            return read_measure(tokens, i + 1, signed=True)
    return None


def read_count(tokens: Tokens, index: int) -> Measure | None:
    """ "at least once", "no more than twice"."""
    times = tokens.reading(index, "number-times")
    if times is None:
        return None
    unit = UnitReading("{times}", "count", times.next)
    return Measure(times.value, unit, None, None, times.next, index, True)


def read_grade_operand(tokens: Tokens, first: int, index: int) -> Measure | None:
    """A Roman numeral where a grade is certain: "ASA ≥ III", "greater than grade II"."""
    headed = tokens.reading(first - 1, "ordinal-head") is not None
    for _ in range(2):
        if head := tokens.reading(index, "ordinal-head"):
            index, headed = head.next, True
    found = read_grade(tokens, index) if headed or tokens.shielded[max(0, first - 1)] else None
    return Measure(found[1], None, None, None, found[2], index, True) if found else None


def is_conversion(tokens: Tokens, index: int) -> bool:
    """Whether the "=" at ``index`` stands behind one of a unit ("1 mmHg = 0.133 kPa")."""
    before = (read_measure(tokens, index - length) for length in (2, 3))
    return any(m is not None and m.value == 1 and m.unit is not None and m.next == index for m in before)
