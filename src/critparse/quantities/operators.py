"""Comparison operators in signs and words."""

from __future__ import annotations

from typing import Literal, cast

from critparse.nlp.tokens import Tokens
from critparse.sources.signs import LOST

Operator = Literal["ge", "gt", "le", "lt", "eq", "lost", "range", "tolerance"]
"""ge gt le lt eq: as read; lost: ge or le, the sign is damaged (:mod:`critparse.sources.signs`); range and tolerance:
what a limit with two bounds came from."""


def read_operator(tokens: Tokens, index: int) -> tuple[Operator, int] | None:
    """A comparison in signs or words with everything that may belong to it: "greater than or equal to (≥)"."""
    if tokens.word(index) == LOST:
        return "lost", index + 1
    prefix = tokens.reading(index, "op-prefix")
    at = prefix.next if prefix else index
    found = tokens.reading(at, "op-pre")
    suffix = tokens.reading(found.next, "op-suffix") if found else None
    if not found or (prefix and not found):
        bare = tokens.reading(at, "op-bare")
        suffix = tokens.reading(bare.next, "op-suffix") if bare else None
        if not bare or not (suffix or prefix):
            return None
        found = bare
    operator: str = found.value
    at = found.next
    if suffix:
        at = suffix.next
        if tokens.word(at) == "than":
            at += 1
    if (prefix or suffix) and operator in ("gt", "lt"):
        operator = {"gt": "ge", "lt": "le"}[operator]
    if tokens.word(at) == "or" and (again := tokens.reading(at + 1, "op-pre")) and again.value == "eq":
        operator, at = {"gt": "ge", "lt": "le"}.get(operator, operator), again.next  # "> or ="
    return _repeated_sign(tokens, operator, at)


def _repeated_sign(tokens: Tokens, operator: str, at: int) -> tuple[Operator, int]:
    """ "at least (≥) 18": the sign in brackets says the same once more, or more exactly."""
    bracket = tokens.word(at) == "("
    again = tokens.reading(at + bracket, "op-pre")
    if again and again.value[0] == operator[0] and (not bracket or tokens.word(again.next) == ")"):
        return cast(Operator, again.value), again.next + bracket
    return cast(Operator, operator), at
