"""The families of checks; importing one adds its checks to the catalogue."""

from __future__ import annotations

from critparse.checks import (
    abbreviations,
    age_fields,
    arms,
    characters,
    condition,
    copies,
    language,
    layout,
    logic,
    participants,
    people,
    pointers,
    polarity,
    prose,
    ranges,
    restated,
    title,
    twins,
    units,
    values,
    windows,
    wording,
)

FAMILIES = (
    age_fields,
    people,
    participants,
    title,
    prose,
    condition,
    copies,
    twins,
    restated,
    arms,
    ranges,
    units,
    values,
    windows,
    polarity,
    logic,
    pointers,
    wording,
    abbreviations,
    layout,
    characters,
    language,
)
"""The modules, in the order in which the documentation shows them."""
