"""What an export says it can express, and what it had to leave out of one trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from critparse.schema import LEAF_KINDS

Ability = Literal["exact", "rewritten", "no"]

CONNECTIVES = ("all_of", "any_of", "not", "at_least", "if_then")
FEATURES = (
    "range", "range relative to a limit of normal", "alternatives", "values", "qualitative", "present", "windows",
    "qualifiers", "dose", "scope", "concepts", "unread", "unstructured",
)  # fmt: skip
PARTS: tuple[str, ...] = (*CONNECTIVES, *LEAF_KINDS, *FEATURES)
"""The parts of a rule of which every target says how well it can express them."""


class Capability(NamedTuple):
    """How well a target expresses one of :data:`PARTS`; ``note`` says how, or why not, for docs/exports.md."""

    ability: Ability
    note: str = ""


Capabilities = Mapping[str, Capability]


class Omission(NamedTuple):
    """Something that an export could not express: in which criterion, which part of a rule, why, and the words."""

    criterion: str
    part: str
    reason: str
    text: str


class Exported(NamedTuple):
    """The files of one trial, by the ending of their names, and what is not in them."""

    files: Mapping[str, str | bytes]
    omissions: tuple[Omission, ...] = ()
