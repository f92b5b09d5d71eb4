"""Limits whose sign was lost: what they are about is known, their direction is not, so they become unread words."""

from __future__ import annotations

from critparse.quantities.grammar import Limit
from critparse.rules.draft import Draft
from critparse.rules.state import Reading
from critparse.rules.unread import unstructured
from critparse.sources.signs import LOST

REASON = "sign lost: “=” stands for ≥ or ≤"


def without_lost_signs(reading: Reading) -> None:
    """Put one unstructured statement in the place of all statements, windows and doses of such a limit."""
    for limit in [limit for limit in reading.limits if limit.operator == "lost"]:

        def about(other: Limit | None, place: int = limit.first) -> bool:  # a unit may have been added to it since
            return other is not None and other.first == place

        covered = [(draft.first, draft.last) for draft in reading.drafts if about(draft.limit)]
        covered += [(window.first, window.last) for window in reading.windows if about(window.limit)]
        reading.drafts = [draft for draft in reading.drafts if not about(draft.limit)]
        reading.windows = [window for window in reading.windows if not about(window.limit)]
        reading.doses = [dose for dose in reading.doses if not about(dose)]
        reading.add(_unread(reading, limit, covered))


def _unread(reading: Reading, limit: Limit, covered: list[tuple[int, int]]) -> Draft:
    extents = [*covered, (limit.first, limit.last)]
    draft = unstructured(reading.tokens, min(first for first, _ in extents), max(last for _, last in extents))
    draft.subject = draft.subject.replace(LOST, "=")
    draft.reason = REASON
    return draft
