"""A parsed trial held against a patient: each criterion's answer with its evidence, and what follows for both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from critparse.match.logic import Truth, agreed, all_of, any_of, at_least, if_then, negation
from critparse.match.patient import Domain, Fact, Patient
from critparse.match.statements import Answer, Case, answer
from critparse.schema import AllOf, AnyOf, AtLeast, Criterion, IfThen, Not, ParsedTrial, Rule

_MAIN = "eligibility"


@dataclass(frozen=True, slots=True)
class CriterionMatch:
    """Whether a patient fulfils what a criterion says; of an exclusion criterion, "met" means excluded."""

    criterion: Criterion
    answer: Answer


@dataclass(frozen=True, slots=True)
class Match:
    """A patient and a trial. ``eligible``: all inclusion criteria are met and no exclusion criterion is."""

    trial: ParsedTrial
    patient: Patient
    on: date
    criteria: tuple[CriterionMatch, ...]
    eligible: Truth


def match(trial: ParsedTrial, patient: Patient, *, on: date, complete: Iterable[Domain] = ()) -> Match:
    """Hold a trial against a patient.

    Args:
        trial: as parsed.
        patient: what is known of the patient.
        on: the day on which the patient would enter: ages and time windows are seen from it, later facts are ignored.
        complete: kinds of facts of which the record has all that there is, so that a missing one is "not met".
    """
    case = Case(patient, on, frozenset(complete))
    criteria = tuple(CriterionMatch(criterion, evaluate(criterion.rule, case)) for criterion in trial.criteria)
    return Match(trial, patient, on, criteria, _eligible(criteria))


def evaluate(rule: Rule, case: Case) -> Answer:
    """What is known of a rule, with the facts and hindrances that decide it."""
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules):
            members = [evaluate(member, case) for member in rules]
            truths = [member.truth for member in members]
            readings = (all_of, any_of) if rule.ambiguous else (all_of,) if isinstance(rule, AllOf) else (any_of,)
            return _joined(agreed(read(truths) for read in readings), members)
        case AtLeast(count=count, rules=rules):
            members = [evaluate(member, case) for member in rules]
            return _joined(at_least(count, [member.truth for member in members]), members)
        case Not(rule=inner):
            found = evaluate(inner, case)
            return Answer(negation(found.truth), found.facts, found.why)
        case IfThen(condition=condition, rule=then):
            first, second = evaluate(condition, case), evaluate(then, case)
            return _joined(if_then(first.truth, second.truth), [first, second])
        case _:
            return answer(rule, case)


def _joined(truth: Truth, members: Sequence[Answer]) -> Answer:
    """The evidence of those members that the answer rests on; of the unknown ones, why they are."""
    deciding = [member for member in members if member.truth is truth] or members
    facts = dict.fromkeys(fact for member in deciding for fact in member.facts)
    why: dict[str, None] = {}
    if truth is Truth.UNKNOWN:
        why = dict.fromkeys(reason for member in deciding for reason in member.why)
    return Answer(truth, tuple(facts), tuple(why))


def _eligible(criteria: Sequence[CriterionMatch]) -> Truth:
    """What follows from those that decide."""
    main = deciding(criteria)
    return all_of([_demand(one) for one in main]) if main else Truth.UNKNOWN


def deciding(criteria: Sequence[CriterionMatch]) -> Sequence[CriterionMatch]:
    """The criteria that decide: those of the eligibility text; where it has none, those of the narrative."""
    return [one for one in criteria if one.criterion.span.text_id == _MAIN] or criteria


def _demand(one: CriterionMatch) -> Truth:
    if one.criterion.kind == "unknown":
        return Truth.UNKNOWN
    return one.answer.truth if one.criterion.kind == "inclusion" else negation(one.answer.truth)


def evidence(facts: Iterable[Fact]) -> list[dict[str, str]]:
    """Facts as output shows them: source, words, and date where there is one."""
    return [
        {"source": fact.source, "text": fact.text, **({"date": fact.start.words} if fact.start else {})}
        for fact in facts
    ]
