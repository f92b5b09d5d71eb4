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

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.quantities.measures import (
    Measure,
    is_conversion,
    read_count,
    read_direct_operand,
    read_extreme_operand,
    read_grade_operand,
    read_measure,
    read_operand,
    read_reference,
)
from critparse.quantities.numbers import read_number
from critparse.quantities.operators import Operator, read_operator
from critparse.quantities.units import convert, dimension, read_unit
from critparse.schema import Bound, Reference

_ONE_NUMBER = ("eq", "lost")
"""Operators without direction: both bounds are the number, though of a lost sign only one of them is meant."""

_FLIP = {"ge": "le", "gt": "lt", "le": "ge", "lt": "gt", "eq": "eq"}
_ALTERNATING = word_set("sharing")
_JOINS = ("and", "but", "to", ",", "-", "–", "—", "&", "/", "~", "through", "or", "yet", "with", ";")
_HYPHENS = ("-", "‑", "–", "‐")


@dataclass(frozen=True, slots=True)
class Limit:
    """A numeric limit. ``first``/``last``: its token range (operator and unit included); ``head``: its first number.

    ``stated`` is false for a bare measure ("2 g/day", "3 months") that no operator or range qualifies; its bounds are
    then equal. ``implied``: the number is not in the words ("the past year"). ``pair``: the second number of
    "140/90". ``outside``: the values
    outside the range are meant. ``alternatives``: the same limit in another unit, as given in brackets.
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
    operator: Operator | None = None
    spelled: bool = False
    implied: bool = False
    outside: bool = False
    pair: float | None = None
    alternatives: tuple[Limit, ...] = ()

    @property
    def number(self) -> float:
        """The lower bound's number, or the upper one's where there is no lower."""
        bound = self.lower or self.upper
        assert bound is not None, "a limit has a bound"
        return bound.value

    @property
    def is_time(self) -> bool:
        return self.dimension == "time"


def _bounds(operator: str, value: float) -> tuple[Bound | None, Bound | None]:
    bound = Bound(value=value, inclusive=operator in ("ge", "le", *_ONE_NUMBER))
    if operator in _ONE_NUMBER:
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
    low = read_operand(tokens, opening.next)
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
    found = _close_range(tokens, low, to_next, index)
    return replace(found, outside=opening.value == "outside") if found else None


def _close_range(tokens: Tokens, low: Measure, index: int, first: int, *, low_inclusive: bool = True) -> Limit | None:
    """The upper end of a range whose lower end is ``low``."""
    operator = read_operator(tokens, index)
    if operator and operator[0] not in ("le", "lt"):
        return None
    high = read_operand(tokens, operator[1] if operator else index)
    if high is None:
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
    return None if factor is None else round(factor, 12)


def _read_bounded(tokens: Tokens, index: int) -> Limit | None:
    operator = read_operator(tokens, index)
    if operator is None or (operator[0] == "eq" and tokens.reading(index - 1, "count-of")):
        return None
    direct = tokens.reading(index, "direct")  # "over 18" limits, "over a 6 week period" does not
    measure = read_direct_operand(tokens, operator[1]) if direct else read_operand(tokens, operator[1])
    measure = measure or read_count(tokens, operator[1]) or read_grade_operand(tokens, index, operator[1])
    measure = measure or read_extreme_operand(tokens, index, operator[1])
    if measure is None:
        return None
    to = tokens.reading(measure.next, "to")
    if to and operator[0] in ("ge", "gt", "eq"):
        closed = _close_range(tokens, measure, to.next, index, low_inclusive=operator[0] != "gt")
        if closed:
            return closed
    limit = _limit(measure, *_bounds(operator[0], measure.value), index, operator=operator[0])
    return _join_opposite(tokens, _with_post(tokens, _with_pair(tokens, limit)))


def _with_pair(tokens: Tokens, limit: Limit) -> Limit:
    """ "> 140/90 mmHg": the second number, and the unit of both."""
    at = limit.last
    if limit.ucum is not None or tokens.word(at) != "/" or not (tokens.glued(at) and tokens.glued(at + 1)):
        return limit
    second = read_measure(tokens, at + 1)
    if second is None or second.relative_to is not None:
        return limit
    unit = second.unit
    return replace(
        limit,
        pair=second.value,
        ucum=unit.ucum if unit else None,
        dimension=dimension(unit.ucum) if unit else None,
        unit_tokens=second.unit_tokens,
        last=second.next,
    )


def _with_post(tokens: Tokens, limit: Limit) -> Limit:
    """ "≥ 5.7 % or higher": an operator said twice."""
    post = tokens.reading(limit.last, "op-post")
    if post and limit.operator in ("ge", "gt", "le", "lt", "eq") and tokens.word(limit.last) in ("or", "and"):
        if limit.operator == "eq":
            lower, upper = _bounds(post.value, limit.number)
            return replace(limit, lower=lower, upper=upper, last=post.next, operator=post.value)
        if post.value[0] == limit.operator[0]:
            return replace(limit, last=post.next)
    return limit


def _join_opposite(tokens: Tokens, limit: Limit) -> Limit:
    """ "≥ 18 and < 65", "> 1.5 to ≤ 3 × ULN": two bounds of one range. "< 18 or > 65" stays two limits."""
    at = limit.last
    of_age = tokens.reading(at, "of-age")
    at = of_age.next if of_age else at
    joined = "," in tokens.lower[limit.last : at]
    for _ in range(2):
        if tokens.word(at) in _JOINS:
            at, joined = at + 1, True
    if not joined:
        return limit
    skip = tokens.reading(at, "skip")
    operator = read_operator(tokens, at) or (read_operator(tokens, skip.next) if skip else None)
    if operator is None or operator[0] in _ONE_NUMBER or (operator[0][0] == (limit.operator or "")[:1]):
        return limit
    second = read_operand(tokens, operator[1])
    if second is None or limit.operator in _ONE_NUMBER:
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
    if implied := _implied_one(tokens, index):
        return _limit(implied, *_bounds("eq", implied.value), index, stated=False, implied=True)
    measure = read_measure(tokens, index, signed=_may_be_signed(tokens, index))
    if measure is None or measure.head != index or tokens.reading(index, "ref"):
        return None
    return (
        _post(tokens, measure, index)
        or _range(tokens, measure, index)
        or _flipped(tokens, measure, index)
        or _limit(measure, *_bounds("eq", measure.value), index, stated=False)
    )


def _may_be_signed(tokens: Tokens, index: int) -> bool:
    """Whether a dash at ``index`` can only be a minus: it touches the number after it and nothing before it."""
    return not tokens.glued(index) and read_number(tokens, index - 1) is None and not tokens.reading(index - 1, "unit")


def _implied_one(tokens: Tokens, index: int) -> Measure | None:
    """ "in the past year", "during the last month": one of the unit."""
    if tokens.word(index - 1) not in ("last", "past", "previous", "preceding", "prior"):
        return None
    unit = read_unit(tokens, index)
    if unit is None or unit.dimension != "time" or len(tokens.word(index)) < 3 or not tokens.word(index).isalpha():
        return None
    return Measure(1.0, unit, (index, unit.next), None, unit.next, index, True)


def _post(tokens: Tokens, measure: Measure, index: int) -> Limit | None:
    """ "18 years or older", "18 years of age and above", "18+"."""
    at = measure.next
    for _ in range(3):
        post = tokens.reading(at, "op-post")
        if post and not (post.value == "ge" and tokens.word(at) == "+" and not _free_plus(tokens, at)):
            if read_number(tokens, post.next) is not None or tokens.word(post.next) == "than":
                return None
            measure = _with_late_reference(tokens, measure, post.next)
            limit = _limit(measure, *_bounds(post.value, measure.value), index, operator=post.value)
            if (
                limit.unit_tokens is None and limit.relative_to is None and (unit := read_unit(tokens, post.next))
            ):  # "18+ years"
                limit = replace(limit, ucum=unit.ucum, dimension=dimension(unit.ucum))
                return replace(limit, unit_tokens=(post.next, unit.next), last=unit.next)
            return replace(limit, last=max(post.next, measure.next))
        bracket = tokens.word(at) == "(" and tokens.reading(at + 1, "op-post")
        if bracket and tokens.word(bracket.next) == ")":
            limit = _limit(measure, *_bounds(bracket.value, measure.value), index, operator=bracket.value)
            return replace(limit, last=bracket.next + 1)
        of_age = tokens.reading(at, "of-age")
        if not of_age:
            return None
        at = of_age.next
    return None


def _with_late_reference(tokens: Tokens, measure: Measure, index: int) -> Measure:
    """ "2+ times the upper limit of normal": the reference after the operator."""
    if measure.unit is not None or measure.relative_to is not None:
        return measure
    reference, after = read_reference(tokens, index, measure.value, None)
    return measure._replace(relative_to=reference, next=after) if reference else measure


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
            second = read_operand(tokens, second_sign.next)
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
    if not other.stated and limit.operator in _FLIP and other.lower is not None:
        lower, upper = _bounds(limit.operator, other.lower.value)
        other = replace(other, lower=lower, upper=upper, operator=limit.operator, stated=True)
    limit = replace(limit, last=other.last + 1, alternatives=(other,))
    post = tokens.reading(limit.last, "op-post")  # "126 mg/dL (7.0 mmol/L) or higher"
    return _operated(limit, post.value, post.next) if post and not limit.stated else limit


def _operated(limit: Limit, operator: Operator, last: int) -> Limit:
    """A bare limit and its alternatives under an operator that comes after them."""
    value = limit.upper or limit.lower
    if value is None:
        return limit
    lower, upper = _bounds(operator, value.value)
    others = tuple(_operated(other, operator, other.last) for other in limit.alternatives)
    return replace(limit, lower=lower, upper=upper, operator=operator, stated=True, last=last, alternatives=others)


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
            if found:
                found[-1] = _with_later_unit(tokens, found[-1], limit)
            found.append(limit)
        index = max(limit.last, index + 1)
    return found


def _with_later_unit(tokens: Tokens, limit: Limit, later: Limit) -> Limit:
    """ "< 50 or > 110 beats per minute": the first limit has the unit of the second."""
    gap = tokens.lower[limit.last : later.first]
    bare = limit.ucum is None and limit.relative_to is None and limit.stated and limit.operator in _FLIP
    if not bare or not later.stated or later.unit_tokens is None or not gap or not _ALTERNATING.issuperset(gap):
        return limit
    return replace(limit, ucum=later.ucum, dimension=later.dimension, unit_tokens=later.unit_tokens)


def _is_scale(tokens: Tokens, limit: Limit) -> bool:
    """Whether the numbers limit nothing: the ends of a scale ("on a 0-10 scale"), a time of day ("10:40"), the body
    surface that clearances are normalised to, a designation ("day 1 visit"), a conversion ("1 mmHg = 0.133 kPa").
    """
    for colon in (limit.last, limit.first - 1):
        if tokens.word(colon) == ":" and tokens.glued(colon) and tokens.glued(colon + 1):
            return tokens.word(colon - 1).isdecimal() and tokens.word(colon + 1).isdecimal()
    if limit.dimension in ("area", "bsa") and limit.lower is not None and limit.lower.value == 1.73:
        return True
    if limit.operator == "eq" and is_conversion(tokens, limit.first):
        return True
    if not limit.stated and tokens.reading(limit.first - 1, "designator") and not limit.is_time:
        return True
    if limit.operator != "range" or limit.lower is None or limit.lower.value not in (0, 1):
        return False
    return any(tokens.reading(limit.last + i, "scale") for i in range(4))
