"""The grammar of limits: from typed tokens to bounds.

Recursive descent over :class:`Tokens`; every function takes the stream and an index and returns what it read with the
index after it, or ``None``::

    limit    = between | bounded | flipped | range | measure post-op | plus-minus | measure
    between  = "between" measure "and" measure
    bounded  = operator measure [join operator measure]         ≥ 18 [and < 65]
    flipped  = measure operator [subject [operator measure]]    20 ≤ BMI ≤ 34
    range    = measure "to" [operator] measure                  5 to < 12
    measure  = number [power] [unit] [of reference] | [number times] reference

"n times normal" is read as a multiple of the upper limit of normal (of the lower one below 1), "n % of normal" as
per cent of the predicted value: that is what the phrases mean in trials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from critparse.quantities.numbers import Number, read_grade, read_number, read_signed
from critparse.nlp.tokens import Tokens
from critparse.quantities.units import UnitReading, convert, dimension, read_unit
from critparse.schema import Bound, Reference

Operator = str  # ge gt le lt eq
_FLIP = {"ge": "le", "gt": "lt", "le": "ge", "lt": "gt", "eq": "eq"}
_JOINS = ("and", "but", "to", ",", "-", "–", "—", "&", "/", "~", "through", "or", "yet", "with", ";")
_HYPHENS = ("-", "‑", "–", "‐")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Limit:
    """A numeric limit. ``first``/``last``: its token range (operator and unit included); ``head``: its first number.

    ``stated`` is false for a bare measure ("2 g/day", "3 months") that no operator or range qualifies; its bounds are
    then equal. ``alternatives``: the same limit in another unit, as given in brackets.
    """

    lower: Bound | None
    upper: Bound | None
    ucum: str | None
    dimension: str | None
    unit_tokens: tuple[int, int] | None
    relative_to: Reference | None
    first: int
    last: int
    head: int
    stated: bool = True
    operator: str | None = None
    spelled: bool = False
    alternatives: tuple[Limit, ...] = ()

    @property
    def is_time(self) -> bool:
        return self.dimension == "time"


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
    elif tokens.word(at) == "(" and tokens.reading(at + 1, "unit") and tokens.word(at + 2) == ")":
        at += 1  # "5 (cm)"
    reference, after = _reference(tokens, at, number, None)
    if reference:  # before the unit: in "3 times normal" the "times" is no unit
        return Measure(number.value, None, None, reference, after, index, number.spelled)
    adjective = tokens.reading(at, "adjective")  # "six consecutive months"
    if adjective and (later := tokens.reading(adjective.next, "unit")) and later.value.dimension == "time":
        at = adjective.next
    unit = read_unit(tokens, at, number.power)
    unit_tokens = None
    if unit:
        unit_tokens, at = (at, unit.next), unit.next
        if tokens.word(unit_tokens[0] - 1) == "(" and tokens.word(at) == ")":
            at += 1
    reference, at = _reference(tokens, at, number, unit)
    return Measure(number.value, unit, unit_tokens, reference, at, index, number.spelled)


def _bare_reference(tokens: Tokens, index: int) -> Measure | None:
    at = index + 1 if tokens.word(index) in ("the", "institutional", "local", "site") else index
    times = tokens.reading(at, "number-times")
    if times:  # "twice the upper limit of normal"
        number = Number(times.value, 0, times.next, spelled=True)
        reference, after = _reference(tokens, times.next, number, None)
        return Measure(number.value, None, None, reference, after, index, True) if reference else None
    found = tokens.reading(at, "ref")
    if found and found.value in ("uln", "lln"):
        return Measure(1.0, None, None, found.value, found.next, index, True)
    return None


def _reference(
    tokens: Tokens, index: int, number: Number, unit: UnitReading | None
) -> tuple[Reference | None, int]:
    """What the number is a multiple or a percentage of."""
    times = tokens.reading(index, "times")
    at = times.next if times else index
    operator = tokens.reading(at, "op-pre") if times else None
    at = operator.next if operator else at
    for _ in range(3):
        if tokens.word(at) in ("of", "the", "a", "institutional", "laboratory", "local", "their", "than", "(", "site", "site's", "age"):
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
        value = "predicted" if percent else ("uln" if number.value >= 1 else "lln")
    if value in ("predicted", "baseline") and not (percent or times):
        return None, index
    after = found.next
    if tokens.word(at - 1) == "(" and at > index and tokens.word(after) == ")":
        after += 1
    return value, after  # type: ignore[return-value]


def read_operator(tokens: Tokens, index: int) -> tuple[Operator, int] | None:
    """A comparison in signs or words with everything that may belong to it: "greater than or equal to (≥)"."""
    prefix = tokens.reading(index, "op-prefix")
    at = prefix.next if prefix else index
    found = tokens.reading(at, "op-pre")
    suffix = tokens.reading(found.next, "op-suffix") if found else None
    if not found or (prefix and not found):
        bare = tokens.reading(at, "op-bare")
        suffix = tokens.reading(bare.next, "op-suffix") if bare else None
        if not bare or not (suffix or prefix):
            return None
        found = bare
    operator: str = found.value
    at = found.next
    if suffix:
        at = suffix.next
        if tokens.word(at) == "than":
            at += 1
    if (prefix or suffix) and operator in ("gt", "lt"):
        operator = {"gt": "ge", "lt": "le"}[operator]
    if tokens.word(at) == "or" and (again := tokens.reading(at + 1, "op-pre")) and again.value == "eq":
        operator, at = {"gt": "ge", "lt": "le"}.get(operator, operator), again.next  # "> or ="
    return _repeated_sign(tokens, operator, at)


def _repeated_sign(tokens: Tokens, operator: str, at: int) -> tuple[Operator, int]:
    """ "at least (≥) 18": the sign in brackets says the same once more, or more exactly."""
    bracket = tokens.word(at) == "("
    again = tokens.reading(at + bracket, "op-pre")
    if again and again.value[0] == operator[0] and (not bracket or tokens.word(again.next) == ")"):
        return again.value, again.next + bracket
    return operator, at


def _skip_fillers(tokens: Tokens, index: int) -> int:
    """Step over the words that may stand between an operator and its number ("at least a score of 3")."""
    for _ in range(3):
        skip = tokens.reading(index, "skip")
        if skip is None or read_number(tokens, index) is not None:
            break
        index = skip.next
    return index


def _operand(tokens: Tokens, index: int) -> Measure | None:
    found = read_measure(tokens, index, signed=True)
    if found is None:
        after = _skip_fillers(tokens, index)
        found = read_measure(tokens, after, signed=True) if after != index else None
        if found is None and after < len(tokens) and tokens.words[after].isupper() and 3 <= len(tokens.words[after]) <= 6:
            found = read_measure(tokens, after + 1)  # "> GINA 2"
            found = found if found and found.unit is None else None
    return found


def _direct_operand(tokens: Tokens, index: int) -> Measure | None:
    """The number right after "over" or "under", or after "over the age of"."""
    age = tokens.reading(index, "age-filler")
    return read_measure(tokens, age.next if age else index, signed=True)


def _extreme_operand(tokens: Tokens, index: int, at: int) -> Measure | None:
    """ "a minimum life expectancy of 12 weeks", "maximum single dose: 20 mg": words between extreme and number."""
    if not tokens.reading(index, "extreme"):
        return None
    for i in range(at, min(at + 6, len(tokens))):
        if tokens.word(i) in (",", ";", ".", "(", "and", "or"):
            return None
        if tokens.word(i) in ("of", ":", "is", "was", "be", "="):
            return read_measure(tokens, i + 1, signed=True)
    return None


def _count(tokens: Tokens, index: int) -> Measure | None:
    """ "at least once", "no more than twice"."""
    times = tokens.reading(index, "number-times")
    if times is None:
        return None
    unit = UnitReading("{times}", "count", times.next)
    return Measure(times.value, unit, None, None, times.next, index, True)


def _grade(tokens: Tokens, first: int, index: int) -> Measure | None:
    """A Roman numeral where a grade is certain: "ASA ≥ III", "greater than grade II"."""
    headed = tokens.reading(first - 1, "ordinal-head") is not None
    for _ in range(2):
        if head := tokens.reading(index, "ordinal-head"):
            index, headed = head.next, True
    found = read_grade(tokens, index) if headed or tokens.shielded[max(0, first - 1)] else None
    return Measure(found[1], None, None, None, found[2], index, True) if found else None


def _bounds(operator: str, value: float) -> tuple[Bound | None, Bound | None]:
    bound = Bound(value=value, inclusive=operator in ("ge", "le", "eq"))
    if operator == "eq":
        return bound, bound
    return (bound, None) if operator in ("ge", "gt") else (None, bound)


def _limit(measure: Measure, lower: Bound | None, upper: Bound | None, first: int, **more: object) -> Limit:
    unit = measure.unit
    return Limit(
        lower=lower,
        upper=upper,
        ucum=unit.ucum if unit else None,
        dimension=dimension(unit.ucum) if unit else None,
        unit_tokens=measure.unit_tokens,
        relative_to=measure.relative_to,
        first=first,
        last=measure.next,
        head=measure.head,
        spelled=measure.spelled,
        **more,  # type: ignore[arg-type]
    )


def read_limit(tokens: Tokens, index: int) -> Limit | None:
    """The limit that begins at ``index``, the longest reading the grammar has."""
    found = _read_between(tokens, index) or _read_bounded(tokens, index) or _read_from_measure(tokens, index)
    if found is None:
        return None
    return _with_alternative(tokens, _inclusiveness(tokens, found))


def _read_between(tokens: Tokens, index: int) -> Limit | None:
    opening = tokens.reading(index, "between")
    if not opening:
        return None
    low = _operand(tokens, opening.next)
    if low is None:
        operator = read_operator(tokens, opening.next)
        return _read_bounded(tokens, opening.next) if operator else None
    at = low.next
    of_age = tokens.reading(at, "of-age")
    at = of_age.next if of_age else at
    to = tokens.reading(at, "to")
    if tokens.word(at) in _HYPHENS and tokens.word(at + 1) == "and":
        at += 1  # "between 18- and 65-years"
        to = None
    if not to and opening.value == "between" and tokens.word(at) in ("and", "an", "&", "or", ","):
        to_next = at + 1
    elif to:
        to_next = to.next
    elif tokens.word(at) == "and":
        to_next = at + 1
    else:
        return None
    return _close_range(tokens, low, to_next, index)


def _close_range(tokens: Tokens, low: Measure, index: int, first: int, *, low_inclusive: bool = True) -> Limit | None:
    """The upper end of a range whose lower end is ``low``."""
    operator = read_operator(tokens, index)
    if operator and operator[0] not in ("le", "lt"):
        return None
    high = _operand(tokens, operator[1] if operator else index)
    if high is None or (tokens.glued(high.head) and tokens.word(high.head)[0:1] in "+"):
        return None
    pair = _common_unit(low, high)
    if pair is None or pair[0] > pair[1]:
        return None
    unit_from = low if low.unit and high.unit and pair[0] == low.value else high
    if not (unit_from.unit or unit_from.relative_to):
        unit_from = low
    upper = Bound(value=pair[1], inclusive=not (operator and operator[0] == "lt"))
    limit = _limit(unit_from, Bound(value=pair[0], inclusive=low_inclusive), upper, first)
    return replace(limit, last=high.next, head=low.head, spelled=low.spelled, operator="range")


def _common_unit(low: Measure, high: Measure) -> tuple[float, float] | None:
    """Both values in the finer of the two units; ``None`` when the units cannot belong to one range."""
    if low.unit is None or high.unit is None:
        if low.unit is not None and low.relative_to is None and high.relative_to is not None:
            return None
        return low.value, high.value
    if low.unit.ucum == high.unit.ucum:
        return low.value, high.value
    factor = _factor(low.unit.ucum, high.unit.ucum)
    if factor is None:
        return None
    return (low.value, high.value * factor) if factor >= 1 else (low.value / factor, high.value)


def _factor(fine: str, coarse: str) -> float | None:
    """How many ``fine`` make one ``coarse``, exact for calendar units (12 months a year, not 12.0000)."""
    calendar = {("mo", "a"): 12.0, ("d", "wk"): 7.0, ("wk", "a"): 52.0, ("a", "mo"): 1 / 12.0, ("wk", "d"): 1 / 7.0}
    factor = calendar.get((fine, coarse)) or convert(1.0, coarse, fine)
    return None if factor is None else round(factor, 9)


def _read_bounded(tokens: Tokens, index: int) -> Limit | None:
    operator = read_operator(tokens, index)
    if operator is None or (operator[0] == "eq" and tokens.reading(index - 1, "count-of")):
        return None
    direct = tokens.reading(index, "direct")  # "over 18" limits, "over a 6 week period" does not
    measure = _direct_operand(tokens, operator[1]) if direct else _operand(tokens, operator[1])
    measure = measure or _count(tokens, operator[1]) or _grade(tokens, index, operator[1])
    measure = measure or _extreme_operand(tokens, index, operator[1])
    if measure is None:
        return None
    if operator[0] in ("ge", "gt"):
        to = tokens.reading(measure.next, "to")
        if to and (closed := _close_range(tokens, measure, to.next, index, low_inclusive=operator[0] == "ge")):
            return closed
    elif operator[0] == "eq" and (to := tokens.reading(measure.next, "to")):
        if closed := _close_range(tokens, measure, to.next, index):
            return closed
    limit = _limit(measure, *_bounds(operator[0], measure.value), index, operator=operator[0])
    return _join_opposite(tokens, _with_post(tokens, limit))


def _with_post(tokens: Tokens, limit: Limit) -> Limit:
    """ "≥ 5.7 % or higher": an operator said twice."""
    post = tokens.reading(limit.last, "op-post")
    if post and limit.operator in ("ge", "gt", "le", "lt", "eq") and tokens.word(limit.last) in ("or", "and"):
        if limit.operator == "eq":
            value = (limit.lower or limit.upper).value  # type: ignore[union-attr]
            lower, upper = _bounds(post.value, value)
            return replace(limit, lower=lower, upper=upper, last=post.next, operator=post.value)
        if post.value[0] == limit.operator[0]:
            return replace(limit, last=post.next)
    return limit


def _join_opposite(tokens: Tokens, limit: Limit) -> Limit:
    """ "≥ 18 and < 65", "> 1.5 to ≤ 3 × ULN": two bounds of one range. "< 18 or > 65" stays two limits."""
    at = limit.last
    of_age = tokens.reading(at, "of-age")
    at = of_age.next if of_age else at
    joined = False
    for _ in range(2):
        if tokens.word(at) in _JOINS:
            at, joined = at + 1, True
    if not joined:
        return limit
    skip = tokens.reading(at, "skip")
    operator = read_operator(tokens, at) or (read_operator(tokens, skip.next) if skip else None)
    if operator is None or operator[0] == "eq" or (operator[0][0] == (limit.operator or "")[:1]):
        return limit
    second = _operand(tokens, operator[1])
    if second is None or limit.operator == "eq":
        return limit
    return _merge(limit, second, operator[0])


def _merge(limit: Limit, second: Measure, operator: str) -> Limit:
    """Join a lower and an upper bound when they enclose something and speak of the same thing."""
    other = _limit(second, *_bounds(operator, second.value), limit.first)
    if limit.lower is None and limit.ucum and other.ucum is None:
        return limit  # "up to 50 years and ≥ 4 points": a lower bound does not follow without its unit
    factor = 1.0
    if limit.ucum and other.ucum and limit.ucum != other.ucum:
        scale = _factor(limit.ucum, other.ucum)
        if scale is None:
            return limit
        factor = scale
    if limit.relative_to != other.relative_to and limit.relative_to is not None:
        return limit
    lower, upper = limit.lower or other.lower, limit.upper or other.upper
    if lower is None or upper is None:
        return limit
    if factor != 1.0:  # the coarser unit gives way
        scaled = Bound(value=second.value * factor, inclusive=operator in ("ge", "le"))
        lower, upper = (lower, scaled) if limit.lower else (scaled, upper)
    if lower.value > upper.value:
        return limit
    base = other if limit.ucum is None else limit
    return replace(
        limit,
        lower=lower,
        upper=upper,
        ucum=base.ucum,
        dimension=base.dimension,
        unit_tokens=base.unit_tokens,
        relative_to=other.relative_to or limit.relative_to,
        last=second.next,
        operator="range",
    )


def _read_from_measure(tokens: Tokens, index: int) -> Limit | None:
    """Everything that begins with a number."""
    if tokens.word(index) in ("±", "+/-", "+/–"):
        tolerance = read_measure(tokens, index + 1)
        if tolerance:
            low, high = -tolerance.value, tolerance.value
            bounds = Bound(value=low, inclusive=True), Bound(value=high, inclusive=True)
            return _limit(tolerance, *bounds, index, operator="tolerance")
        return None
    measure = read_measure(tokens, index)
    if measure is None or measure.head != index or tokens.reading(index, "ref"):
        return None
    return (
        _post(tokens, measure, index)
        or _range(tokens, measure, index)
        or _flipped(tokens, measure, index)
        or _limit(measure, *_bounds("eq", measure.value), index, stated=False)
    )


def _post(tokens: Tokens, measure: Measure, index: int) -> Limit | None:
    """ "18 years or older", "18 years of age and above", "18+"."""
    at = measure.next
    for _ in range(3):
        post = tokens.reading(at, "op-post")
        if post and not (post.value == "ge" and tokens.word(at) == "+" and not _free_plus(tokens, at)):
            if read_number(tokens, post.next) is not None or tokens.word(post.next) == "than":
                return None
            limit = _limit(measure, *_bounds(post.value, measure.value), index, operator=post.value)
            if limit.unit_tokens is None and (unit := read_unit(tokens, post.next)):  # "18+ years"
                limit = replace(limit, ucum=unit.ucum, dimension=dimension(unit.ucum))
                return replace(limit, unit_tokens=(post.next, unit.next), last=unit.next)
            return replace(limit, last=post.next)
        bracket = tokens.word(at) == "(" and tokens.reading(at + 1, "op-post")
        if bracket and tokens.word(bracket.next) == ")":
            limit = _limit(measure, *_bounds(bracket.value, measure.value), index, operator=bracket.value)
            return replace(limit, last=bracket.next + 1)
        of_age = tokens.reading(at, "of-age")
        if not of_age:
            return None
        at = of_age.next
    return None


def _free_plus(tokens: Tokens, index: int) -> bool:
    """Whether a "+" ends a number ("18+", "18 + years") and adds nothing ("5 + 3")."""
    return read_number(tokens, index + 1) is None


def _range(tokens: Tokens, low: Measure, index: int) -> Limit | None:
    to = tokens.reading(low.next, "to")
    after_age = tokens.reading(low.next, "of-age")
    if not to and after_age:
        to = tokens.reading(after_age.next, "to")
    if not to:
        return None
    found = _close_range(tokens, low, to.next, index)
    if found is None:
        return None
    if _looks_like_year(low.value) and found.ucum is None:
        return None
    return found


def _looks_like_year(value: float) -> bool:
    return 1900 <= value <= 2100 and value.is_integer()


def _flipped(tokens: Tokens, measure: Measure, index: int) -> Limit | None:
    """ "20 ≤ BMI ≤ 34", "18 < age": the number first, the sign pointing the other way."""
    sign = tokens.reading(measure.next, "op-pre")
    if not sign or tokens.word(measure.next)[0].isalpha() or sign.value == "eq":
        return None
    if read_number(tokens, sign.next) is not None:
        return None
    limit = _limit(measure, *_bounds(_FLIP[sign.value], measure.value), index, operator=_FLIP[sign.value])
    limit = replace(limit, last=sign.next)
    for at in range(sign.next + 1, min(sign.next + 7, len(tokens))):
        if tokens.word(at) in (",", ";", "."):
            break
        second_sign = tokens.reading(at, "op-pre")
        if second_sign and not tokens.word(at)[0].isalpha():
            second = _operand(tokens, second_sign.next)
            if second and second_sign.value[0] == sign.value[0]:
                return _merge(limit, second, second_sign.value)
            break
    return limit


def _inclusiveness(tokens: Tokens, limit: Limit) -> Limit:
    """Apply "inclusive", "both inclusive", "exclusive" after a range."""
    if limit.lower is None or limit.upper is None or not limit.stated:
        return limit
    at = limit.last
    of_age = tokens.reading(at, "of-age")
    said = tokens.reading(at, "inclusive") or (tokens.reading(of_age.next, "inclusive") if of_age else None)
    if not said:
        return limit
    inclusive = said.value == "yes"
    return replace(
        limit,
        lower=Bound(value=limit.lower.value, inclusive=inclusive),
        upper=Bound(value=limit.upper.value, inclusive=inclusive),
        last=said.next,
    )


def _with_alternative(tokens: Tokens, limit: Limit) -> Limit:
    """ "8.0–10.0 % (64–86 mmol/mol)": the same limit in another unit."""
    if tokens.word(limit.last) not in ("(", "[") or limit.ucum is None or limit.is_time:
        return limit
    at = limit.last + 1
    if tokens.word(at) in ("or", "i.e.", "=", "~", "approximately", "equivalent"):
        at += 1
    other = _read_between(tokens, at) or _read_bounded(tokens, at) or _read_from_measure(tokens, at)
    if other is None or tokens.word(other.last) not in (")", "]") or other.ucum in (None, limit.ucum):
        return limit
    if (other.lower is None) != (limit.lower is None) and other.stated:
        return limit
    return replace(limit, last=other.last + 1, alternatives=(other,))


def read_limits(tokens: Tokens) -> list[Limit]:
    """Every limit of a text from left to right, none overlapping."""
    found: list[Limit] = []
    index = 0
    while index < len(tokens):
        limit = None if tokens.shielded[index] else read_limit(tokens, index)
        if limit is None:
            index += 1
            continue
        if not _is_scale(tokens, limit):
            found.append(limit)
        index = max(limit.last, index + 1)
    return found


def _is_scale(tokens: Tokens, limit: Limit) -> bool:
    """Whether the numbers limit nothing: the ends of a scale ("on a 0-10 scale"), a time of day ("10:40"), the body
    surface that clearances are normalised to, a designation ("day 1 visit").
    """
    if tokens.word(limit.last) == ":" and tokens.glued(limit.last) and tokens.word(limit.last + 1)[:1].isdecimal():
        return True
    if limit.dimension in ("area", "bsa") and limit.lower is not None and limit.lower.value == 1.73:
        return True
    if not limit.stated and tokens.reading(limit.first - 1, "designator") and not limit.is_time:
        return True
    if limit.operator != "range" or limit.lower is None or limit.lower.value not in (0, 1):
        return False
    return any(tokens.reading(limit.last + i, "scale") for i in range(4))
