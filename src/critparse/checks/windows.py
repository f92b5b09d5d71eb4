"""Time windows that are measured from nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.checks.cues import cue_in
from critparse.checks.facts import SURE, Facts, Item, hull
from critparse.checks.places import Places
from critparse.checks.registry import Problem, check
from critparse.schema import Span

_WITHIN = re.compile(r"with\s?in\b", re.IGNORECASE)
_LEAD_IN = 400
"""Characters at the end of a criterion that may lead in a list."""


@check(
    "window-unanchored",
    title="A time window does not say what it is measured from",
    severity="info",
    message="Nothing says what this is measured from: “{quote}” ({where}).",
    suggestion="Name the event, for example “before screening” or “before the first dose”.",
)
def window_unanchored(facts: Facts) -> Iterator[Problem]:
    """A window "within" a time, and no event before or after which it lies, in the sentence or in what leads it in.

    "In the last" and "the past" are measured from the day of the assessment; durations ("for at least 3 months")
    need no event. The same words in several criteria make one finding.
    """
    found = Places(facts)
    for criterion_id, leaves in facts.leaves_of.items():
        for leaf in leaves:
            for window in leaf.windows:
                if window.kind != "recency" or window.anchor or not window.range or not window.evidence:
                    continue
                span = hull(window.evidence)
                quote = facts.text_of(span)
                item = facts.item_at(span)
                if item and leaf.confidence >= SURE and _WITHIN.match(quote) and not _is_anchored(facts, item, span):
                    found.add(quote.lower(), span, criterion_id)
    return found.problems()


def _is_anchored(facts: Facts, item: Item, span: Span) -> bool:
    """Whether an event is named beside a window, above it, or in the heading it stands under."""
    before, quote, after = facts.sentence_at(span, item)
    above = [parent.text[-_LEAD_IN:] for parent in item.above]
    return bool(
        cue_in("window-past", quote)
        or cue_in("window-anchor-after", after)
        or cue_in("window-anchor-before", before)
        or any(cue_in("window-anchor-before", text) for text in (*above, item.section))
    )
