"""Time: which spans of time are windows, of what kind, measured from which event; and how often things happen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.quantities.grammar import Limit
from critparse.schema import Bound, WindowKind

Relation = Literal["before", "after", "during", "around"]
_GENERIC_STOPS = word_set("anchor-end")
_WITHIN_WORDS = word_set("within")
_LONGEST_PREFIX = 5
_CERTAIN_RELATIONS = word_set("certain-relation")
_BEHIND = word_set("behind")
_POINTS = word_set("point")


class AnchorReading(NamedTuple):
    """An event and its token range; ``event`` is "other" when the words are no event the vocabulary knows."""

    event: str
    relation: Relation
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Window:
    """A window in tokens ``[first, last)``; ``limit`` is ``None`` for "during the study"."""

    kind: WindowKind
    limit: Limit | None
    anchor: AnchorReading | None
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FrequencyReading:
    """``count`` times per ``interval`` (UCUM code of a unit of time and how many of it)."""

    count: Limit | float | None
    interval: float
    unit: str
    first: int
    last: int


def read_anchor(tokens: Tokens, index: int) -> tuple[str, int] | None:
    """The event named at ``index``, articles and fillers skipped."""
    at = index
    for _ in range(6):
        named = tokens.reading(at, "anchor")
        filler = tokens.reading(at, "filler")
        if named and not (filler and filler.next > named.next and tokens.reading(filler.next, "anchor")):
            return _extend(tokens, named.value, named.next)
        if filler is None:
            return None
        at = filler.next
    return None


def _extend(tokens: Tokens, event: str, at: int) -> tuple[str, int]:
    """ "enrollment in the study", "first dose of study drug", "screening or baseline": the rest of the phrase."""
    if tokens.word(at) in ("visit", "period", "date", "day", "phase"):
        at += 1
    if tokens.word(at) in ("in", "into", "of", "to", "for", "with"):
        after = at + 1
        for _ in range(4):
            filler = tokens.reading(after, "filler")
            if not filler:
                break
            after = filler.next
        if tokens.word(after) in (
            "study",
            "trial",
            "drug",
            "medication",
            "treatment",
            "protocol",
            "product",
            "agent",
            "therapy",
        ):
            return event, after + 1
        if after > at + 1 and tokens.word(after - 1) in ("study", "trial", "treatment"):
            return event, after
    return event, at


def _generic_anchor(tokens: Tokens, index: int) -> int:
    """Up to six words that name an unknown event."""
    at = index
    while at < min(index + 6, len(tokens)) and tokens.word(at) not in _GENERIC_STOPS:
        if tokens.words[at][0].isdecimal() and not tokens.shielded[at]:
            break
        at += 1
    while index < at < len(tokens) and tokens.shielded[at - 1] and tokens.shielded[at]:  # cut no name in two
        at += 1
    return at


def _relation_after(tokens: Tokens, index: int) -> AnchorReading | None:
    """ "prior to screening", "after the last dose" at ``index``."""
    passed = tokens.reading(index, "elapsed")
    at = passed.next if passed else index
    if tokens.word(at) == "(" and (closing := tokens.lower[at : at + 6]) and ")" in closing:
        at += closing.index(")") + 1  # "within 14 days (2 weeks) before …"
    elif tokens.word(at) in (",", "(", "immediately", "directly", "or", "either"):
        at += 1
    named = tokens.reading(at, "event-after")
    if named:
        return AnchorReading(named.value, "after", at, named.next)
    found = tokens.reading(at, "relation")
    if not found:
        return None
    event = read_anchor(tokens, found.next)
    counted = tokens.word(at) == "from"  # back to what lies behind the participant, else up to what lies ahead
    if event:
        relation: Relation = "after" if counted and event[0] in _BEHIND else found.value
        if relation == "before" and event[0] == "treatment_end":
            event = ("treatment_start", event[1])
        return AnchorReading(event[0], relation, found.next, event[1])
    if tokens.word(at) in _CERTAIN_RELATIONS or (counted and _POINTS.intersection(tokens.lower[at + 1 : at + 4])):
        last = _generic_anchor(tokens, found.next)
        if last > found.next:
            return AnchorReading("other", "after" if counted else found.value, found.next, last)
    return None


def _prefix(tokens: Tokens, first: int, kind: str) -> int | None:
    """The first token of a phrase of type ``kind`` that ends right before ``first``."""
    for start in range(max(0, first - _LONGEST_PREFIX), first):
        found = tokens.reading(start, kind)
        if found and found.next == first:
            return start
        if (
            found
            and found.next == first - 1
            and tokens.word(first - 1) in ("a", "an", "the", "about", "approximately", "period", "their", "(")
        ):
            return start
    return None


def read_window(tokens: Tokens, limit: Limit) -> Window | None:
    """The window that a span of time makes with the words around it, or ``None`` when nothing says it is one."""
    recency = _prefix(tokens, limit.first, "recency")
    duration = _prefix(tokens, limit.first, "duration") if recency is None else None
    every = _prefix(tokens, limit.first, "every")
    if every is not None:
        return Window("interval", limit, None, every, limit.last)
    lasting = tokens.reading(limit.last, "lasting")
    ago = tokens.reading(limit.last, "ago")
    anchor = _relation_after(tokens, limit.last)
    if (
        recency is None
        and lasting
        and not (anchor and anchor.event != "other")
        and tokens.word(limit.last) != "history of"
    ):
        return Window("duration", limit, None, limit.first if duration is None else duration, lasting.next)
    if recency is not None and anchor is None and _is_future(tokens, recency):
        anchor = AnchorReading("now", "after", recency, limit.first)  # "within the next 6 months"
        return Window("recency", _at_most(limit), anchor, recency, limit.last)
    if recency is not None:
        return Window("recency", _at_most(limit), anchor, recency, anchor.last if anchor else limit.last)
    if duration is not None and anchor and anchor.relation == "before" and tokens.word(duration) in _WITHIN_WORDS:
        return Window("recency", _at_most(limit), anchor, duration, anchor.last)  # "during the 14 days preceding …"
    if duration is not None:
        return Window("duration", limit, anchor, duration, anchor.last if anchor else limit.last)
    if anchor and not (anchor.event == "other" and ago):
        return Window("recency", _counted(tokens, limit, anchor), anchor, limit.first, anchor.last)
    if ago:
        post = tokens.reading(ago.next, "op-post")  # "12 months ago or less"
        if post and not limit.stated and limit.upper:
            bound = Bound(value=limit.upper.value, inclusive=True)
            lower, upper = (bound, None) if post.value == "ge" else (None, bound)
            limit = replace(limit, lower=lower, upper=upper, stated=True)
        return Window("recency", limit, None, limit.first, post.next if post else ago.next)
    return None


def _is_future(tokens: Tokens, index: int) -> bool:
    found = tokens.reading(index, "recency")
    return found is not None and found.value == "future"


def _at_most(limit: Limit) -> Limit:
    """ "within 3 months" is at most 3 months."""
    if limit.stated or limit.upper is None:
        return limit
    return replace(limit, lower=None, upper=Bound(value=limit.upper.value, inclusive=True), stated=True)


def _counted(tokens: Tokens, limit: Limit, anchor: AnchorReading) -> Limit:
    """ "3 months before surgery" is at most 3 months, "3 months have elapsed since" at least 3 months."""
    if limit.lower is not None and not limit.stated and tokens.reading(limit.last, "elapsed"):
        return replace(limit, lower=Bound(value=limit.lower.value, inclusive=True), upper=None, stated=True)
    return limit if anchor.relation == "after" else _at_most(limit)


def read_period(tokens: Tokens, index: int) -> Window | None:
    """ "throughout the study", "during the study period": a window without a number."""
    found = tokens.reading(index, "relation")
    since, until = tokens.word(index) == "since", tokens.word(index) == "until"
    if not found or not (found.value == "during" or since or until):
        return None
    event = read_anchor(tokens, found.next)
    if event is None:
        return None
    if since or until:
        relation: Relation = "after" if since else "before"
        return Window("period", None, AnchorReading(event[0], relation, found.next, event[1]), index, event[1])
    name = "study_period" if event[0] == "study_start" else event[0]
    return Window("period", None, AnchorReading(name, "during", found.next, event[1]), index, event[1])


def read_frequency(tokens: Tokens, index: int) -> FrequencyReading | None:
    """ "daily", "twice a week", "per day" at ``index``."""
    found = tokens.reading(index, "frequency")
    if not found or (found.next - index == 1 and tokens.word(index) in ("day", "week", "wk", "month", "year")):
        return None
    count, unit = found.value.split("/")
    return FrequencyReading(float(count), 1.0, unit, index, found.next)
