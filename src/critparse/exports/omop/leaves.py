"""Statements as criteria: what has to be on record, or must not be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from critparse.exports.omop.capabilities import CAPABILITIES
from critparse.exports.omop.circe import (
    AT_LEAST,
    AT_MOST,
    EXACTLY,
    CorelatedCriteria,
    Criteria,
    DemographicCriteria,
    Eras,
    Events,
    Measurements,
    NumericRange,
    Occurrence,
    OmopConcept,
    Values,
)
from critparse.exports.omop.concept_sets import ConceptSets
from critparse.exports.omop.groups import Part, group
from critparse.exports.omop.numbers import as_concept, comparison, unit_concepts, whole
from critparse.exports.omop.windows import When, when
from critparse.exports.unsaid import Shortfall, Unsaid
from critparse.lexicon.omop import values
from critparse.match.terms import terms
from critparse.quantities.units import convert
from critparse.schema import Leaf, Range, Unit

_SAID = {("history", "history"), ("certainty", "known")}  # on record at any time is just that
_OTHER_FACT = {
    ("time", "planned"),
    ("history", "family"),
    ("response", "contraindication"),
    ("response", "intolerance"),
}

_AT_MOST_ULN, _AT_LEAST_LLN = NumericRange(value=1, op="lte"), NumericRange(value=1, op="gte")
_ABOVE_ULN, _BELOW_LLN = NumericRange(value=1, op="gt"), NumericRange(value=1, op="lt")
_BY_NORMAL = {  # Circe's own "Abnormal" makes SQL that fails
    "normal": (Measurements(range_low_ratio=_AT_LEAST_LLN, range_high_ratio=_AT_MOST_ULN),),
    "abnormal": (Measurements(range_low_ratio=_BELOW_LLN), Measurements(range_high_ratio=_ABOVE_ULN)),
    "elevated": (Measurements(range_high_ratio=_ABOVE_ULN),),
    "high": (Measurements(range_high_ratio=_ABOVE_ULN),),
    "low": (Measurements(range_low_ratio=_BELOW_LLN),),
}


@dataclass
class Reading:
    """A leaf being read: where its concepts go, when it holds, what falls short."""

    leaf: Leaf
    negated: bool
    sets: ConceptSets
    time: When
    short: list[Shortfall] = field(default_factory=list)

    def miss(self, part: str, reason: str, text: str = "") -> None:
        """Note a part that is left off."""
        self.short.append(Shortfall(part, reason, text))


def read_leaf(leaf: Leaf, negated: bool, sets: ConceptSets) -> tuple[Part, Sequence[Shortfall]]:
    """The leaf, or its negation, as part of a rule, and what is missing of it. Raises Unsaid."""
    if leaf.kind not in _READERS:
        raise Unsaid(leaf.kind, CAPABILITIES[leaf.kind].note)
    if leaf.scope is not None:
        raise Unsaid("scope", f"about: {leaf.scope.person}")
    time, short = when(leaf.windows)
    reading = Reading(leaf, negated == leaf.present, sets, time, list(short))
    _qualifiers(reading)
    part = _READERS[leaf.kind](reading)
    if leaf.dose is not None:
        reading.miss("dose", CAPABILITIES["dose"].note)
    if leaf.unread:
        reading.miss("unread", CAPABILITIES["unread"].note)
    return part, reading.short


def _qualifiers(reading: Reading) -> None:
    for qualifier in dict.fromkeys(reading.leaf.qualifiers):
        if (qualifier.kind, qualifier.value) in _OTHER_FACT:
            raise Unsaid("qualifiers", f"“{qualifier.text}” makes it another fact")
        if (qualifier.kind, qualifier.value) not in _SAID:
            reading.miss("qualifiers", f"{qualifier.kind} is left off", qualifier.text)


# --- people


def age_part(limit: Range, negated: bool) -> Part:
    """An age limit in whole years. Raises Unsaid for other limits."""
    if limit.relative_to is not None:
        raise Unsaid("age", "relative to something")
    years = _years(limit)
    least, most = whole(years)
    if not negated and least is not None and most is not None:
        return DemographicCriteria(age=NumericRange(value=least, extent=most, op="bt"))
    ranges = []
    if least is not None:
        ranges.append(NumericRange(value=least, op="lt" if negated else "gte"))
    if most is not None:
        ranges.append(NumericRange(value=most, op="gt" if negated else "lte"))
    if not ranges:
        raise Unsaid("age", "it has no bound")
    return group("ANY", [DemographicCriteria(age=one) for one in ranges])


def _years(limit: Range) -> Range:
    ucum = limit.unit.ucum if limit.unit else "a"
    for bound in (limit.lower, limit.upper):
        years = convert(bound.value, ucum or "", "a") if bound else 0.0
        if years is None or years % 1 != 0:
            raise Unsaid("age", "not in whole years")
    scale = convert(1.0, ucum or "", "a") or 1.0
    return Range(
        lower=limit.lower and limit.lower.model_copy(update={"value": limit.lower.value * scale}),
        upper=limit.upper and limit.upper.model_copy(update={"value": limit.upper.value * scale}),
    )


def sex_part(sexes: Iterable[str], negated: bool = False) -> Part:
    """One of the sexes ("female", "male"), or none of them. Raises Unsaid when that leaves nobody."""
    named = frozenset(sexes)
    wanted = [as_concept(term) for sex, (term, *_) in values("gender").items() if (sex in named) != negated]
    if not wanted:
        raise Unsaid("sex", "neither female nor male")
    return DemographicCriteria(gender=tuple(wanted))


def _age(reading: Reading) -> Part:
    if reading.leaf.range is None or reading.time != When():
        raise Unsaid("age", "no limit of age at the entry event")
    return age_part(reading.leaf.range, reading.negated)


def _sex(reading: Reading) -> Part:
    leaf = reading.leaf
    if not leaf.values or leaf.range is not None:
        raise Unsaid("sex", "it names no sex")
    return sex_part(leaf.values, reading.negated)


# --- events


def _condition(reading: Reading) -> Part:
    return _events(reading, "condition_occurrence")


def _observation(reading: Reading) -> Part:
    limit = reading.leaf.range
    if limit is not None and (limit.unit is not None or limit.relative_to is not None):
        return _results(reading, "observation", [_by_number(reading, limit)])
    return _events(reading, "observation")


def _drug(reading: Reading) -> Part:
    if reading.time.length is None:
        return _counted(reading, [Criteria(drug_exposure=Events(codeset_id=reading.sets.of(reading.leaf)))])
    if reading.leaf.range is not None:
        raise Unsaid("range", "a count of stretches of time")
    return _taken_for(reading, reading.time.length)


def _taken_for(reading: Reading, length: Range) -> Part:
    """Eras of that length at the entry event: they may go on beyond it, so that what counts is also their start."""
    id_ = reading.sets.of(reading.leaf)
    least, most = whole(length)
    begun = reading.time if reading.time.told else reading.time._replace(newest=max(least or 0, 0))
    found = [(Eras(codeset_id=id_, era_length=comparison(length)), begun)]
    if most is not None and not reading.time.told:
        lower = comparison(Range(lower=length.lower)) if length.lower else None
        found.append((Eras(codeset_id=id_, era_length=lower), begun._replace(oldest=most)))
    parts = [_occurs(replace(reading, time=time), Criteria(drug_era=era), _any(reading)) for era, time in found]
    return group("ALL" if reading.negated else "ANY", parts)


def _procedure(reading: Reading) -> Part:
    return _simple(reading, "procedure_occurrence")


def _device(reading: Reading) -> Part:
    return _simple(reading, "device_exposure")


def _reproductive(reading: Reading) -> Part:
    leaf = reading.leaf
    if any(part in leaf.subject.text.casefold() for part in terms("conduct")["promised"]):
        raise Unsaid("reproductive", "conduct that a person promises")
    if leaf.qualitative is not None:
        return _measurement(reading)
    return _events(reading, "condition_occurrence", "observation")


def _simple(reading: Reading, domain: str) -> Part:
    if reading.time.length is not None:
        raise Unsaid("windows", "these records have no duration")
    return _events(reading, domain)


def _events(reading: Reading, *domains: str) -> Part:
    """Records of the subject in any of the domains; a duration is how long ago the first one was."""
    lasting = reading.time.length is not None
    reading.time = reading.time.since()
    id_ = reading.sets.of(reading.leaf)
    kinds = {"observation": Values}
    return _counted(
        reading,
        [Criteria(**{domain: kinds.get(domain, Events)(codeset_id=id_, first=lasting or None)}) for domain in domains],
    )


def _counted(reading: Reading, criteria: Sequence[Criteria]) -> Part:
    """So many records of any of the criteria."""
    leaf = reading.leaf
    if leaf.qualitative is not None:
        reading.miss("qualitative", "it is left off", leaf.qualitative)
    if leaf.values:
        reading.miss("values", "they are left off", ", ".join(leaf.values))
    if leaf.range is None:
        return _held(reading, criteria)
    if leaf.range.unit is not None or leaf.range.relative_to is not None:
        raise Unsaid("range", "a size or rate, which these records do not hold")
    if len(criteria) > 1:
        raise Unsaid("range", "a count over two domains")
    least, most = whole(leaf.range)
    return _number(reading, criteria[0], least, most)


def _number(reading: Reading, criteria: Criteria, least: int | None, most: int | None) -> Part:
    if least is not None and least == most and not reading.negated:
        return _occurs(reading, criteria, Occurrence(type=EXACTLY, count=least))
    counts: list[Occurrence] = []
    if least is not None and least > 0:
        counts.append(_at_most(least - 1) if reading.negated else Occurrence(type=AT_LEAST, count=least))
    if most is not None and most >= 0:
        counts.append(Occurrence(type=AT_LEAST, count=most + 1) if reading.negated else _at_most(most))
    if not counts:
        raise Unsaid("range", "it bounds no count")
    return group("ANY" if reading.negated else "ALL", [_occurs(reading, criteria, count) for count in counts])


def _at_most(count: int) -> Occurrence:
    return Occurrence(type=AT_MOST if count else EXACTLY, count=count)


def _held(reading: Reading, criteria: Sequence[Criteria]) -> Part:
    """A record of any of the criteria; negated, of none."""
    return group("ALL" if reading.negated else "ANY", [_occurs(reading, one, _any(reading)) for one in criteria])


def _any(reading: Reading) -> Occurrence:
    return Occurrence(type=EXACTLY, count=0) if reading.negated else Occurrence(type=AT_LEAST, count=1)


def _occurs(reading: Reading, criteria: Criteria, count: Occurrence) -> CorelatedCriteria:
    """So many records in the window: by their start, or by their end where a person has had it until then."""
    time = reading.time
    if time.told and (criteria.drug_exposure or criteria.device_exposure):
        return CorelatedCriteria(
            criteria=criteria, start_window=When().window(), end_window=time.end_window(), occurrence=count
        )
    return CorelatedCriteria(criteria=criteria, start_window=time.window(), occurrence=count)


# --- results


def _measurement(reading: Reading) -> Part:
    leaf = reading.leaf
    if leaf.range is not None:
        if leaf.qualitative is not None:
            reading.miss("qualitative", "it is left off", leaf.qualitative)
        return _results(reading, "measurement", _limits(reading, leaf.range, leaf.alternatives))
    if leaf.values:
        return _results(reading, "measurement", _listed(leaf.values))
    if leaf.qualitative is not None:
        return _results(reading, "measurement", _in_words(leaf.qualitative))
    raise Unsaid("measurement", "it has no value")


def _results(reading: Reading, domain: str, results: Sequence[Measurements]) -> Part:
    if reading.time.length is not None:
        raise Unsaid("windows", "a result has no duration")
    id_ = reading.sets.of(reading.leaf)
    kind = Values if domain == "observation" else Measurements
    said = [result.model_dump(exclude_none=True) | {"codeset_id": id_} for result in results]
    return _held(reading, [Criteria(**{domain: kind(**fields)}) for fields in said])


def _limits(reading: Reading, limit: Range, alternatives: Sequence[Range]) -> list[Measurements]:
    found = [_by_number(reading, limit)]
    for other in alternatives:
        try:
            found.append(_by_number(reading, other))
        except Unsaid as why:
            reading.miss("alternatives", why.reason)
    return found


def _by_number(reading: Reading, limit: Range) -> Measurements:
    if limit.relative_to is not None:
        return _by_ratio(reading, limit)
    return Measurements(value_as_number=comparison(limit), unit=_unit(reading, limit.unit))


def _by_ratio(reading: Reading, limit: Range) -> Measurements:
    ratio = comparison(limit, 0.01 if limit.unit and limit.unit.ucum == "%" else 1.0)
    if limit.relative_to == "uln":
        return Measurements(range_high_ratio=ratio)
    if limit.relative_to == "lln":
        return Measurements(range_low_ratio=ratio)
    raise Unsaid("range relative to a limit of normal", f"records do not hold the {limit.relative_to} value")


def _unit(reading: Reading, unit: Unit | None) -> tuple[OmopConcept, ...] | None:
    if unit is None:
        return None
    found = unit_concepts(unit.ucum) if unit.ucum else ()
    if not found:
        reading.miss("range", "no OMOP concept is known for the unit: values in any unit are compared", unit.text)
    return found or None


def _listed(values: Sequence[str]) -> list[Measurements]:
    """Listed values; whole numbers without a gap are one range."""
    if not all(value.isdecimal() for value in values):
        raise Unsaid("values", "grades that are no numbers")
    numbers = sorted({int(value) for value in values})
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return [Measurements(value_as_number=NumericRange(value=numbers[0], extent=numbers[-1], op="bt"))]
    return [Measurements(value_as_number=NumericRange(value=number, op="eq")) for number in numbers]


def _in_words(result: str) -> Sequence[Measurements]:
    if concepts := values("result").get(result):
        return [Measurements(value_as_concept=tuple(map(as_concept, concepts)))]
    if result not in _BY_NORMAL:
        raise Unsaid("qualitative", f"“{result}” is no result that records hold")
    return _BY_NORMAL[result]


_READERS: dict[str, Callable[[Reading], Part]] = {
    "age": _age,
    "sex": _sex,
    "condition": _condition,
    "drug": _drug,
    "procedure": _procedure,
    "device": _device,
    "observation": _observation,
    "reproductive": _reproductive,
    "measurement": _measurement,
}
