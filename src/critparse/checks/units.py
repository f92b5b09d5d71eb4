"""Units: doses whose unit is incomplete, limits whose unit is missing or cannot be one of what is measured."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from critparse.checks.cues import cue_in
from critparse.checks.facts import SURE, Facts, at, hull
from critparse.checks.registry import Problem, check
from critparse.lexicon import Analyte, default_lexicon
from critparse.lexicon.lexicon import ANALYTE
from critparse.quantities.analytes import canonical
from critparse.quantities.units import dimension
from critparse.schema import Bound, Leaf, Range, Span

_NEAR = 60
"""Characters within which a drug and its dose are quoted together."""
_GAP = 40
"""Characters between a subject and its value at most."""
_UNIT_GOES_ON = ("^", "+", "/", "hg", "2", "3", "²", "³", "<sup", "x ", "×", "ratio", "of ", "(", "[", "%", "per", "¬")
_ONLY_DIVISOR = re.compile(r"\s{0,3}(?:/|per\b)\s{0,3}[^\d\s]")
_VALUE_ENDS = re.compile(r"[,;)\]]|\.(?![\d.]|\s\d)|$|(?:and|or|at|on|if|unless|within|for|but|during|prior)\b")
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
    found = _Grouped(facts)
    for criterion_id, leaves in facts.leaves_of.items():
        for leaf in leaves:
            amount = leaf.dose.amount if leaf.dose else None
            if amount is None or not amount.evidence or amount.unit is None or amount.unit.ucum is not None:
                continue
            value = hull(amount.evidence)
            lead = Span(text_id=value.text_id, start=max(0, value.start - 1), end=value.end)
            if _ONLY_DIVISOR.match(amount.unit.text) and not _has_numerator(facts.text_of(lead)):
                found.add(leaf, amount, criterion_id, unit=amount.unit.text)
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
    found = _Grouped(facts)
    for leaf, analyte, range_, where in _analyte_limits(facts):
        ucum = range_.unit.ucum if range_.unit else None
        kind = dimension(ucum) if ucum else None
        if kind is None or kind in _COUNTS or range_.unit is None or not _belongs(facts, leaf, range_):
            continue
        if _after(facts, range_).startswith(_UNIT_GOES_ON):
            continue
        if _per_time(kind) not in {_per_time(dimension(unit) or "") for unit in (analyte.unit, *analyte.units)}:
            found.add(leaf, range_, where, unit=range_.unit.text, usual=analyte.unit)
    return found.problems()


def _belongs(facts: Facts, leaf: Leaf, range_: Range) -> bool:
    """Whether the value follows its subject with nothing of weight in between."""
    subject, value = hull(leaf.subject.spans), hull(range_.evidence)
    if subject.text_id != value.text_id or subject.end > value.start or value.start - subject.end > _GAP:
        return False
    text = facts.trial.text_of(Span(text_id=value.text_id, start=max(0, subject.start - _GAP), end=value.end))
    between = facts.trial.text_of(Span(text_id=value.text_id, start=subject.end, end=value.start))
    return not cue_in("unit-renal", text) and not cue_in("unit-other", between) and not any(map(str.isdecimal, between))


def _after(facts: Facts, range_: Range) -> str:
    """The words of the criterion that follow a value, in lower case."""
    value = hull(range_.evidence)
    item = facts.item_at(value)
    end = min(value.end + _GAP, item.criterion.span.end) if item else value.end
    rest = facts.trial.text_of(Span(text_id=value.text_id, start=value.end, end=max(value.end, end)))
    return rest.lstrip("\\ \t\r\n").lower()


def _ends(facts: Facts, range_: Range) -> bool:
    """Whether the statement ends with the value: no further limit shares a unit with it, no unit was overlooked."""
    quote, rest = facts.text_of(hull(range_.evidence)), _after(facts, range_)
    if quote.endswith("+") or quote.startswith("("):
        return False  # a dipstick's grade; part of a name
    if _VALUE_ENDS.match(rest) is None:
        return False
    return not (rest.startswith(("or ", "and ", "to ")) and any(map(str.isdecimal, rest[: _GAP // 2])))


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
    found = _Grouped(facts)
    for leaf, analyte, range_, where in _analyte_limits(facts):
        stated = range_.unit is None and _belongs(facts, leaf, range_) and _ends(facts, range_)
        if stated and not _is_clear(analyte, range_):
            found.add(leaf, range_, where, usual=analyte.unit)
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
    found = _Grouped(facts)
    for leaf, analyte, range_, where in _analyte_limits(facts):
        for other in leaf.alternatives:
            for one, second in ((range_.lower, other.lower), (range_.upper, other.upper)):
                expected = _expected(analyte, range_, one, other, second)
                if expected is not None and one and second and range_.unit and other.unit:
                    first, unit = f"{one.value:g} {range_.unit.text}", other.unit.text
                    said = {"first": first, "expected": f"{expected:.3g} {unit}", "second": f"{second.value:g} {unit}"}
                    found.add(leaf, range_, where, **said)
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


class _Grouped:
    """Problems by the words they are about: copies of one passage make one problem."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.places: dict[tuple[str, str], list[tuple[Span, str]]] = {}
        self.details: dict[tuple[str, str], dict[str, str]] = {}

    def add(self, leaf: Leaf, range_: Range, criterion_id: str, **details: str) -> None:
        """Note a value of a subject in a criterion."""
        passage = _passage(leaf, range_)
        key = (leaf.subject.text.lower(), self.facts.text_of(passage).lower())
        self.places.setdefault(key, []).append((passage, criterion_id))
        quote = self.facts.text_of(self.places[key][0][0])
        where = ", ".join(dict.fromkeys(where for _, where in self.places[key]))
        self.details[key] = {"subject": leaf.subject.text, "quote": quote, "where": where, **details}

    def problems(self) -> Iterator[Problem]:
        """One problem for each passage, with every place that has it."""
        for key, places in self.places.items():
            yield Problem(tuple(dict.fromkeys(at(span) for span, _ in places)), self.details[key])


def _analyte_limits(facts: Facts) -> Iterator[tuple[Leaf, Analyte, Range, str]]:
    """Absolute limits of laboratory analytes, read with confidence."""
    for criterion_id, found in facts.leaves_of.items():
        for leaf in found:
            range_ = leaf.range
            if leaf.kind != "measurement" or leaf.confidence < SURE or range_ is None or not range_.evidence:
                continue
            analyte = _analyte(leaf.subject.text) if leaf.subject.spans else None
            if analyte is not None and range_.relative_to is None and analyte.kind == "lab":
                yield leaf, analyte, range_, criterion_id


@functools.lru_cache(maxsize=4096)
def _analyte(subject: str) -> Analyte | None:
    """The analyte that a subject names as a whole."""
    lexicon = default_lexicon()
    for mention in lexicon.match(subject):
        if mention.concept_id.startswith(ANALYTE) and mention.end - mention.start >= len(subject.strip()) - 1:
            row = lexicon.concept(mention.concept_id).row
            return row if isinstance(row, Analyte) else None
    return None


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


def _passage(leaf: Leaf, range_: Range) -> Span:
    """The subject with its value where they stand close together, else the value."""
    value = hull(range_.evidence)
    subject = hull(leaf.subject.spans) if leaf.subject.spans else value
    together = hull((subject, value)) if subject.text_id == value.text_id else value
    return together if together.end - together.start <= _NEAR + (value.end - value.start) else value
