"""One eligibility section out of what a registry keeps in two fields."""

from __future__ import annotations

import re
from collections.abc import Iterable

INCLUSION = "Inclusion criteria"
EXCLUSION = "Exclusion criteria"

_NAMED = re.compile(
    r"\b(?:in|ex)clusions?\b[^\n.]{0,30}\bcriteri|\bcriteri[^\n.]{0,20}\b(?:in|ex)clusion", re.IGNORECASE
)
_OPENING = 120


def joined(inclusion: str, exclusion: str) -> str:
    """Both fields as they stand, one below the other with a blank line between.

    A field gets a heading of its own ("Inclusion criteria:", on a line by itself) where its opening does not name one.
    The document shows the section with these headings; all that stands under them is the record's own.
    """
    fields = ((INCLUSION, inclusion), (EXCLUSION, exclusion))
    return "\n\n".join(_headed(heading, text) for heading, text in fields if text.strip())


def listed(items: Iterable[str]) -> str:
    """The criteria of a list field, each on lines of its own."""
    return "\n".join(item for item in items if item.strip())


def _headed(heading: str, text: str) -> str:
    return text if _NAMED.search(text, 0, _OPENING) else f"{heading}:\n{text}"
