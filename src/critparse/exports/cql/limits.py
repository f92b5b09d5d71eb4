"""Limits, lists and results as comparisons of a result ``R``, of an age, of a number of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from critparse.exports.cql.expressions import COMPARISON, COMPOUND, Expression, joined
from critparse.exports.cql.windows import ENTRY
from critparse.exports.cql.words import identifier, number, quantity, string
from critparse.exports.unsaid import Unsaid
from critparse.lexicon.tables import Analyte
from critparse.match.terms import terms
from critparse.match.values import analyte_of
from critparse.quantities.analytes import canonical
from critparse.quantities.units import convert
from critparse.schema import Bound, Leaf, Range, Unit

_AGES = {"a": "AgeInYearsAt", "mo": "AgeInMonthsAt", "wk": "AgeInWeeksAt", "d": "AgeInDaysAt"}
_NORMAL = {"uln": "R.high", "lln": "R.low"}
WORDS_FOR = "Words for "
_RELATIVE = "range relative to a limit of normal"


def answer(leaf: Leaf) -> Expression:
    """What a result has to fulfil: limits, list and result in words together. Raises Unsaid."""
    asked: list[Expression] = []
    if leaf.range is not None:
        asked.append(_limits(leaf.range, leaf.alternatives, analyte_of(leaf.subject)))
    if leaf.values:
        asked.append(_values(leaf.values))
    if leaf.qualitative is not None:
        asked.append(_result(leaf.qualitative))
    return joined("and", asked)


def age(limit: Range) -> Expression:
    """A limit of the age on the entry day, in completed years, months, weeks or days. Raises Unsaid."""
    ucum = limit.unit.ucum if limit.unit else None
    if ucum not in _AGES or limit.relative_to is not None:
        raise Unsaid("age", "not in years, months, weeks or days")
    return _compared(f"{_AGES[ucum]}({ENTRY})", limit, number)


def is_count(limit: Range) -> bool:
    """Whether a limit of something that happens is how often."""
    return limit.relative_to is None and (limit.unit is None or _is_pure(limit.unit.ucum))


def counted(days: str, limit: Range) -> Expression:
    """A limit of the number of days on which something happened. Raises Unsaid for what is no whole number."""
    least, most = limit.lower, limit.upper
    if any(bound is not None and bound.value % 1 for bound in (least, most)):
        raise Unsaid("range", "no whole number of events")
    first = "null" if least is None else number(least.value + (not least.inclusive))
    last = "null" if most is None else number(most.value - (not most.inclusive))
    return Expression(f'"Counted"("Days With"({days}), {first}, {last})')


def _limits(limit: Range, alternatives: Sequence[Range], analyte: Analyte | None) -> Expression:
    """The limit; where there are several units, mass and amount of substance, the one that can be compared decides."""
    found = [_limit(limit)]
    given = [other for other in alternatives if other.unit is not None and other.unit.ucum is not None]
    found += [_limit(other) for other in given]
    if analyte is not None and not given:
        found += [_limit(other) for other in _converted(limit, analyte)]
    if len(found) == 1:
        return found[0]
    return Expression(f"Coalesce({', '.join(one.text for one in found)})")


def _converted(limit: Range, analyte: Analyte) -> Iterator[Range]:
    """The limit in a unit of each other dimension that the analyte is measured in: µmol/L for mg/dL."""
    ucum = limit.unit.ucum if limit.unit else None
    one = canonical(analyte, 1.0, ucum) if ucum and limit.relative_to is None else None
    if ucum is None or not one:
        return
    seen = [ucum]
    for unit in (analyte.unit, *analyte.units):
        other = canonical(analyte, 1.0, unit)
        if other and all(convert(1.0, unit, known) is None for known in seen):
            seen.append(unit)
            yield Range(
                lower=_scaled(limit.lower, one / other),
                upper=_scaled(limit.upper, one / other),
                unit=Unit(ucum=unit, text=unit),
            )


def _scaled(bound: Bound | None, factor: float) -> Bound | None:
    """Seven digits are as exact as molar masses are."""
    return bound and bound.model_copy(update={"value": float(f"{bound.value * factor:.7g}")})


def _limit(limit: Range) -> Expression:
    ucum = limit.unit.ucum if limit.unit else None
    if limit.relative_to is not None:
        return _multiple(limit, ucum)
    if limit.unit is not None and ucum is None:
        raise Unsaid("range", f"its unit is not complete: “{limit.unit.text}”")
    if ucum is None or _is_pure(ucum):
        return _compared("R.number", limit, number)
    return _compared("R.quantity", limit, lambda value: quantity(value, ucum))


def _multiple(limit: Range, ucum: str | None) -> Expression:
    if limit.relative_to not in _NORMAL:
        raise Unsaid(_RELATIVE, f"records do not hold the {limit.relative_to} value")
    if ucum not in (None, "1", "%"):
        raise Unsaid(_RELATIVE, "its unit is no multiple")
    normal = _NORMAL[str(limit.relative_to)]
    part = 0.01 if ucum == "%" else 1.0
    return _compared("R.quantity", limit, lambda value: f"{number(round(value * part, 8))} * {normal}")


def _compared(what: str, limit: Range, shown: Callable[[float], str]) -> Expression:
    lower, upper = limit.lower, limit.upper
    if lower and upper and lower.inclusive and upper.inclusive:
        if lower.value == upper.value:
            return Expression(f"{what} = {shown(lower.value)}", COMPARISON)
        return Expression(f"{what} between {shown(lower.value)} and {shown(upper.value)}", COMPOUND)
    found = [
        f"{what} {sign}{'=' if bound.inclusive else ''} {shown(bound.value)}"
        for sign, bound in ((">", lower), ("<", upper))
        if bound is not None
    ]
    if not found:
        raise Unsaid("range", "it has no bound")
    return Expression(" and ".join(found), COMPARISON if len(found) == 1 else COMPOUND)


def _is_pure(ucum: str | None) -> bool:
    return ucum == "1" or (ucum is not None and ucum.startswith("{") and ucum.endswith("}") and ucum.count("{") == 1)


def _values(values: tuple[str, ...]) -> Expression:
    if all(value.replace(".", "", 1).isdecimal() and value.isascii() for value in values):
        return joined("or", [Expression(f"R.number = {number(float(value))}", COMPARISON) for value in values])
    return Expression(f'"Is Class"(R.words, {_strings(values)})')


def _result(asked: str) -> Expression:
    if asked not in terms("result"):
        raise Unsaid("qualitative", f"“{asked}” is no result that records hold")
    (opposite,) = terms("opposite")[asked]
    return Expression(f'"Reads"(R.words, {_meaning(asked)}, {_meaning(opposite)})')


def _meaning(result: str) -> str:
    """The definition of the words and flags that mean a result, which :func:`meanings` makes."""
    return identifier(f"{WORDS_FOR}{result}")


def meanings(code: str) -> Iterator[str]:
    """The definitions of words that some code uses."""
    for result, words in terms("result").items():
        if _meaning(result) in code:
            yield f"define {_meaning(result)}:\n  {_strings(sorted(words))}"


def _strings(values: Iterable[str]) -> str:
    return f"{{ {', '.join(string(value.casefold()) for value in values)} }}"
