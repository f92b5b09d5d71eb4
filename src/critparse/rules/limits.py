"""Limits get their subjects: each becomes a statement, a window, or a dose."""

from __future__ import annotations

from dataclasses import replace

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.quantities.grammar import Limit
from critparse.quantities.times import Window, read_window
from critparse.quantities.units import dimension, read_unit
from critparse.rules import subjects
from critparse.rules.draft import Draft, Name
from critparse.rules.state import Reading
from critparse.rules.unknown import per_time, without_subject
from critparse.schema import Bound

_DOSED = frozenset(("mass", "volume", "arbitrary", "enzyme", "amount", "count", "radiation", "activity", "equivalent"))
_DOSED_PER = frozenset(("time", "mass", "area", "bsa", "count"))
_BARE_GAP = word_set("before-bare-value")
_SEPARATING = word_set("separating")
_BLOOD_PRESSURE = "ANALYTE:blood-pressure"
_DATING = word_set("dating")
_AGE_GAP = word_set("age-gap")
_GOES_ON = word_set("age-continues")


def place(reading: Reading, limit: Limit) -> None:
    """Give one limit its place: limits come in order of position."""
    if limit.operator == "tolerance" or (limit.ucum is None and not limit.stated and limit.relative_to is None):
        _bare(reading, limit)
    elif not _place_age(reading, limit):
        subject = subjects.inside(reading.names, limit)
        subject = subject or subjects.preceding(reading.tokens, reading.names, reading.limits, limit)
        timed = (limit.is_time and limit.ucum not in ("ms", "s")) or limit.dimension == "half-life"
        (_place_time if timed else _place_quantity)(reading, limit, subject)


def age_pairs(tokens: Tokens, names: list[Name], limits: list[Limit]) -> list[Limit]:
    """The limits, "aged 40 and 57 years" as one range: two bare ages joined by "and" are its ends."""
    merged: list[Limit] = []
    for limit in limits:
        before = merged[-1] if merged else None
        if before is not None and _is_age_pair(tokens, names, before, limit):
            merged[-1] = replace(limit, lower=before.lower, first=before.first, head=before.head, stated=True)
        else:
            merged.append(limit)
    return merged


def _is_age_pair(tokens: Tokens, names: list[Name], low: Limit, high: Limit) -> bool:
    """Whether two limits are bare, joined by nothing but "and", and one of them is said to be an age."""
    if low.stated or high.stated or low.number >= high.number or low.ucum not in (None, high.ucum):
        return False
    if tokens.word(low.first - 1) == "at":  # "seen at 2 and 4 months of age"
        return False
    gap = tokens.lower[low.last : high.first]
    named = any(name.kind == "age" and 0 <= low.first - name.last <= 1 for name in names)
    aged = named or subjects.is_age(tokens, high, names) is not None
    return "and" in gap and _AGE_GAP.issuperset(gap) and high.ucum in (None, "a", "mo") and aged


def _place_age(reading: Reading, limit: Limit) -> bool:
    """Take the limit as an age where its words or the limit before it say so; "before age 7" dates something else."""
    if reading.tokens.reading(limit.first - 1, "relation") or reading.tokens.word(limit.first - 2) in _DATING:
        return False
    age = subjects.is_age(reading.tokens, limit, reading.names)
    if age and not _is_trap(reading, limit):
        _age(reading, limit, age if isinstance(age, Name) else None)
        return True
    goes_on = _continues_age(reading, limit)
    if goes_on:
        subject = reading.drafts[-1].subject_tokens
        _age(reading, limit, next((n for n in reading.names if subject and n.first == subject[0][0]), None))
    return goes_on


def _place_quantity(reading: Reading, limit: Limit, subject: Name | None) -> None:
    """A limit that is no span of time: of a measurement, of a dose, of an age without unit, or of something unknown."""
    if subject is None:
        subject = subjects.following(reading.tokens, reading.names, limit)
    elif not limit.stated and not _BARE_GAP.issuperset(reading.tokens.lower[subject.last : limit.first]):
        subject = None
    elif subject.kind == "age" and subject.first in reading.used:
        subject = subjects.following(reading.tokens, reading.names, limit)  # "18 years of age with > 3 stools"
    if subject is None and subjects.is_age_at_head(reading.tokens, limit, reading.names):
        _age(reading, limit, None, confidence=0.75)
    elif _is_dose(reading, limit, subject):
        reading.doses.append(limit)
    elif subject is not None:
        _measurement(reading, limit, subject)
    elif limit.stated:
        without_subject(reading, limit)


def _continues_age(reading: Reading, limit: Limit) -> bool:
    """ "age < 18 or > 65 years": the second limit goes on about the first one's age."""
    last = reading.drafts[-1] if reading.drafts else None
    if last is None or last.kind != "age" or last.limit is None or limit.ucum not in (None, "a", "mo", "wk", "d"):
        return False
    gap = reading.tokens.lower[last.limit.last : limit.first]
    return bool(gap) and _GOES_ON.issuperset(gap) and limit.stated and not limit.relative_to


def _is_trap(reading: Reading, limit: Limit) -> bool:
    """Whether another kind of age is named nearer ("gestational age", "age at onset")."""
    nearest = [n for n in reading.names if n.numeric and n.last <= limit.first and limit.first - n.last <= 4]
    return bool(nearest) and nearest[-1].kind != "age" and "time" in nearest[-1].dimensions


def _bare(reading: Reading, limit: Limit) -> None:
    """A number alone: the value of a score right before it, else no limit at all ("SLEDAI 8", "type 2")."""
    for name in reading.names:
        gap = reading.tokens.lower[name.last : limit.first]
        free = name.numeric and name.last <= limit.first and name.first not in reading.used
        if free and len(gap) <= 2 and _BARE_GAP.issuperset(gap):
            if name.kind in ("measurement", "age"):
                _measurement(reading, limit, name)
            return


def _place_time(reading: Reading, limit: Limit, subject: Name | None) -> None:
    named = subjects.following(reading.tokens, reading.names, limit, reach=1)
    if named and named.kind == "life_expectancy" and reading.tokens.word(limit.last) == "of":
        _measurement(reading, limit, named)  # "3 months of life expectancy"
        return
    window = _second_window(reading, limit) or read_window(reading.tokens, limit)
    if subject is not None and (
        subject.kind == "age" or "time" in subject.dimensions or subject.kind == "life_expectancy"
    ):
        near = limit.first - subject.last <= 6
        if near and not (window and window.first < limit.first and window.kind != "duration"):
            _age(reading, limit, subject) if subject.kind == "age" else _measurement(reading, limit, subject)
            return
    at_event = window and window.first == limit.first and window.anchor and window.anchor.relation == "during"
    if at_event and subjects.is_age_at_head(reading.tokens, limit, reading.names):
        _age(reading, limit, None, confidence=0.8)  # "≥ 10 and ≤ 17 years at consent"
    elif window is not None:
        reading.windows.append(window)
    elif subject is not None and subject.kind == "age":
        _age(reading, limit, subject)
    elif subjects.is_age_at_head(reading.tokens, limit, reading.names):
        _age(reading, limit, None, confidence=0.8)
    elif (after := subjects.following(reading.tokens, reading.names, limit)) and "time" in after.dimensions:
        _measurement(reading, limit, after)
    elif limit.stated or limit.operator:
        reading.windows.append(Window("duration", limit, None, limit.first, limit.last))


def _second_window(reading: Reading, limit: Limit) -> Window | None:
    """ "within 4 weeks or 5 half-lives before the first dose": the second span has the frame of the first, its anchor
    is the first one's too.
    """
    first = reading.windows[-1] if reading.windows else None
    if first is None or first.kind != "recency" or first.limit is None or reading.tokens.word(limit.first - 1) != "or":
        return None
    if first.last != limit.first - 1 or first.limit.first == first.first:
        return None
    found = read_window(reading.tokens, replace(limit, stated=False) if not limit.stated else limit)
    anchor = found.anchor if found else None
    upper = limit if limit.stated else replace(limit, lower=None, stated=True)
    if first.anchor is None and anchor is not None:
        reading.windows[-1] = replace(first, anchor=anchor)
    return Window("recency", upper, anchor, limit.first, anchor.last if anchor else limit.last)


def _is_dose(reading: Reading, limit: Limit, subject: Name | None) -> bool:
    if limit.dimension is None or limit.relative_to:
        return False
    amount, *per = limit.dimension.split("/")
    if amount not in _DOSED or not _DOSED_PER.issuperset(per) or (amount == "count" and not per):
        return False
    drug = drug_near(reading, limit)
    if drug is None:
        return False
    return subject is None or subject.last <= drug.first or limit.dimension not in subject.dimensions


def drug_near(reading: Reading, limit: Limit) -> Name | None:
    """The drug a dose belongs to: the nearest before it in the clause, else the one right after it."""
    drugs = [n for n in reading.names if n.kind == "drug" and n.last <= limit.first]
    if (
        drugs
        and limit.first - drugs[-1].last <= 10
        and not subjects.breaks(reading.tokens, drugs[-1].last, limit.first)
    ):
        return drugs[-1]
    for name in reading.names:
        if name.first >= limit.last:
            gap = reading.tokens.lower[limit.last : name.first]
            return name if name.kind == "drug" and len(gap) <= 3 and not _SEPARATING.intersection(gap) else None
    return None


def _age(reading: Reading, limit: Limit, name: Name | None, confidence: float = 0.95) -> None:
    draft = Draft("age", "age", limit.first, limit.last, limit=limit, confidence=confidence)
    draft.evidence.append((limit.first, limit.last))
    if name is not None:
        draft.subject_tokens.append((name.first, name.last))
        if name.first in reading.used:  # "age < 18 or > 65": the second limit stands by itself
            draft.evidence.append((name.first, name.last))
        else:
            draft.cover(name.first, name.last)
        reading.used.add(name.first)
    for other in reading.names:
        if other.kind == "age" and limit.last <= other.first <= limit.last + 3:
            reading.used.add(other.first)
            draft.cover(other.first, other.last)
    reading.add(draft)


def _measurement(reading: Reading, limit: Limit, name: Name) -> None:
    companions = (
        subjects.companions(reading.tokens, reading.names, reading.used, name) if name.last <= limit.first else []
    )
    if limit.pair is not None and name.concept_id == _BLOOD_PRESSURE:
        _pressures(reading, limit, name)
        return
    limit = _with_bracketed_unit(reading.tokens, _per_day(reading.tokens, limit, name), name)
    end = name.last
    if name.first >= limit.last:
        limit, end = per_time(reading, limit, name.last)
    between = reading.tokens.lower[companions[0].first : name.first] if companions else []
    joined = "or" if "or" in between or "/" in between else "and"
    for subject in [*companions, name]:
        repeated = subject.first in reading.used
        draft = Draft(subject.kind, subject.subject, subject.first, subject.last, [(subject.first, subject.last)])
        draft.concept_id = subject.concept_id
        draft.limit = limit
        draft.confidence = 0.95
        draft.join = joined
        draft.evidence = [(subject.first, subject.last), (limit.first, limit.last)]
        if repeated:
            draft.first, draft.last = limit.first, limit.last
        elif subject is name:
            draft.first, draft.last = min(subject.first, limit.first), max(end, limit.last)
        reading.used.add(subject.first)
        reading.add(draft)


def _pressures(reading: Reading, limit: Limit, name: Name) -> None:
    """ "Blood pressure > 140/90 mmHg": either pressure above, or both below."""
    assert limit.pair is not None
    upper = limit.upper is not None
    other = limit.upper or limit.lower
    second = Bound(value=limit.pair, inclusive=other.inclusive if other else True)
    diastolic = replace(limit, lower=None if upper else second, upper=second if upper else None, pair=None)
    systolic = replace(limit, pair=None)
    for kind, half in (("systolic", systolic), ("diastolic", diastolic)):
        draft = Draft("measurement", f"{kind} blood pressure", name.first, limit.last, [(name.first, name.last)])
        draft.concept_id, draft.named, draft.limit = f"ANALYTE:{kind}-bp", True, half
        draft.confidence, draft.join, draft.paired = 0.95, "and" if upper else "or", True
        draft.evidence = [(name.first, name.last), (limit.first, limit.last)]
        reading.add(draft)
    reading.used.add(name.first)


def _with_bracketed_unit(tokens: Tokens, limit: Limit, name: Name) -> Limit:
    """ "BMI (kg/m2) between 19 and 30": the unit in brackets after the name."""
    if limit.ucum is not None or limit.relative_to is not None or tokens.word(name.last) != "(":
        return limit
    unit = read_unit(tokens, name.last + 1)
    if unit is None or tokens.word(unit.next) != ")" or unit.next >= limit.first:
        return limit
    return replace(limit, ucum=unit.ucum, dimension=dimension(unit.ucum), unit_tokens=(name.last + 1, unit.next))


def _per_day(tokens: Tokens, limit: Limit, name: Name) -> Limit:
    """ "24h urine protein ≥ 1 g" is 1 g per 24 h: the name gives the time that the unit leaves out."""
    timed = any(word.startswith("24") for word in tokens.lower[name.first : name.last])
    if timed and limit.dimension == "mass" and "mass/time" in name.dimensions:
        return replace(limit, ucum=f"{limit.ucum}/(24.h)", dimension="mass/time")
    return limit
