"""Signs and letters that were lost on the way into the record."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.checks.facts import LIST, SURE, Facts, at, hull
from critparse.checks.measures import passage, row_of
from critparse.checks.places import Places, own_words, part, shortened
from critparse.checks.registry import Problem, check
from critparse.lexicon import Analyte
from critparse.schema import SourceText, Span
from critparse.sources.mojibake import repairs
from critparse.sources.signs import lost_places

_REPLACED = re.compile("\ufffd")
_LOST = re.compile(r"(?<=[a-z0-9)])\s?\?\s{0,2}(?=\d)|(?:^|(?<=\n)|(?<=<br>))[ \t]{0,20}\?(?=\s{0,3}[A-Za-z])")
_LINE = re.compile(r"[\r\n]|<br>")
_BESIDE = 12
"""Characters quoted on either side of a lost one."""
_ORDER_SIGNS = re.compile(r"[≥≤⩾⩽≧≦]|[<>]\s?/?=|=\s?[<>]|\\[<>]=|&[gl]e;|&[gl]t;\s?=")
_DOUBLE = re.compile(
    r"(?<![\d.,])\d{1,7}[^\W\d]{0,3}\s?\w{0,12}\s{0,3}=[^=<>≤≥\n;,.()]{1,30}=\s{0,3}\d{1,7}(?:\s?years)?"
)


@check(
    "characters-destroyed",
    title="Characters were destroyed on the way into the record",
    severity="warning",
    message="Signs or letters were lost here: “{quote}”{more}.",
    suggestion="Write the sign that was meant, for example ≥, ≤, ± or µ.",
)
def characters_destroyed(facts: Facts) -> Iterator[Problem]:
    """Replacement characters, letters of a wrongly read encoding ("â‰¥"), or a question mark in place of a sign.

    All places of a record make one finding.
    """
    found = [_around(text, start, end) for text in facts.trial.texts for start, end in sorted(_destroyed(text))]
    if found:
        places = "place" if len(found) == 2 else "places"
        more = f" and in {len(found) - 1} more {places}" if len(found) > 1 else ""
        yield Problem(tuple(at(span) for span in found), {"quote": shortened(facts.text_of(found[0])), "more": more})


def _destroyed(text: SourceText) -> Iterator[tuple[int, int]]:
    """Where a text has replacement characters, letters of another encoding or, in the list, "?" for a sign."""
    yield from ((start, end) for start, end, _ in repairs(text.text))
    for pattern in (_REPLACED, _LOST) if text.id == LIST else (_REPLACED,):
        yield from (match.span() for match in pattern.finditer(text.text))


def _around(text: SourceText, start: int, end: int) -> Span:
    """A passage with the words beside it on its line."""
    before = _LINE.split(text.text[max(0, start - _BESIDE) : start])[-1]
    after = _LINE.split(text.text[end : end + _BESIDE])[0]
    if len(before) == _BESIDE:
        before = before.partition(" ")[2]  # no part of a word
    if len(after) == _BESIDE:
        after = after.rpartition(" ")[0]
    return Span(text_id=text.id, start=start - len(before.lstrip()), end=end + len(after.rstrip()))


@check(
    "sign-lost",
    title="The signs ≥ and ≤ were lost",
    severity="warning",
    message="A limit is written with “=” or no sign at all: “{quote}” ({where}).",
    suggestion="Write “≥” and “≤” (or “at least” and “at most”) where they were meant.",
)
def sign_lost(facts: Facts) -> Iterator[Problem]:
    """Limits are said to equal a number, in an export that writes ≥ and ≤ as "=" or in a text without these signs.

    Old exports of WHO ICTRP did so: "Age =18 years" may be either. In a text from elsewhere ages and laboratory limits
    count, and only if it has no ≥, ≤, >= or <= at all. All places make one finding.
    """
    listed = next((text for text in facts.trial.texts if text.id == LIST), None)
    if listed is None or "=" not in listed.text:
        return
    squeezed = [_around(listed, place, place + 1) for place in lost_places(listed.text, facts.trial.source_format)]
    places = [(span, item.criterion.id) for span in squeezed if (item := facts.item_at(span)) is not None]
    if not places and not _ORDER_SIGNS.search(listed.text):
        chains = list(_chains(facts))
        chained = {criterion_id for _, criterion_id in chains}
        places = [*chains, *(place for place in _equalities(facts) if place[1] not in chained)]
    found = Places(facts)
    for span, criterion_id in places:
        found.add("", span, criterion_id)
    yield from found.problems()


def _chains(facts: Facts) -> Iterator[tuple[Span, str]]:
    """Limits from both sides in the list ("80 years = age = 18 years")."""
    for item in facts.items:
        if item.criterion.span.text_id == LIST:
            words, begin = own_words(item)
            for match in _DOUBLE.finditer(words):
                yield part(item, begin + match.start(), begin + match.end()), item.criterion.id


def _equalities(facts: Facts) -> Iterator[tuple[Span, str]]:
    """Ages and laboratory limits of the list that are said to equal a number."""
    for criterion_id, stated in facts.leaves_of.items():
        for leaf in stated:
            if leaf.range is None or leaf.confidence < SURE or not leaf.range.evidence:
                continue
            span = hull(leaf.range.evidence)
            equal = leaf.range.lower and leaf.range.upper and leaf.range.lower.value == leaf.range.upper.value
            row = row_of(leaf.subject.text) if leaf.kind == "measurement" else None
            has_unit = leaf.range.unit is not None
            limited = leaf.kind in ("age", "life_expectancy") or (
                isinstance(row, Analyte) and (has_unit or row.kind in ("lab", "vital", "body"))
            )  # "visual acuity = 20/40" may be meant
            if span.text_id == LIST and equal and limited and facts.text_of(span).startswith("="):
                yield passage(leaf, leaf.range), criterion_id
