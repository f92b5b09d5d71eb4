"""Which ages a text admits: the limits that bind every participant, and nobody else.

The one place that decides whom and what an age limit is about. Left aside are limits of a subgroup or another person,
at another time (onset, birth, diagnosis), in definitions (menopause), among alternatives (risk factors), under a
condition, and in sentences that give reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from critparse.checks.cues import cue_in, cues_in, without, words
from critparse.checks.facts import SURE, Facts, Item, binds_participant, hull, leaves
from critparse.schema import AgeLimit, AllOf, AnyOf, Bound, Criterion, Leaf, Not, Range, Rule, Span

End = Literal["minimum", "maximum"]
Whom = Literal["everyone", "group", "other"]
Relation = Literal["same", "boundary", "near", "different"]
RELATIONS: tuple[Relation, ...] = ("same", "boundary", "near", "different")
"""How two limits agree: the same; the same number, once without it; one apart; different."""

NO_MAXIMUM = 99.0
"""Years: a maximum from here on says that there is none."""

_YEARS = {"a": 1.0, "mo": 1 / 12, "wk": 7 / 365.25, "d": 1 / 365.25, "h": 1 / 8766, "min": 1 / 525960}
_NEAR = 9
"""Words after a limit among which those count that belong to it."""

_MAJORITY = (16, 21)
"""Years: a lower limit among these is that of majority, hardly ever a risk factor or a definition."""
_NEAR_GROUP = 4
"""Words after a limit among which a further group has no part in it."""
_OPENING = 8
"""Words at the head of a criterion that say whose age follows."""
_LEAD_IN = 400
"""Characters at the end of a criterion that may lead in a list."""
_LED = 8
"""Criteria after such words that may belong to their list."""
_NEAR_FROM = 4
"""From this number of units on, one unit more or less is a small difference."""

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
class AgeRange:
    """The admitted ages as one passage states them."""

    lower: Limit | None
    upper: Limit | None

    def end(self, end: End) -> Limit | None:
        """The limit of one end."""
        return self.lower if end == "minimum" else self.upper


@dataclass(frozen=True, slots=True)
class Ages:
    """The limits that a text sets for every participant, each end with all places that state it.

    ``others``: the ages of subgroups, other persons and other times that the text also names; ``groups``: those among
    them of arms, cohorts and other groups that take part.
    """

    minimum: tuple[Limit, ...] = ()
    maximum: tuple[Limit, ...] = ()
    others: tuple[AgeRange, ...] = ()
    groups: tuple[AgeRange, ...] = ()

    def end(self, end: End) -> tuple[Limit, ...]:
        """The limits of one end."""
        return self.minimum if end == "minimum" else self.maximum


def eligibility_age(facts: Facts, text_id: str) -> Ages:
    """The ages that a text admits, with evidence; both ends empty where it does not bind every participant."""
    key = (__name__, text_id)
    if key not in facts.worked_out:
        facts.worked_out[key] = _work_out(facts, text_id)
    ages = facts.worked_out[key]
    assert isinstance(ages, Ages)
    return ages


def _work_out(facts: Facts, text_id: str) -> Ages:
    found: dict[Whom, list[AgeRange]] = {"everyone": [], "group": [], "other": []}
    for criterion in facts.top(text_id):
        for whom, ages in _of_criterion(facts, criterion):
            found[whom].append(ages)
    binding = found["everyone"]
    united = _union([ages for ages in binding if not _exclusion(ages)])
    minimum = united.minimum if united else _stated("minimum", binding) or _shared("minimum", found["group"])
    maximum = united.maximum if united else _stated("maximum", binding) or _shared("maximum", found["group"])
    used = {limit.span for limit in (*minimum, *maximum)}
    others = [
        x for ages in found.values() for x in ages if not {limit.span for limit in (x.lower, x.upper) if limit} & used
    ]
    return Ages(minimum, maximum, tuple(others), tuple(found["group"]))


def field_limit(limit: AgeLimit) -> Limit:
    """A registry age as a limit; registries mean their ages inclusively."""
    return Limit(limit.value, limit.ucum, inclusive=True)


def relation(end: End, one: Limit, other: Limit) -> Relation:
    """How two statements of one end agree; different units are compared in the coarser one."""
    unit = max(one.unit, other.unit, key=_YEARS.__getitem__)
    first, second = _in(unit, one), _in(unit, other)
    exact = abs(first - second) <= (_SLACK * max(first, second) if one.unit != other.unit else 1e-6)
    whole, other_whole = _completed(end, first, one), _completed(end, second, other)
    if (exact and one.inclusive == other.inclusive) or whole == other_whole or _within_the_unit(end, first, second):
        return "same"
    if exact:
        return "boundary"
    return "near" if abs(whole - other_whole) <= 1 and min(first, second) >= _NEAR_FROM else "different"


def unit_slip(one: Limit, other: Limit) -> bool:
    """Whether two limits are the same number in different units."""
    return one.number == other.number and one.unit != other.unit


def _in(unit: str, limit: Limit) -> float:
    """A limit in a unit; whole units where it is hardly off (42 days are 6 weeks, 12 months a year)."""
    value = limit.value / _YEARS[unit]
    return round(value) if abs(value - round(value)) < 1e-3 * max(value, 1) else value


def _completed(end: End, number: float, limit: Limit) -> float:
    """The first or last completed unit of age that is admitted: "> 17" is 18, "< 66" is 65."""
    if limit.inclusive or number != int(number):
        return number
    return number + 1 if end == "minimum" else number - 1


def _within_the_unit(end: End, one: float, other: float) -> bool:
    """Whether one is "up to 11.9 years" and the other "11 years": all of the last year is meant."""
    low, high = sorted((one, other))
    return end == "maximum" and low == int(low) and low < high < low + 1


# ---------------------------------------------------------------------- statements of one text

_Group = list[tuple[Leaf, bool]]  # age leaves, any one of which suffices, and whether each is to be inverted


def _of_criterion(facts: Facts, criterion: Criterion) -> Iterator[tuple[Whom, AgeRange]]:
    """Every age of a criterion, and whom it binds."""
    exclusion = criterion.kind == "exclusion"
    seen: set[Span] = set()
    heads = [[(leaf, False)] for leaf in _alternatives(criterion.rule) if not exclusion and _heads(facts, leaf)]
    for group in heads if len(heads) == 1 else _binding(facts, criterion.rule, exclusion=exclusion):
        parts = [part for leaf, inverted in group if (part := _statement(facts, leaf, inverted=inverted))]
        seen.update(hull(leaf.range.evidence) for leaf, _ in group if leaf.range)
        if len(parts) == 1:
            yield parts[0]
        elif len(parts) == len(group):
            ranges = [ages for _, ages in parts]
            together: Whom = "everyone" if all(whom == "everyone" for whom, _ in parts) else "other"
            yield together, AgeRange(_outer("minimum", ranges), _outer("maximum", ranges))
    for leaf in leaves(criterion.rule):
        if _is_limit(leaf) and leaf.range and hull(leaf.range.evidence) not in seen:
            aside = _statement(facts, leaf, inverted=exclusion)
            if aside:
                of_group = leaf.scope is not None and leaf.scope.person == "subgroup" and aside[0] == "group"
                yield "group" if of_group else "other", aside[1]


def _binding(facts: Facts, rule: Rule, *, exclusion: bool) -> Iterator[_Group]:
    """The age leaves of a rule that everyone must fulfil (inclusion) or that exclude by themselves."""
    if isinstance(rule, Leaf):
        if _is_limit(rule) and binds_participant(rule):
            yield [(rule, exclusion is rule.present)]
    elif isinstance(rule, Not):
        for group in _binding(facts, rule.rule, exclusion=exclusion):
            yield [(leaf, not inverted) for leaf, inverted in group]
    elif (isinstance(rule, AllOf) and not exclusion) or (isinstance(rule, AnyOf) and exclusion):
        for part in rule.rules:
            yield from _binding(facts, part, exclusion=exclusion)
    elif isinstance(rule, AnyOf):
        branches = [list(_binding(facts, part, exclusion=False)) for part in rule.rules]
        if all(len(branch) == 1 for branch in branches):
            yield [one for branch in branches for one in branch[0]]
    elif isinstance(rule, AllOf):
        yield from _excluded_together(facts, rule)


def _excluded_together(facts: Facts, rule: AllOf) -> Iterator[_Group]:
    """ "Age < 18 and > 70 years" among exclusions: nobody is both, each excludes; so does "men or women < 18 years"."""
    ages = [part for part in rule.rules if isinstance(part, Leaf) and _is_limit(part)]
    others = [part for part in rule.rules if not (isinstance(part, Leaf) and _is_limit(part))]
    if all(isinstance(part, Leaf) and part.kind == "sex" and _is_everyone(facts, part.values) for part in others):
        yield from ([(leaf, True)] for leaf in ages)


def _is_everyone(facts: Facts, sexes: Sequence[object]) -> bool:
    """Whether people of these sexes are all who may take part."""
    return len(sexes) == 2 or facts.trial.registry.sex in sexes


def _alternatives(rule: Rule) -> Iterator[Leaf]:
    """The age leaves of an outermost "or"."""
    if isinstance(rule, AnyOf):
        for part in rule.rules:
            for leaf in part.rules if isinstance(part, AllOf) else (part,):
                if isinstance(leaf, Leaf) and _is_limit(leaf) and binds_participant(leaf):
                    yield leaf


def _heads(facts: Facts, leaf: Leaf) -> bool:
    """Whether an age belongs to the people at the head of a criterion, whose "or" joins what follows.

    "Adults (at least 18 years) with asthma or COPD", but not "age over 65 years or diabetes".
    """
    assert leaf.range is not None
    span = hull(leaf.range.evidence)
    item = facts.item_at(span)
    if item is None or not leaf.present:
        return False
    before, _, after = facts.sentence_at(span, item)
    opening = words(before)
    return len(opening) <= _OPENING and cue_in("people", before) is not None and words(after)[:1] not in ([], ["or"])


def _is_limit(leaf: Leaf) -> bool:
    return (
        leaf.kind == "age"
        and leaf.confidence >= SURE
        and leaf.range is not None
        and bool(leaf.range.evidence)
        and leaf.range.unit is not None
        and leaf.range.unit.ucum in _YEARS
    )


def _statement(facts: Facts, leaf: Leaf, *, inverted: bool) -> tuple[Whom, AgeRange] | None:
    """The admitted ages that a leaf states and whom they bind, unless they are no limits."""
    assert leaf.range is not None
    span = hull(leaf.range.evidence)
    item = facts.item_at(span)
    lower, upper = _ends(leaf.range, inverted=inverted)
    if item is None or (lower is None and upper is None) or (lower and upper and lower.value >= upper.value):
        return None
    ucum = leaf.range.unit.ucum if leaf.range.unit and leaf.range.unit.ucum else "a"
    exclusion = item.criterion.kind == "exclusion"

    def limit(bound: Bound | None) -> Limit | None:
        if bound is None:
            return None
        return Limit(bound.value, ucum, bound.inclusive, span, item.criterion.id, exclusion)

    ages = AgeRange(limit(lower), limit(upper))
    return _whom(facts, item, span, ages), ages


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


def _whom(facts: Facts, item: Item, span: Span, ages: AgeRange) -> Whom:
    """Whom the sentence around a limit, and what stands above it, give the limit to."""
    before, limit, after = facts.sentence_at(span, item)
    plain = _is_plain(before, after, ages)
    lead_ins = [above.text[-_LEAD_IN:] for above in item.above] + ([] if plain else lead_in_before(facts, item))
    if (not plain and _elsewhere(before, limit, after)) or _is_alternative(facts, item):
        return "other"
    if any(cue_in("age-elsewhere", text) or cue_in("group-lead", text) for text in lead_ins):
        return "other"
    part = any(cue_in("age-group", without("age-neutral", text)) for text in (f"{before} {limit} {after}", *lead_ins))
    return "group" if part or cue_in("group-section", item.section) else "everyone"


def _is_plain(before: str, after: str, ages: AgeRange) -> bool:
    """Whether an item opens with whom the study admits: people of a full range of ages, or from the age of majority.

    "Postmenopausal women aged 50 to 75 years", "Children and adolescents 6 to 17 years of age", "Age ≥ 18 years"; but
    not "women over 50 years", which may be a definition, a risk factor or a subgroup.
    """
    whole = ages.lower is not None and ages.upper is not None
    of_age = ages.lower is not None and _MAJORITY[0] <= ages.lower.value <= _MAJORITY[1]
    if not (whole or of_age) or words(without("age-opening", before)) or cue_in("age-plain-not", after):
        return False
    of_the_last = before.rstrip().endswith("(") and cues_in("age-groups", before) > 1  # "adults and children (2 to 11)"
    of_the_first = cue_in("age-groups", " ".join(words(after)[:_NEAR_GROUP]))  # "adults (18 or older) and children"
    return not of_the_last and not of_the_first and not after.lstrip().startswith(":")


def concerns_others(before: str, limit: str, after: str) -> bool:
    """Whether a sentence gives its age limit to some of the participants, to others, or to another time."""
    part = cue_in("age-group", without("age-neutral", f"{before} {limit} {after}"))
    return part is not None or _elsewhere(before, limit, after)


def _elsewhere(before: str, limit: str, after: str) -> bool:
    """Whether a sentence gives its limit to somebody or something else; a colon after it makes it a row of a table."""
    sentence = without("age-neutral", f"{before} {limit} {after}")
    return bool(
        after.lstrip().startswith(":")
        or cue_in("age-elsewhere", sentence)
        or cue_in("age-elsewhere-before", without("age-neutral", before))
        or cue_in("age-elsewhere-after", " ".join(words(after)[:_NEAR]))
        or cues_in("age-groups", sentence) > 1
    )


def lead_in_before(facts: Facts, item: Item) -> list[str]:
    """The nearest sibling before that ends in a colon or "the following": in flat lists it leads in the next ones."""
    siblings, place = facts.siblings(item)
    before = [sibling.text[-_LEAD_IN:].rstrip() for sibling in siblings[max(0, place - _LED) : place]]
    return [text for text in reversed(before) if text.endswith(":") or text.lower().endswith("following")][:1]


def _is_alternative(facts: Facts, item: Item) -> bool:
    """Whether the item ends in "or", or the one before it does."""
    siblings, place = facts.siblings(item)
    return any(words(sibling.text[-_LEAD_IN:])[-1:] == ["or"] for sibling in siblings[max(0, place - 1) : place + 1])


# ---------------------------------------------------------------------- several statements


def _exclusion(ages: AgeRange) -> bool:
    return any(limit is not None and limit.exclusion for limit in (ages.lower, ages.upper))


def _stated(end: End, ranges: list[AgeRange]) -> tuple[Limit, ...]:
    """The limits that some ranges state for an end; those that say "no limit" left out."""
    return tuple(limit for ages in ranges if (limit := ages.end(end)) and _is_real(end, limit))


def _is_real(end: End, limit: Limit) -> bool:
    return limit.value > 0 if end == "minimum" else limit.value < NO_MAXIMUM


def _shared(end: End, groups: list[AgeRange]) -> tuple[Limit, ...]:
    """The limits of groups, when there are several groups and all have the same one."""
    limits = [limit for ages in groups if (limit := ages.end(end))]
    same = all(relation(end, limits[0], other) == "same" for other in limits[1:])
    return tuple(limits) if len(limits) == len(groups) > 1 and same and _is_real(end, limits[0]) else ()


def _union(ranges: list[AgeRange]) -> Ages | None:
    """When ranges exclude each other, they are about groups, and together they admit all that lies between."""
    highest = max((ages.lower.value for ages in ranges if ages.lower), default=0.0)
    lowest = min((ages.upper.value for ages in ranges if ages.upper), default=NO_MAXIMUM)
    if highest < lowest:
        return None
    minimum, maximum = _outer("minimum", ranges), _outer("maximum", ranges)
    return Ages(
        (minimum,) if minimum and _is_real("minimum", minimum) else (),
        (maximum,) if maximum and _is_real("maximum", maximum) else (),
    )


def _outer(end: End, ranges: list[AgeRange]) -> Limit | None:
    """The widest limit of an end; ``None`` when one of the ranges leaves it open."""
    limits = [limit for ages in ranges if (limit := ages.end(end))]
    if len(limits) < len(ranges) or not limits:
        return None
    return min(limits, key=_value) if end == "minimum" else max(limits, key=_value)


def _value(limit: Limit) -> float:
    return limit.value
