"""Looking into records of named fields that may hold anything."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from critparse.errors import MalformedInput
from critparse.sources.reader import Fields


def module(fields: Fields, *path: str) -> Fields:
    """The object at the path; an empty one when there is none."""
    for name in path:
        value = fields.get(name)
        fields = value if isinstance(value, Mapping) else {}
    return fields


def members(value: Any) -> list[Any]:
    """The members of a list; none when the value is no list."""
    return value if isinstance(value, list) else []


def text(fields: Fields, name: str, where: str, format: str) -> str:
    """A long text, as given; ``""`` when there is none.

    Raises:
        MalformedInput: the field holds something other than text.
    """
    value = fields.get(name)
    if value is None or (isinstance(value, float) and isnan(value)):  # as tables in memory say "missing"
        return ""
    if not isinstance(value, str):
        raise MalformedInput(where=where, format=format, reason=f"{name} holds {type(value).__name__}, not text")
    return value
