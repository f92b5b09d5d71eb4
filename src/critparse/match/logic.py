"""Kleene's three-valued logic: what follows from what is known, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    """``UNKNOWN`` lies between the two: "and" is the least of its members, "or" the greatest."""

    NOT_MET = 0
    UNKNOWN = 1
    MET = 2

    @property
    def words(self) -> str:
        """The answer as people and files read it: "met", "not met", "unknown"."""
        return self.name.lower().replace("_", " ")


def negation(truth: Truth) -> Truth:
    """Not: the unknown stays unknown."""
    return Truth(Truth.MET - truth)


def all_of(members: Iterable[Truth]) -> Truth:
    """And; met for no members."""
    return min(members, default=Truth.MET)


def any_of(members: Iterable[Truth]) -> Truth:
    """Or; not met for no members."""
    return max(members, default=Truth.NOT_MET)


def at_least(count: int, members: Iterable[Truth]) -> Truth:
    """At least ``count`` of the members are met; ``count`` from 1."""
    ranked = sorted(members, reverse=True)
    return ranked[count - 1] if count <= len(ranked) else Truth.NOT_MET


def if_then(condition: Truth, then: Truth) -> Truth:
    """Whoever fulfils the condition fulfils the other; met for those who do not."""
    return any_of((negation(condition), then))


def agreed(readings: Iterable[Truth]) -> Truth:
    """What all readings of ambiguous words give; unknown where they differ."""
    found = set(readings)
    return found.pop() if len(found) == 1 else Truth.UNKNOWN
