"""Limits and times as FHIR Quantity and Range.

A FHIR Range includes its ends, so that only such limits become one; a single bound is a Quantity with a comparator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from critparse.exports.fhir.terms import UCUM, Json, concept_of, line, terms, words
from critparse.rules.phrases import unit_words, window_words
from critparse.schema import Bound, Range, TimeWindow, Unit

Side = Literal["lower", "upper"]
_COMPARATORS = {("lower", True): ">=", ("lower", False): ">", ("upper", True): "<=", ("upper", False): "<"}
_REVERSED = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}
_SIGNS = {"uln": "× ULN", "lln": "× LLN", "baseline": "× baseline", "predicted": "× predicted"}


def values(limit: Range) -> tuple[Json, ...]:
    """``value[x]`` elements that hold together: a Quantity, a Range, or two Quantities where an end is excluded."""
    return tuple({f"value{kind}": value} for kind, value in amounts(limit))


def amounts(limit: Range) -> tuple[tuple[str, Json], ...]:
    """The limit as FHIR types: ``("Quantity", …)``, ``("Range", …)``, or two of the first."""
    lower, upper = limit.lower, limit.upper
    if lower is not None and upper is not None and lower.inclusive and upper.inclusive:
        if lower.value == upper.value:
            return (("Quantity", _quantity(lower.value, limit)),)
        return (("Range", {"low": _quantity(lower.value, limit), "high": _quantity(upper.value, limit)}),)
    bounds: tuple[tuple[Side, Bound | None], ...] = (("lower", lower), ("upper", upper))
    return tuple(("Quantity", _bounded(bound, side, limit)) for side, bound in bounds if bound is not None)


def offset(limit: Range) -> Json | None:
    """What a relative limit is relative to, as ``definitionByTypeAndValue.offset``."""
    return concept_of(terms("offset")[limit.relative_to]) if limit.relative_to else None


def time_from_event(window: TimeWindow) -> Json:
    """A window as ``timeFromEvent``; times before the event are negative, as FHIR has them.

    A window that names no event is counted from enrollment.
    """
    anchor = window.anchor
    event = words(anchor.text or anchor.event) if anchor else words("enrollment")
    found: Json = {"description": line(window_words(window)), "eventCodeableConcept": event}
    if window.range is not None:
        found |= _span(window.range, anchor.relation if anchor else "before")
    return found


def loss(window: TimeWindow) -> str | None:
    """Why ``timeFromEvent`` says less than the window, if it does; its description has the window in words."""
    found = time_from_event(window)
    if window.range is not None and not {"range", "quantity"} & found.keys():
        return "a length of time during an event has no direction"
    if "range" in found and not all(bound.inclusive for bound in _bounds(window.range)):
        return "a Range of FHIR includes its ends"
    return None


def _bounds(limit: Range | None) -> Sequence[Bound]:
    return [bound for bound in (limit.lower, limit.upper) if bound is not None] if limit else []


def _span(limit: Range, relation: str) -> Json:
    """The range, or for "at least … ago" the one end, on the axis of time around the event."""
    lower, upper = limit.lower, limit.upper
    if relation == "during":
        return {}
    if relation == "around" and upper is not None:
        return {"range": {"low": _quantity(-upper.value, limit), "high": _quantity(upper.value, limit)}}
    past = relation == "before"  # "at least a week around" is read as at least a week after
    if upper is None:
        assert lower is not None, "a limit has a bound"
        quantity = _bounded(lower, "lower", limit)
        if past:
            quantity |= {"value": -quantity["value"], "comparator": _REVERSED[quantity["comparator"]]}
        return {"quantity": quantity}
    near = lower.value if lower is not None else 0
    ends = (-upper.value, -near) if past else (near, upper.value)
    if ends[0] == ends[1]:
        return {"quantity": _quantity(ends[0], limit)}
    return {"range": {"low": _quantity(ends[0], limit), "high": _quantity(ends[1], limit)}}


def _bounded(bound: Bound, side: Side, limit: Range) -> Json:
    quantity = _quantity(bound.value, limit)
    return {"value": quantity.pop("value"), "comparator": _COMPARATORS[side, bound.inclusive], **quantity}


def _quantity(value: float, limit: Range) -> Json:
    plain = int(value) if value == int(value) else value
    return {"value": plain + 0, **_unit(limit.unit, limit.relative_to)}


def _unit(unit: Unit | None, relative_to: str | None) -> Json:
    """Words, and the code where there is one; a multiple is a pure number, a percentage says of what."""
    if unit is None:
        return {"unit": _SIGNS[relative_to], "system": UCUM, "code": "1"} if relative_to else {}
    text = line(unit_words(unit))
    if relative_to:
        text = f"{text} of {terms('offset')[relative_to].display}"
    return {"unit": text, "system": UCUM, "code": unit.ucum} if unit.ucum else {"unit": text}
