"""How the statements of a criterion hang together, where the words leave it open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from critparse.checks.facts import SURE, Facts, hull, leaves
from critparse.checks.places import Places
from critparse.checks.registry import Problem, check
from critparse.schema import AllOf, AnyOf, AtLeast, IfThen, Not, Rule, Span

_CONJUNCTION = re.compile(r"(?<![\w/])(?:and|or)(?![\w/])", re.IGNORECASE)
_GROUPED = re.compile(
    r"[,;:()\[\]\n•]|(?<!\w)(?:either|both|neither|nor|then|who|with|combination|combined|monotherapy|alone|including|during|before)(?!\w)",
    re.IGNORECASE,
)
_PAIRED = re.compile(r"\b(?:either|both|between)\b", re.IGNORECASE)
_MOST_BETWEEN = 40
"""Characters between two statements that a conjunction joins directly."""


@check(
    "conjunction-ambiguous",
    title="“And” and “or” stand side by side without brackets",
    severity="info",
    message="“And” and “or” can be read in two ways: “{quote}” ({where}).",
    suggestion="Use brackets, commas or a list to show what belongs together.",
)
def conjunction_ambiguous(facts: Facts) -> Iterator[Problem]:
    """Statements are joined by "and" as well as "or", with no comma, bracket or "either" that groups them."""
    found = Places(facts)
    for criterion in facts.trial.criteria:
        for rule in _ambiguous(criterion.rule):
            span = _mixed(facts, rule)
            item = facts.item_at(span) if span else None
            if span and item:
                found.add(facts.text_of(span).lower(), span, item.criterion.id)
    return found.problems()


def _ambiguous(rule: Rule) -> Iterator[Rule]:
    """The outermost connectives of a rule that can be read otherwise."""
    if isinstance(rule, AllOf | AnyOf) and rule.ambiguous:
        yield rule
    elif isinstance(rule, AllOf | AnyOf | AtLeast):
        for member in rule.rules:
            yield from _ambiguous(member)
    elif isinstance(rule, Not | IfThen):
        yield from _ambiguous(rule.rule)


def _mixed(facts: Facts, rule: Rule) -> Span | None:
    """The passage in which neighbouring statements are joined by "and" here and by "or" there."""
    if any(leaf.kind in ("sex", "reproductive") for leaf in leaves(rule)):
        return None  # "female and pregnant or breastfeeding" leaves nothing open
    spans = sorted(
        {hull(leaf.subject.spans) for leaf in leaves(rule) if leaf.subject.spans and leaf.confidence >= SURE},
        key=lambda span: (span.text_id, span.start),
    )
    lead = spans[0] if spans else None
    item = facts.item_at(lead) if lead else None
    if lead is None or item is None or _PAIRED.search(facts.sentence_at(lead, item)[0]):
        return None
    first, seen = 0, set[str]()
    for number, (one, other) in enumerate(pairwise(spans), start=1):
        word = _joint(facts, one, other)
        if word is None:
            first, seen = number, set()
            continue
        seen.add(word)
        if len(seen) > 1:
            return hull((spans[first], other))
    return None


def _joint(facts: Facts, one: Span, other: Span) -> str | None:
    """The one conjunction between two passages, ``None`` where something groups them."""
    if one.text_id != other.text_id or not 0 < other.start - one.end <= _MOST_BETWEEN:
        return None
    between = facts.trial.text_of(Span(text_id=one.text_id, start=one.end, end=other.start))
    if any(map(str.isdecimal, between)):
        return None  # a limit of their own groups those before it
    found = [match[0].lower() for match in _CONJUNCTION.finditer(between)]
    return found[0] if len(found) == 1 and not _GROUPED.search(between) else None
