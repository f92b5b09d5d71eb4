"""Time windows as comparisons with the entry day."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from critparse.exports.unsaid import Unsaid
from critparse.match.times import is_index
from critparse.quantities.units import convert
from critparse.schema import Bound, Range, TimeWindow

Rounding = Callable[[float], int]
ENTRY = '"Entry Day"'
_CALENDAR = {"a": "year", "mo": "month", "wk": "week", "d": "day"}
_LONGEST = 150 * 366  # days
_STILL = f"""F.state = 'active' and not Coalesce(F.ended < {ENTRY}, false)"""


def fits(window: TimeWindow) -> Iterator[str]:
    """Comparisons that a fact ``F`` in the window fulfils. Raises Unsaid for one that the entry day does not fix."""
    _check(window)
    limit = window.range
    if window.kind == "period":
        yield _STILL
    elif limit is None:
        raise Unsaid("windows", "it does not say how long")
    elif window.kind == "recency":
        if limit.upper is not None:
            yield f"F.first {_sign('>', limit.upper)} {_ago(limit.upper, limit, math.floor)}"
        if limit.lower is not None:
            yield f"F.last {_sign('<', limit.lower)} {_ago(limit.lower, limit, math.ceil)}"
    else:
        yield from _lasting(limit)


def _lasting(limit: Range) -> Iterator[str]:
    if limit.lower is not None:
        least = _length(limit.lower, limit, math.ceil)
        yield f'"Lasted Surely Until"(F) {_sign(">", limit.lower)} F.start + {least}'
    if limit.upper is not None:
        most = _length(limit.upper, limit, math.floor)
        yield f'"Lasted Until"(F) {_sign("<", limit.upper)} F.start + {most}'


def measured(window: TimeWindow) -> Iterator[str]:
    """Comparisons that a result ``R`` in the window fulfils; none for "at screening". Raises Unsaid."""
    _check(window)
    if window.kind == "period":
        return
    limit = window.range
    if window.kind != "recency" or limit is None:
        raise Unsaid("windows", "a result has no duration")
    if limit.upper is not None:
        yield f"R.taken {_sign('>', limit.upper)} {_ago(limit.upper, limit, math.floor)}"
    if limit.lower is not None:
        yield f"R.taken {_sign('<', limit.lower)} {_ago(limit.lower, limit, math.ceil)}"


def _check(window: TimeWindow) -> None:
    if not is_index(window.anchor):
        raise Unsaid("windows", "it goes by another event than the entry into the trial, or looks ahead")
    if window.kind == "interval":
        raise Unsaid("windows", "how often is not in patient data")


def _sign(sign: str, bound: Bound) -> str:
    return f"{sign}=" if bound.inclusive else sign


def _ago(bound: Bound, limit: Range, rounded: Rounding) -> str:
    return f"{ENTRY} - {_length(bound, limit, rounded)}"


def _length(bound: Bound, limit: Range, rounded: Rounding) -> str:
    """The bound in calendar units if it is a whole number of them; else in days."""
    ucum = limit.unit.ucum if limit.unit else None
    days = convert(bound.value, ucum, "d") if ucum and limit.relative_to is None else None
    if days is None or ucum is None:
        raise Unsaid("windows", "its unit is no time")
    if not 0 <= days <= _LONGEST:
        raise Unsaid("windows", "longer than a life, or less than nothing")
    if ucum not in _CALENDAR or bound.value % 1:
        return _counted(rounded(days), "day")
    return _counted(int(bound.value), _CALENDAR[ucum])


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit if count == 1 else unit + 's'}"
