"""What a target cannot say, as its modules tell each other."""

from __future__ import annotations

from typing import NamedTuple


class Unsaid(Exception):
    """A statement that cannot be expressed: which part of the rule prevents it, and why."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(part, reason)
        self.part = part
        self.reason = reason


class Shortfall(NamedTuple):
    """A part that is missing from a statement that is expressed, and why."""

    part: str
    reason: str
    text: str = ""
