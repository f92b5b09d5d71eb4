"""Which ages a text admits: the limits that bind every participant, and nobody else.

The one place that decides whom and what an age limit is about. Left aside are limits of a subgroup or of another person,
at another time (onset, birth, diagnosis), in definitions (menopause), among alternatives (risk factors), under a
condition, and in sentences that give reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from critparse.checks.cues import cue_in, cues_in, without, words
from critparse.checks.facts import SURE, Facts, Item, binds_participant, hull
from critparse.schema import AgeLimit, AllOf, AnyOf, Bound, Criterion, Leaf, Not, Range, Rule, Span

End = Literal["minimum", "maximum"]
Relation = Literal["same", "boundary", "near", "different"]
RELATIONS: tuple[Relation, ...] = ("same", "boundary", "near", "different")
"""How two limits agree: the same; the same number, once without it; one apart; different."""

NO_MAXIMUM = 99.0
"""Years: a maximum from here on says that there is none."""

_YEARS = {"a": 1.0, "mo": 1 / 12, "wk": 7 / 365.25, "d": 1 / 365.25, "h": 1 / 8766, "min": 1 / 525960}
_FIELD_UNITS = {"years": "a", "months": "mo", "weeks": "wk", "days": "d", "hours": "h", "minutes": "min"}
_NEAR = 9
"""Words after a limit among which those count that belong to it."""

_SLACK = 0.05
"""Share by which limits in different units may differ and still be the same (4 weeks, 1 month)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of the admitted ages as one place states it: ``number`` in the UCUM unit ``unit``, ``value`` in years.

    ``span``: the words that state it, ``None`` for a registry field; ``criterion``: the id of theirs.
    """

    number: float
    unit: str
    inclusive: bool
    span: Span | None = None
    criterion: str = ""
    exclusion: bool = False

    @property
    def value(self) -> float:
        """The limit in years."""
        return self.number * _YEARS[self.unit]


@dataclass(frozen=True, slots=True)
class Ages:
    """The limits that a text sets for every participant, each end with all places that state it."""

    minimum: tuple[Limit, ...] = ()
    maximum: tuple[Limit, ...] = ()

    def end(self, end: End) -> tuple[Limit, ...]:
        """The limits of one end."""
        return self.minimum if end == "minimum" else self.maximum


@dataclass(frozen=True, slots=True)
class _Statement:
    lower: Limit | None
    upper: Limit | None
    plain: bool  # the criterion says hardly anything else


def eligibility_age(facts: Facts, text_id: str) -> Ages:
    """The ages that a text admits, with evidence; both ends empty where it does not bind every participant."""
    statements: list[_Statement] = []
    for criterion in facts.top(text_id):
        statements.extend(_of_criterion(facts, criterion))
    united = _union([s for s in statements if s.lower and s.upper or not _exclusion(s)])
    return united or Ages(
        tuple(s.lower for s in statements if s.lower and s.lower.value > 0),
        tuple(s.upper for s in statements if s.upper and s.upper.value < NO_MAXIMUM),
    )


def field_limit(limit: AgeLimit) -> Limit:
    """A registry age as a limit; registries mean their ages inclusively."""
    return Limit(limit.value, _FIELD_UNITS[limit.unit], inclusive=True)


def relation(end: End, one: Limit, other: Limit) -> Relation:
    """How two statements of one end agree."""
    if one.unit == other.unit:
        first, second = _whole(end, one), _whole(end, other)
        if first == second or _within_the_year(end, one, other):
            return "same"
        if one.number == other.number:
            return "boundary"
        return "near" if abs(first - second) <= 1 and min(one.number, other.number) >= 4 else "different"
    close = abs(one.value - other.value) <= _SLACK * max(one.value, other.value)
    return "same" if close else "different"


def unit_slip(one: Limit, other: Limit) -> bool:
    """Whether two limits are the same number in different units."""
    return one.number == other.number and one.unit != other.unit


def _whole(end: End, limit: Limit) -> float:
    """The first or last completed unit of age that is admitted: "> 17" is 18, "< 66" is 65."""
    if limit.inclusive or limit.number != int(limit.number):
        return limit.number
    return limit.number + 1 if end == "minimum" else limit.number - 1


def _within_the_year(end: End, one: Limit, other: Limit) -> bool:
    """Whether one is "up to 11.9 years" and the other "11 years": all of the last year is meant."""
    low, high = sorted((one.number, other.number))
    return end == "maximum" and low == int(low) and low < high < low + 1


# ---------------------------------------------------------------------- statements of one text


def _of_criterion(facts: Facts, criterion: Criterion) -> Iterator[_Statement]:
    exclusion = criterion.kind == "exclusion"
    for leaf_or_group in _binding(criterion.rule, exclusion=exclusion):
        parts = [_statement(facts, leaf, inverted=inverted) for leaf, inverted in leaf_or_group]
        kept = [part for part in parts if part is not None]
        if len(kept) == 1:
            yield kept[0]
        elif len(kept) == len(parts) and kept:
            yield _Statement(_outer("minimum", kept), _outer("maximum", kept), plain=False)


_Group = list[tuple[Leaf, bool]]  # age leaves, any one of which suffices, and whether each is to be inverted


def _binding(rule: Rule, *, exclusion: bool) -> Iterator[_Group]:
    """The age leaves of a rule that everyone must fulfil (inclusion) or that exclude by themselves."""
    if isinstance(rule, Leaf):
        if _is_limit(rule):
            yield [(rule, exclusion is rule.present)]
    elif isinstance(rule, Not):
        yield from ([(leaf, not inverted) for leaf, inverted in group] for group in _binding(rule.rule, exclusion=exclusion))
    elif isinstance(rule, AllOf) and not exclusion or isinstance(rule, AnyOf) and exclusion:
        for part in rule.rules:
            yield from _binding(part, exclusion=exclusion)
    elif isinstance(rule, AnyOf):
        branches = [list(_binding(part, exclusion=False)) for part in rule.rules]
        if all(len(branch) == 1 for branch in branches):
            yield [one for branch in branches for one in branch[0]]
    elif isinstance(rule, AllOf):
        yield from _excluded_together(rule)


def _excluded_together(rule: AllOf) -> Iterator[_Group]:
    """ "Age < 18 and > 70 years" among exclusions: nobody is both, each excludes."""
    ages = [part for part in rule.rules if isinstance(part, Leaf) and _is_limit(part)]
    if len(ages) == len(rule.rules):
        yield from ([(leaf, True)] for leaf in ages)


def _is_limit(leaf: Leaf) -> bool:
    return (
        leaf.kind == "age"
        and leaf.confidence >= SURE
        and binds_participant(leaf)
        and leaf.range is not None
        and bool(leaf.range.evidence)
        and leaf.range.unit is not None
        and leaf.range.unit.ucum in _YEARS
    )


def _statement(facts: Facts, leaf: Leaf, *, inverted: bool) -> _Statement | None:
    """The admitted ages that a leaf states, unless its surroundings say that it is about something else."""
    assert leaf.range is not None
    span = hull(leaf.range.evidence)
    item = facts.item_at(span)
    if item is None or not _for_everyone(facts, item, span):
        return None
    lower, upper = _ends(leaf.range, inverted=inverted)
    if (lower is None and upper is None) or (lower and upper and lower.value >= upper.value):
        return None
    ucum = leaf.range.unit.ucum if leaf.range.unit and leaf.range.unit.ucum else "a"

    def limit(bound: Bound | None) -> Limit | None:
        if bound is None:
            return None
        return Limit(bound.value, ucum, bound.inclusive, span, item.criterion.id, exclusion=item.criterion.kind == "exclusion")

    rest = len(words(item.criterion.text)) - len(words(facts.text_of(span)))
    return _Statement(limit(lower), limit(upper), plain=rest <= 4)


def _ends(range_: Range, *, inverted: bool) -> tuple[Bound | None, Bound | None]:
    """Lower and upper bound of the admitted ages; an excluded stretch between two ages sets no end."""
    if not inverted:
        return range_.lower, range_.upper
    if range_.lower is not None and range_.upper is not None:
        return None, None
    return _turned(range_.upper), _turned(range_.lower)


def _turned(bound: Bound | None) -> Bound | None:
    return bound and Bound(value=bound.value, inclusive=not bound.inclusive)


# ---------------------------------------------------------------------- whom it is about


def _for_everyone(facts: Facts, item: Item, span: Span) -> bool:
    """Whether neither the sentence, nor what stands above it, gives the limit to somebody or something else."""
    if cue_in("group-section", item.section) or _elsewhere(*facts.sentence_at(span, item)):
        return False
    lead_ins = [above.text for above in item.above] + _lead_in_before(facts, item)
    if any(cue_in("age-elsewhere", text) or cue_in("group-lead", text) for text in lead_ins):
        return False
    return not _is_alternative(facts, item)


def _elsewhere(before: str, limit: str, after: str) -> bool:
    sentence = without("age-neutral", f"{before} {limit} {after}")
    return bool(
        cue_in("age-elsewhere", sentence)
        or cue_in("age-elsewhere-before", without("age-neutral", before))
        or cue_in("age-elsewhere-after", " ".join(words(after)[:_NEAR]))
        or cues_in("age-groups", sentence) > 1
    )


def _siblings(facts: Facts, item: Item) -> Sequence[Criterion]:
    return item.above[-1].children if item.above else tuple(facts.top(item.criterion.span.text_id))


def _lead_in_before(facts: Facts, item: Item) -> list[str]:
    """The nearest sibling before that ends in a colon: in lists without indentation it leads in what follows."""
    siblings = _siblings(facts, item)
    place = next((i for i, sibling in enumerate(siblings) if sibling is item.criterion), 0)
    before = [sibling.text for sibling in siblings[max(0, place - 8) : place]]
    return [text for text in reversed(before) if text.rstrip().endswith(":")][:1]


def _is_alternative(facts: Facts, item: Item) -> bool:
    """Whether the item ends in "or", or the one before it does."""
    siblings = _siblings(facts, item)
    place = next((i for i, sibling in enumerate(siblings) if sibling is item.criterion), 0)
    return any(words(sibling.text)[-1:] == ["or"] for sibling in siblings[max(0, place - 1) : place + 1])


# ---------------------------------------------------------------------- several statements


def _exclusion(statement: _Statement) -> bool:
    return any(limit is not None and limit.exclusion for limit in (statement.lower, statement.upper))


def _union(statements: list[_Statement]) -> Ages | None:
    """When statements exclude each other, they are about groups, and together they admit all that lies between."""
    highest = max((s.lower.value for s in statements if s.lower), default=0.0)
    lowest = min((s.upper.value for s in statements if s.upper), default=NO_MAXIMUM)
    if highest < lowest:
        return None
    minimum, maximum = _outer("minimum", statements), _outer("maximum", statements)
    return Ages((minimum,) if minimum else (), (maximum,) if maximum and maximum.value < NO_MAXIMUM else ())


def _outer(end: End, statements: list[_Statement]) -> Limit | None:
    """The widest limit of an end; ``None`` when one of the statements leaves it open."""
    limits = [s.lower if end == "minimum" else s.upper for s in statements]
    stated = [limit for limit in limits if limit is not None]
    if len(stated) < len(limits) or not stated:
        return None
    found = min(stated, key=lambda x: x.value) if end == "minimum" else max(stated, key=lambda x: x.value)
    return replace(found, inclusive=True) if not found.inclusive and len(stated) > 1 else found
