"""Synthetic persons, rules of every kind about them, and for each rule who is right: by predicates of our own."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from omop_cdm import NO_MATCHING_CONCEPT, Event, Person, random_events
from omop_rules import ago, lasting, leaf, limit, within

from critparse.schema import AllOf, AnyOf, AtLeast, IfThen, Not, Qualifier, Rule, TimeWindow

ASTHMA, ALLERGIC_ASTHMA, STROKE, METFORMIN, INSULIN, BIOPSY, PACEMAKER, HBA1C, ALT, PLATELETS, ECOG, HIV = range(
    101, 113
)
SMOKING, PREGNANT, PACK_YEARS = range(113, 116)
PERCENT, MMOL_MOL, PER_NANOLITRE, PER_LITRE, U_L, MG_DL = 8554, 9579, 8848, 9444, 8645, 8840
POSITIVE, NEGATIVE = 9191, 45878583
Answer = Callable[[Person], bool]


# --- persons, and questions about them


def people(number: int = 260) -> list[Person]:
    """Persons with everything that rules ask for, on and next to every limit."""
    dice = random.Random(7)
    found = []
    for id_ in range(1, number + 1):
        person = Person(id_, female=dice.random() < 0.5, age=dice.choice((11, 17, 18, 19, 30, 59, 60, 61, 80)))
        person.conditions = random_events(dice, (ASTHMA, ALLERGIC_ASTHMA, STROKE, PREGNANT, NO_MATCHING_CONCEPT), 3)
        person.drugs = random_events(dice, (METFORMIN, INSULIN), 3, lengths=(0, 30, 89, 91, 200))
        person.procedures = random_events(dice, (BIOPSY,), 3)
        person.devices = random_events(dice, (PACEMAKER,), 1)
        person.observations = random_events(dice, (SMOKING, PREGNANT), 2)
        for event in random_events(dice, (PACK_YEARS,), 1):
            person.observations.append(Event(PACK_YEARS, event.ago, value=dice.choice((5, 10, 20)), unit=9448))
        person.measurements = [
            _measured(dice, event) for event in random_events(dice, (HBA1C, ALT, PLATELETS, ECOG, HIV), 4)
        ]
        found.append(person)
    return found


def _measured(dice: random.Random, event: Event) -> Event:
    if event.concept == HBA1C:
        event.unit = dice.choice((PERCENT, PERCENT, MMOL_MOL))
        event.value = dice.choice((6.9, 7.0, 7.5, 9.9999, 10.0, 10.5) if event.unit == PERCENT else (52, 53, 64))
    elif event.concept == ALT:
        event.value, event.unit = dice.choice((8, 20, 40, 79, 80, 81, 120, 121)), U_L
        event.low, event.high = (10, 40) if dice.random() < 0.8 else (None, None)
    elif event.concept == PLATELETS:
        event.value, event.unit = dice.choice((99, 100, 101, 250)), dice.choice((PER_NANOLITRE, PER_LITRE, MG_DL))
    elif event.concept == ECOG:
        event.value = dice.choice((0, 1, 2, 3))
    else:
        event.answer = dice.choice((POSITIVE, NEGATIVE))
    return event


def has(
    events: list[Event], *concepts: int, oldest: int = 10**6, newest: int = 0, least: int = 1, **fields: Any
) -> bool:
    """Whether so many records of the concepts lie between so many days before the visit."""
    held = [e for e in events if e.concept in concepts and newest <= e.ago <= oldest]
    return sum(all(getattr(e, key) == value for key, value in fields.items()) for e in held) >= least


def measured(person: Person, concept: int, test: Callable[[Event], bool]) -> bool:
    """Whether a result on or before the visit passes the test."""
    return any(e.concept == concept and e.ago >= 0 and test(e) for e in person.measurements)


def first_of(person: Person, *concepts: int) -> int | None:
    """How many days before the visit the first record of a condition was."""
    return max((e.ago for e in person.conditions if e.concept in concepts), default=None)


# --- rules


WOMAN, MAN = leaf("sex", values=("female",)), leaf("sex", values=("male",))
ADULT = leaf("age", range=limit(18, unit="a"))
HAS_ASTHMA, HAD_STROKE = leaf("condition", ASTHMA), leaf("condition", STROKE)
ON_METFORMIN, HAD_BIOPSY = leaf("drug", METFORMIN), leaf("procedure", BIOPSY)


def asthma(p: Person) -> bool:
    """Asthma, or what lies below it, at any time."""
    return has(p.conditions, ASTHMA, ALLERGIC_ASTHMA)


def stroke(p: Person) -> bool:
    """A stroke at any time."""
    return has(p.conditions, STROKE)


def metformin(p: Person) -> bool:
    """Metformin at any time."""
    return has(p.drugs, METFORMIN)


def biopsy(p: Person) -> bool:
    """A biopsy at any time."""
    return has(p.procedures, BIOPSY)


def high_hba1c(p: Person) -> bool:
    """HbA1c of 7 % or more."""
    return measured(p, HBA1C, lambda e: e.unit == PERCENT and e.value >= 7)


CASES: dict[str, tuple[Rule, Answer]] = {
    # ages and sexes
    "age at least": (ADULT, lambda p: p.age >= 18),
    "age above": (leaf("age", range=limit(18, unit="a", open_=">")), lambda p: p.age > 18),
    "age at most": (leaf("age", range=limit(upper=60, unit="a")), lambda p: p.age <= 60),
    "age from to": (leaf("age", range=limit(18, 60, "a")), lambda p: 18 <= p.age <= 60),
    "age from to, open": (leaf("age", range=limit(18, 60, "a", open_="<")), lambda p: 18 <= p.age < 60),
    "age in months": (leaf("age", range=limit(216, unit="mo")), lambda p: p.age >= 18),
    "not an age": (Not(rule=leaf("age", range=limit(18, 60, "a"))), lambda p: not 18 <= p.age <= 60),
    "female": (WOMAN, lambda p: p.female),
    "male": (MAN, lambda p: not p.female),
    "not female": (Not(rule=WOMAN), lambda p: not p.female),
    # events of each domain
    "condition, with what is below it": (HAS_ASTHMA, asthma),
    "condition, narrow": (leaf("condition", ALLERGIC_ASTHMA), lambda p: has(p.conditions, ALLERGIC_ASTHMA)),
    "condition absent": (leaf("condition", STROKE, present=False), lambda p: not stroke(p)),
    "not absent": (Not(rule=leaf("condition", STROKE, present=False)), stroke),
    "history of": (
        leaf("condition", STROKE, qualifiers=(Qualifier(kind="history", value="history", text="history of"),)), stroke),
    "drug": (ON_METFORMIN, metformin),
    "procedure": (HAD_BIOPSY, biopsy),
    "device": (leaf("device", PACEMAKER), lambda p: has(p.devices, PACEMAKER)),
    "observation": (leaf("observation", SMOKING), lambda p: has(p.observations, SMOKING)),
    "observation with a value": (
        leaf("observation", PACK_YEARS, range=limit(10, unit="a")),
        lambda p: any(e.concept == PACK_YEARS and e.value >= 10 and e.ago >= 0 for e in p.observations)),
    "reproductive": (
        leaf("reproductive", PREGNANT), lambda p: has(p.conditions, PREGNANT) or has(p.observations, PREGNANT)),
    "reproductive absent": (
        leaf("reproductive", PREGNANT, present=False),
        lambda p: not has(p.conditions, PREGNANT) and not has(p.observations, PREGNANT)),
    # windows
    "drug within weeks": (
        leaf("drug", METFORMIN, windows=within(4, "wk")),
        lambda p: any(e.concept == METFORMIN and e.ago >= 0 and e.ago - e.days <= 28 for e in p.drugs)),
    "drug stopped at least weeks ago": (
        leaf("drug", METFORMIN, windows=ago(4, "wk")),
        lambda p: any(e.concept == METFORMIN and e.ago >= 0 and e.ago - e.days >= 28 for e in p.drugs)),
    "within months of screening": (
        leaf("condition", STROKE, windows=within(6, "mo", "screening")),
        lambda p: has(p.conditions, STROKE, oldest=183)),
    "less than days": (
        leaf("procedure", BIOPSY, windows=(TimeWindow(kind="recency", range=limit(upper=30, unit="d", open_="<")),)),
        lambda p: has(p.procedures, BIOPSY, oldest=29)),
    "not within": (
        Not(rule=leaf("procedure", BIOPSY, windows=within(4, "wk"))),
        lambda p: not has(p.procedures, BIOPSY, oldest=28)),
    "at least so long ago": (
        leaf("condition", STROKE, windows=ago(3, "mo")), lambda p: has(p.conditions, STROKE, newest=91)),
    "from to ago": (
        leaf("condition", STROKE, windows=(TimeWindow(kind="recency", range=limit(14, 183, "d")),)),
        lambda p: has(p.conditions, STROKE, newest=14, oldest=183)),
    "condition for a time": (
        leaf("condition", STROKE, windows=lasting(limit(6, unit="mo"))),
        lambda p: (first_of(p, STROKE) or 0) >= 183),
    "condition for less than a time": (
        leaf("condition", STROKE, windows=lasting(limit(upper=1, unit="a"))),
        lambda p: first_of(p, STROKE) in range(366)),
    "drug for a time": (
        leaf("drug", METFORMIN, windows=lasting(limit(3, unit="mo"))),
        lambda p: any(e.concept == METFORMIN and e.ago >= 91 and e.days >= 91 for e in p.drugs)),
    "drug for less than a time": (
        leaf("drug", METFORMIN, windows=lasting(limit(upper=3, unit="mo"))),
        lambda p: any(e.concept == METFORMIN and e.ago >= 0 and min(e.ago, e.days) <= 91 for e in p.drugs)),
    "drug for a time from to": (
        leaf("drug", METFORMIN, windows=lasting(limit(1, 3, unit="mo"))),
        lambda p: any(e.concept == METFORMIN and 30 <= min(e.ago, e.days) <= 91 for e in p.drugs)),
    # counts
    "at least twice": (leaf("procedure", BIOPSY, range=limit(2)), lambda p: has(p.procedures, BIOPSY, least=2)),
    "at most once": (leaf("procedure", BIOPSY, range=limit(upper=1)), lambda p: not has(p.procedures, BIOPSY, least=2)),
    "just once": (
        leaf("procedure", BIOPSY, range=limit(1, 1)), lambda p: biopsy(p) and not has(p.procedures, BIOPSY, least=2)),
    "not once or twice": (
        Not(rule=leaf("procedure", BIOPSY, range=limit(1, 2))),
        lambda p: not biopsy(p) or has(p.procedures, BIOPSY, least=3)),
    "twice within": (
        leaf("procedure", BIOPSY, range=limit(2), windows=within(1, "a")),
        lambda p: has(p.procedures, BIOPSY, least=2, oldest=365)),
    # results
    "value at least": (leaf("measurement", HBA1C, range=limit(7, unit="%")), high_hba1c),
    "value below": (
        leaf("measurement", HBA1C, range=limit(upper=7, unit="%", open_="<")),
        lambda p: measured(p, HBA1C, lambda e: e.unit == PERCENT and e.value < 7)),
    "value from to": (
        leaf("measurement", HBA1C, range=limit(7, 10, "%")),
        lambda p: measured(p, HBA1C, lambda e: e.unit == PERCENT and 7 <= e.value <= 10)),
    "value from to, open": (
        leaf("measurement", HBA1C, range=limit(7, 10, "%", open_="<>")),
        lambda p: measured(p, HBA1C, lambda e: e.unit == PERCENT and 7 < e.value < 10)),
    "not a value": (Not(rule=leaf("measurement", HBA1C, range=limit(7, unit="%"))), lambda p: not high_hba1c(p)),
    "alternatives in other units": (
        leaf("measurement", HBA1C, range=limit(10, unit="%", open_=">"), alternatives=(limit(53, unit="mmol/mol"),)),
        lambda p: measured(p, HBA1C, lambda e: e.value > 10 if e.unit == PERCENT else e.value >= 53)),
    "units of the same numbers": (
        leaf("measurement", PLATELETS, range=limit(100, unit="10*9/L")),
        lambda p: measured(p, PLATELETS, lambda e: e.unit in {PER_NANOLITRE, PER_LITRE} and e.value >= 100)),
    "times the upper limit": (
        leaf("measurement", ALT, range=limit(upper=2, of="uln")),
        lambda p: measured(p, ALT, lambda e: bool(e.high) and e.value / e.high <= 2)),
    "percent of the upper limit": (
        leaf("measurement", ALT, range=limit(300, unit="%", of="uln", open_=">")),
        lambda p: measured(p, ALT, lambda e: bool(e.high) and e.value > 3 * e.high)),
    "times the lower limit": (
        leaf("measurement", ALT, range=limit(upper=1, of="lln", open_="<")),
        lambda p: measured(p, ALT, lambda e: bool(e.low) and e.value < e.low)),
    "abnormal": (
        leaf("measurement", ALT, qualitative="abnormal"),
        lambda p: measured(p, ALT, lambda e: bool(e.high) and not e.low <= e.value <= e.high)),
    "normal": (
        leaf("measurement", ALT, qualitative="normal"),
        lambda p: measured(p, ALT, lambda e: bool(e.high) and e.low <= e.value <= e.high)),
    "listed values": (
        leaf("measurement", ECOG, values=("0", "1")), lambda p: measured(p, ECOG, lambda e: e.value in {0, 1})),
    "listed values with a gap": (
        leaf("measurement", ECOG, values=("0", "3")), lambda p: measured(p, ECOG, lambda e: e.value in {0, 3})),
    "positive": (leaf("measurement", HIV, qualitative="positive"), lambda p: has(p.measurements, HIV, answer=POSITIVE)),
    "not negative": (
        Not(rule=leaf("measurement", HIV, qualitative="negative")),
        lambda p: not has(p.measurements, HIV, answer=NEGATIVE)),
    "value within": (
        leaf("measurement", ALT, range=limit(upper=80, unit="U/L"), windows=within(2, "wk")),
        lambda p: any(e.concept == ALT and 0 <= e.ago <= 14 and e.value <= 80 for e in p.measurements)),
    # connectives
    "all of": (AllOf(rules=(ADULT, WOMAN, HAS_ASTHMA)), lambda p: p.age >= 18 and p.female and asthma(p)),
    "any of": (AnyOf(rules=(HAD_STROKE, HAD_BIOPSY)), lambda p: stroke(p) or biopsy(p)),
    "not all of": (Not(rule=AllOf(rules=(HAS_ASTHMA, ON_METFORMIN))), lambda p: not (asthma(p) and metformin(p))),
    "not any of": (Not(rule=AnyOf(rules=(HAS_ASTHMA, MAN))), lambda p: not asthma(p) and p.female),
    "all of any of": (
        AllOf(rules=(AnyOf(rules=(HAS_ASTHMA, HAD_STROKE)), AnyOf(rules=(WOMAN, ON_METFORMIN)))),
        lambda p: (asthma(p) or stroke(p)) and (p.female or metformin(p))),
    "except": (AllOf(rules=(HAS_ASTHMA, Not(rule=ON_METFORMIN))), lambda p: asthma(p) and not metformin(p)),
    "at least two of": (
        AtLeast(count=2, rules=(HAS_ASTHMA, HAD_STROKE, ON_METFORMIN, WOMAN)),
        lambda p: sum((asthma(p), stroke(p), metformin(p), p.female)) >= 2),
    "not at least two of": (
        Not(rule=AtLeast(count=2, rules=(HAS_ASTHMA, HAD_STROKE, ON_METFORMIN, WOMAN))),
        lambda p: sum((asthma(p), stroke(p), metformin(p), p.female)) < 2),
    "if then": (IfThen(condition=WOMAN, rule=HAD_BIOPSY), lambda p: not p.female or biopsy(p)),
    "not if then": (Not(rule=IfThen(condition=WOMAN, rule=HAD_BIOPSY)), lambda p: p.female and not biopsy(p)),
}  # fmt: skip


PEOPLE = people()
