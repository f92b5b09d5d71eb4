"""Lengths of time in whole days."""

from __future__ import annotations

import math

from critparse.quantities.units import convert
from critparse.schema import Bound, Range


def in_days(length: Range) -> Range | None:
    """A length of time with its bounds in whole days: 4 weeks are 28, 6 months 183, a year 365; hours are rounded, too.

    ``None`` when its unit is no time, or when it is relative to something.
    """
    ucum = length.unit.ucum if length.unit else None
    factor = convert(1.0, ucum, "d") if ucum else None
    if factor is None or length.relative_to is not None:
        return None
    return Range(lower=_whole(length.lower, factor), upper=_whole(length.upper, factor))


def _whole(bound: Bound | None, factor: float) -> Bound | None:
    if bound is None:
        return None
    days = bound.value * factor
    return Bound(value=math.floor(days + 0.5) if math.isfinite(days) else days, inclusive=bound.inclusive)
