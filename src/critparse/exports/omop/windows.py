"""Time windows as days before the entry event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from critparse.exports.omop.circe import Endpoint, Window
from critparse.exports.omop.numbers import whole
from critparse.exports.unsaid import Shortfall, Unsaid
from critparse.match.terms import terms
from critparse.quantities.days import in_days
from critparse.schema import Range, TimeWindow

_LONGEST = 150 * 366  # days


class When(NamedTuple):
    """Between ``oldest`` (None: any time) and ``newest`` days before the entry event, for ``length`` days.

    ``told``: whether a window of the text said so.
    """

    oldest: int | None = None
    newest: int = 0
    length: Range | None = None
    told: bool = False

    def window(self) -> Window:
        """As Circe's window on the start of a record."""
        end = Endpoint(days=self.newest, coeff=-1) if self.newest else Endpoint(days=0, coeff=1)
        return Window(start=Endpoint(days=self.oldest, coeff=-1), end=end)

    def end_window(self) -> Window:
        """As Circe's window on the end of a record, which may lie after the entry event."""
        end = Endpoint(days=self.newest, coeff=-1) if self.newest else Endpoint(days=_LONGEST, coeff=1)
        return Window(start=Endpoint(days=self.oldest, coeff=-1), end=end, use_event_end=True)

    def since(self) -> When:
        """With a length read as how long ago it began."""
        if self.length is None:
            return self
        if self.told:
            raise Unsaid("windows", "how long and how long ago at once")
        least, most = whole(self.length)
        return When(oldest=most, newest=max(least or 0, 0))


def when(windows: Sequence[TimeWindow]) -> tuple[When, tuple[Shortfall, ...]]:
    """What all windows together say. Raises Unsaid for one that does not go by the entry event."""
    found = When()
    short: list[Shortfall] = []
    for window in windows:
        if window.kind == "duration":
            found = _lasting(found, window)
        elif window.kind == "recency":
            found = _ago(found, window)
        elif window.kind == "period" and _is_entry(window):
            short.append(Shortfall("windows", "read as: on record up to the entry event", _words(window)))
        else:
            raise Unsaid("windows", f"a {window.kind} that the entry event does not fix")
    return found, tuple(short)


def _ago(found: When, window: TimeWindow) -> When:
    if window.range is None or not _is_entry(window) or (window.anchor and window.anchor.relation == "after"):
        raise Unsaid("windows", "it does not go back from the entry event")
    least, most = whole(_days(window.range))
    if most is not None and least == most:
        least = None  # "6 months before screening" is the time within which
    newest = max(found.newest, least or 0, 0)
    bounds = [days for days in (found.oldest, most) if days is not None]
    oldest = min(bounds) if bounds else None
    if oldest is not None and oldest < newest:
        raise Unsaid("windows", "no day is in it")
    return found._replace(oldest=oldest, newest=newest, told=True)


def _lasting(found: When, window: TimeWindow) -> When:
    if window.range is None or found.length is not None or (window.anchor and window.anchor.relation == "after"):
        raise Unsaid("windows", "a duration that patient data up to the entry event do not hold")
    days = _days(window.range)
    if days.lower and days.upper and days.lower.value == days.upper.value:
        days = Range(lower=days.lower)  # "for 6 months" is at least that
    return found._replace(length=days)


def _is_entry(window: TimeWindow) -> bool:
    """Whether the window goes by the cohort's entry event: the day on which a person would be taken into the trial."""
    return window.anchor is None or window.anchor.event in terms("index")["anchors"]


def _days(limit: Range) -> Range:
    days = in_days(limit)
    if days is None:
        raise Unsaid("windows", "its unit is no time")
    if not all(0 <= bound.value <= _LONGEST for bound in (days.lower, days.upper) if bound):
        raise Unsaid("windows", "longer than a life, or less than nothing")
    return days


def _words(window: TimeWindow) -> str:
    return window.anchor.text if window.anchor else ""
