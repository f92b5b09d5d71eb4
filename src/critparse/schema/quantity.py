"""Numbers with their limits, units and times.

:class:`Range` is the one shape for every numeric limit anywhere: thresholds, ages, windows, durations,
doses, frequencies and counts. A bound that the text does not state is ``None``, never 0.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from critparse.schema.base import Model
from critparse.schema.text import Span

Reference = Literal["uln", "lln", "baseline", "predicted"]
"""What a relative limit is a multiple (or, with the unit ``%``, a percentage) of."""

WindowKind = Literal["recency", "duration", "interval", "period"]
"""recency: how long ago or ahead; duration: how long something lasts; interval: at which interval; period: while
something (named by the anchor) is going on."""


class Bound(Model):
    """One end of a range."""

    value: float = Field(allow_inf_nan=False)
    inclusive: bool


class Unit(Model):
    """A unit as UCUM code (``None`` when the words name no complete unit) and as written."""

    ucum: str | None
    text: str


class Range(Model):
    """Lower and upper bound, unit, and what the limit is relative to.

    ``evidence`` is empty where the number is not in the words ("the past year" is one year).
    ``relative_to="uln"`` with ``upper.value == 3`` means at most three times the upper limit of normal.
    """

    lower: Bound | None = None
    upper: Bound | None = None
    unit: Unit | None = None
    relative_to: Reference | None = None
    evidence: tuple[Span, ...] = ()


class Anchor(Model):
    """The event that a time window is measured from or runs along with."""

    event: str
    text: str
    relation: Literal["before", "after", "during", "around"]
    span: Span | None = None


class TimeWindow(Model):
    """When, or for how long. ``range`` is ``None`` for windows that only name an event ("during the study")."""

    kind: WindowKind
    range: Range | None = None
    anchor: Anchor | None = None
    evidence: tuple[Span, ...] = ()


class Frequency(Model):
    """``count`` times per ``interval``: "every two weeks" is 1 per 2 wk, "at least 3 times a week" is ≥3 per 1 wk."""

    count: Range | None = None
    interval: Range | None = None
    evidence: tuple[Span, ...] = ()


class Dose(Model):
    """Amount of a drug with its route, frequency and duration, each as far as the text says."""

    amount: Range | None = None
    route: str | None = None
    frequency: Frequency | None = None
    duration: Range | None = None
    evidence: tuple[Span, ...] = ()
