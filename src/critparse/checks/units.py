"""Units: doses whose unit is incomplete, limits whose unit is missing or cannot be one of what is measured."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.checks.facts import Facts, hull
from critparse.checks.measures import after, belongs, ends, measured, passage
from critparse.checks.places import Places
from critparse.checks.registry import Problem, check
from critparse.lexicon import Analyte
from critparse.quantities.analytes import canonical
from critparse.quantities.units import dimension
from critparse.schema import Bound, Leaf, Range, Span

_UNIT_GOES_ON = ("^", "+", "/", "hg", "2", "3", "²", "³", "<sup", "x ", "×", "ratio", "of ", "(", "[", "%", "per", "¬")
_ONLY_DIVISOR = re.compile(r"\s{0,3}(?:/|per\b)\s{0,3}[^\d\s]")
_COUNTS = frozenset(("1", "", "count", "count/time", "percent", "percentile", "ratio", "fraction"))
"""Dimensions that anything may be given in: "3 times", "35 %", "2 episodes"."""
_TOLERANCE = 0.1
"""Share by which rounded conversions may be apart."""
_DIMENSIONLESS = frozenset(("1", "%", "count", "ratio", "[pH]"))


@check(
    "unit-incomplete",
    title="A dose lacks the unit of its amount",
    severity="warning",
    message="The dose of {subject} has no complete unit: “{quote}” ({where}).",
    suggestion="Write the unit in full, with the unit of the amount (such as mg or g) before “{unit}”.",
)
def unit_incomplete(facts: Facts) -> Iterator[Problem]:
    """A drug dose has a unit that names no amount ("0.4 / m2"). Copies of the same words make one finding."""
    found = Places(facts)
    for criterion_id, leaves in facts.leaves_of.items():
        for leaf in leaves:
            amount = leaf.dose.amount if leaf.dose else None
            if amount is None or not amount.evidence or amount.unit is None or amount.unit.ucum is not None:
                continue
            value = hull(amount.evidence)
            lead = Span(text_id=value.text_id, start=max(0, value.start - 1), end=value.end)
            if _ONLY_DIVISOR.match(amount.unit.text) and not _has_numerator(facts.text_of(lead)):
                _note(found, facts, leaf, amount, criterion_id, unit=amount.unit.text)
    return found.problems()


def _has_numerator(amount: str) -> bool:
    """Whether letters stand before the first division of an amount ("70-80 mg/m2"), or a power opens it."""
    before = re.split(r"/|\bper\b", amount, maxsplit=1)[0]
    return before.startswith("^") or before.rstrip()[-1:].isalpha()


@check(
    "unit-dimension",
    title="A limit's unit cannot measure what is limited",
    severity="warning",
    message="{subject} is not measured in {unit}: “{quote}” ({where}).",
    suggestion="Check the unit; {subject} is usually given in {usual}.",
)
def unit_dimension(facts: Facts) -> Iterator[Problem]:
    """The dimension of a laboratory limit's unit fits none of the units in which the analyte is given."""
    found = Places(facts)
    for leaf, analyte, range_, where in _analyte_limits(facts):
        ucum = range_.unit.ucum if range_.unit else None
        kind = dimension(ucum) if ucum else None
        if kind is None or kind in _COUNTS or range_.unit is None or not belongs(facts, leaf, range_):
            continue
        second = range_.unit.text[:1] == "/" and range_.unit.text[1:2].isdecimal()  # "< 50/80 copies/mL"
        if second or after(facts, range_).startswith(_UNIT_GOES_ON):
            continue
        if _per_time(kind) not in {_per_time(dimension(unit) or "") for unit in (analyte.unit, *analyte.units)}:
            _note(found, facts, leaf, range_, where, unit=range_.unit.text, usual=analyte.unit)
    return found.problems()


def _per_time(kind: str) -> str:
    """A dimension less a final "/time": "24 h urine protein ≥ 1 g" has its time in the name."""
    return kind.removesuffix("/time")


@check(
    "unit-missing",
    title="A limit has no unit, and its number does not show which is meant",
    severity="info",
    message="The limit of {subject} has no unit: “{quote}” ({where}).",
    suggestion="Add the unit, for example {usual}.",
)
def unit_missing(facts: Facts) -> Iterator[Problem]:
    """A laboratory limit without unit whose number is plausible in several units of the analyte, or in none."""
    found = Places(facts)
    for leaf, analyte, range_, where in _analyte_limits(facts):
        stated = range_.unit is None and belongs(facts, leaf, range_) and ends(facts, range_)
        if stated and not _is_clear(analyte, range_):
            _note(found, facts, leaf, range_, where, usual=analyte.unit)
    return found.problems()


@check(
    "alternative-differs",
    title="A limit and its conversion in brackets do not agree",
    severity="warning",
    message="The two limits of {subject} differ: {first} is {expected}, not {second}: “{quote}” ({where}).",
    suggestion="Check the conversion, and state which of the two holds.",
)
def alternative_differs(facts: Facts) -> Iterator[Problem]:
    """A limit is given in two units, and the two are more than a tenth apart. Only fixed factors are used."""
    found = Places(facts)
    for leaf, analyte, range_, where in _analyte_limits(facts):
        for other in leaf.alternatives:
            for one, second in ((range_.lower, other.lower), (range_.upper, other.upper)):
                expected = _expected(analyte, range_, one, other, second)
                if expected is not None and one and second and range_.unit and other.unit:
                    first, unit = f"{one.value:g} {range_.unit.text}", other.unit.text
                    said = {"first": first, "expected": f"{expected:.3g} {unit}", "second": f"{second.value:g} {unit}"}
                    _note(found, facts, leaf, range_, where, **said)
    return found.problems()


def _expected(analyte: Analyte, range_: Range, one: Bound | None, other: Range, second: Bound | None) -> float | None:
    """What ``one`` is in the unit of the other range, where the text says something else."""
    units = [r.unit.ucum if r.unit else None for r in (range_, other)]
    if one is None or second is None or units[0] is None or units[1] is None:
        return None
    stated, scale = canonical(analyte, one.value, units[0]), canonical(analyte, 1.0, units[1])
    if stated is None or not scale:
        return None
    expected = stated / scale
    return expected if abs(expected - second.value) > _TOLERANCE * max(abs(expected), abs(second.value)) else None


def _note(found: Places, facts: Facts, leaf: Leaf, range_: Range, criterion_id: str, **details: str) -> None:
    """Note a value of a subject in a criterion; copies of the same words make one finding."""
    span = passage(leaf, range_)
    key = (leaf.subject.text.lower(), facts.text_of(span).lower())
    found.add(key, span, criterion_id, subject=leaf.subject.text, **details)


def _analyte_limits(facts: Facts) -> Iterator[tuple[Leaf, Analyte, Range, str]]:
    """Absolute limits of laboratory analytes, read with confidence."""
    for leaf, row, range_, criterion_id in measured(facts):
        if isinstance(row, Analyte) and row.kind == "lab":
            yield leaf, row, range_, criterion_id


def _is_clear(analyte: Analyte, range_: Range) -> bool:
    """Whether the unit goes without saying: none is needed, or the number is plausible in one size of unit only."""
    if (dimension(analyte.unit) or "") in _COUNTS or analyte.unit in _DIMENSIONLESS:
        return True
    values = [bound.value for bound in (range_.lower, range_.upper) if bound is not None]
    if len(set(values)) < len(values) or "ratio" in analyte.display:
        return True  # a value or a year rather than a limit; a ratio
    if analyte.low is None or analyte.high is None or not values:
        return True
    factors = {1.0, *(factor for factor in analyte.units.values() if factor)}
    plausible = {f for f in factors if all(analyte.low <= v * f <= analyte.high for v in values)}
    return len(plausible) == 1
