"""Ranges as Circe's comparisons, units as concepts of OMOP."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping

from critparse.exports.omop.circe import NumericRange, OmopConcept
from critparse.exports.unsaid import Unsaid
from critparse.lexicon.resources import data_rows
from critparse.schema import Bound, Range

_DECIMALS = 4  # Circe writes values into SQL with so many
_STEP = 10.0**-_DECIMALS
_LARGEST = 10**9  # Circe's whole numbers have 32 bits


def comparison(limit: Range, scale: float = 1.0) -> NumericRange:
    """The range, times ``scale``. Raises Unsaid for values with more decimals than Circe keeps, and for no bound."""
    lower, upper = (_scaled(bound, scale) for bound in (limit.lower, limit.upper))
    if lower and upper:
        if lower == upper and lower.inclusive:
            return NumericRange(value=lower.value, op="eq")
        first = lower.value if lower.inclusive else round(lower.value + _STEP, _DECIMALS)
        last = upper.value if upper.inclusive else round(upper.value - _STEP, _DECIMALS)
        return NumericRange(value=first, extent=last, op="bt")
    if lower:
        return NumericRange(value=lower.value, op="gte" if lower.inclusive else "gt")
    if upper:
        return NumericRange(value=upper.value, op="lte" if upper.inclusive else "lt")
    raise Unsaid("range", "it has no bound")


def _scaled(bound: Bound | None, scale: float) -> Bound | None:
    if bound is None:
        return None
    value = _bounded(bound.value * scale)
    kept = round(value, _DECIMALS)
    if not math.isclose(value, kept, rel_tol=1e-9, abs_tol=1e-12):
        raise Unsaid("range", f"Circe keeps {_DECIMALS} decimals, which {value:g} exceeds")
    return Bound(value=kept, inclusive=bound.inclusive)


def whole(limit: Range) -> tuple[int | None, int | None]:
    """The smallest and the largest whole number in the range; ``None`` where it has no bound. Raises Unsaid."""
    lower, upper = limit.lower, limit.upper
    least = most = None
    if lower is not None:
        least = math.ceil(_bounded(lower.value)) if lower.inclusive else math.floor(_bounded(lower.value)) + 1
    if upper is not None:
        most = math.floor(_bounded(upper.value)) if upper.inclusive else math.ceil(_bounded(upper.value)) - 1
    return least, most


def _bounded(value: float) -> float:
    if not abs(value) <= _LARGEST:
        raise Unsaid("range", f"{value:g} is too large for a number in Circe")
    return value


def unit_concepts(ucum: str) -> tuple[OmopConcept, ...]:
    """The unit's concept and those that stand for the same numbers; () for a unit whose concept is not known."""
    return _units().get(ucum, ())


@functools.cache
def _units() -> Mapping[str, tuple[OmopConcept, ...]]:
    rows = data_rows("omop_units.tsv", ("ucum", "ids", "name"))
    names: dict[int, str] = {}
    for row in rows:
        names.setdefault(int(row["ids"].partition("|")[0]), row["name"])
    return {
        row["ucum"]: tuple(
            OmopConcept(concept_id=int(id_), concept_name=names.get(int(id_), row["name"]), vocabulary_id="UCUM")
            for id_ in row["ids"].split("|")
        )
        for row in rows
    }
