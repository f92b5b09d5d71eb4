"""Whether the value of an observation is what a statement asks for."""

from __future__ import annotations

from critparse.lexicon.tables import Analyte, analytes
from critparse.match.logic import Truth
from critparse.match.patient import Fact
from critparse.match.terms import results, terms
from critparse.match.times import Interval, limits
from critparse.quantities.analytes import canonical
from critparse.quantities.units import convert
from critparse.schema import Leaf, Range, Subject

_ANALYTE = "ANALYTE:"
_PERCENT = "%"
_ROMAN = frozenset("ivx")


def answers(leaf: Leaf, fact: Fact) -> Truth:
    """Whether the fact's value satisfies range, list and result in words; unknown where it cannot be compared."""
    asked: list[Truth] = []
    if leaf.range is not None:
        asked.append(_in_any(leaf, fact))
    if leaf.values:
        asked.append(_in_list(leaf.values, fact))
    if leaf.qualitative is not None:
        asked.append(_result(leaf.qualitative, fact))
    return min(asked, default=_affirmed(fact))


def analyte_of(subject: Subject) -> Analyte | None:
    """The analyte that a subject is, with its units."""
    found = (c.code.removeprefix(_ANALYTE) for c in subject.concepts if c.code.startswith(_ANALYTE))
    return analytes().get(next(found, ""))


def _affirmed(fact: Fact) -> Truth:
    """Of a thing observed: whether it is there."""
    if fact.flag is None:
        return Truth.UNKNOWN
    return Truth.MET if fact.flag else Truth.NOT_MET


def _in_any(leaf: Leaf, fact: Fact) -> Truth:
    """By the limit; by one of its alternatives in other units where the fact cannot be held against it."""
    analyte = analyte_of(leaf.subject)
    found = (_in_range(range_, fact, analyte) for range_ in (leaf.range, *leaf.alternatives) if range_)
    return next((truth for truth in found if truth is not Truth.UNKNOWN), Truth.UNKNOWN)


def _in_range(range_: Range, fact: Fact, analyte: Analyte | None) -> Truth:
    if fact.number is None:
        return Truth.UNKNOWN
    if range_.relative_to is not None:
        return _relative(range_, fact)
    limit_unit = range_.unit.ucum if range_.unit else None
    if range_.unit is not None and limit_unit is None:
        return Truth.UNKNOWN  # the words name no complete unit
    value = _in_unit(fact.number, fact.unit, limit_unit, analyte)
    return Truth.UNKNOWN if value is None else limits(Interval(value, value), range_)


def _in_unit(value: float, source: str | None, target: str | None, analyte: Analyte | None) -> float | None:
    """A value in the unit of a limit; ``None`` where there is no sure way from one to the other."""
    if _is_pure(source) and _is_pure(target):
        return value
    if source is None or target is None:
        return None
    converted = convert(value, source, target)
    if converted is not None or analyte is None:
        return converted
    ours, one = canonical(analyte, value, source), canonical(analyte, 1.0, target)
    return None if ours is None or not one else ours / one


def _is_pure(unit: str | None) -> bool:
    """Whether a number stands without unit, as scores do."""
    return unit is None or unit == "1" or (unit.startswith("{") and unit.endswith("}") and unit.count("{") == 1)


def _relative(range_: Range, fact: Fact) -> Truth:
    """Against the limits of normal that the laboratory gives with the value."""
    normal = {"uln": fact.high, "lln": fact.low}.get(str(range_.relative_to))
    if not normal or fact.number is None:
        return Truth.UNKNOWN
    unit = range_.unit.ucum if range_.unit else None
    if unit not in (None, "1", _PERCENT):
        return Truth.UNKNOWN
    multiple = fact.number / normal * (100 if unit == _PERCENT else 1)
    return limits(Interval(multiple, multiple), range_)


def _in_list(values: tuple[str, ...], fact: Fact) -> Truth:
    if fact.number is not None:
        numbers = [float(value) for value in values if value.replace(".", "", 1).isdecimal()]
        if len(numbers) != len(values):
            return Truth.UNKNOWN
        return Truth.MET if fact.number in numbers else Truth.NOT_MET
    named = {value.casefold() for value in values}
    if named & fact.words:
        return Truth.MET
    # other words may mean the same; only of two Roman numerals it is sure that they differ
    differ = fact.words and all(_ROMAN.issuperset(word) for word in (*named, *fact.words))
    return Truth.NOT_MET if differ else Truth.UNKNOWN


def _result(asked: str, fact: Fact) -> Truth:
    found = results(fact.words or _by_normal(fact))
    opposite = terms("opposite").get(asked, frozenset())
    if asked in found:
        return Truth.UNKNOWN if found & opposite else Truth.MET
    return Truth.NOT_MET if found & opposite else Truth.UNKNOWN


def _by_normal(fact: Fact) -> frozenset[str]:
    """The flag of a number, by the record's own limits of normal; none where they leave it open."""
    if fact.number is None:
        return frozenset()
    if fact.high is not None and fact.number > fact.high:
        return frozenset({"high"})
    if fact.low is not None and fact.number < fact.low:
        return frozenset({"low"})
    return frozenset({"normal"}) if fact.low is not None and fact.high is not None else frozenset()
